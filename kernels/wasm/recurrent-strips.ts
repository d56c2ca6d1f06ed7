// Packs rows for the products over all steps: strips of x and h, panels of dz; and adds up what is left over.

import { MAX_ROWS } from './generated/micro';
import { address, bytes } from './recurrent-parameters';

/** The rows [count, width] that `table` points to → strips of columns, each [count, columns of the strip]. */
export function packStrips(table: usize, count: i32, width: i32, to: usize): void {
  const strips = (width + MAX_ROWS - 1) / MAX_ROWS;
  const low = width / strips;
  let higher = width % strips, offset: usize = 0;
  for (let i = 0; i < strips; i++) {
    const columns = higher > 0 ? low + 1 : low;
    higher--;
    if (columns < 4) packNarrow(table, count, offset, columns, to);
    else packWide(table, count, offset, columns, to);
    offset += bytes(columns);
    to += bytes(columns * count);
  }
}

/** 4 to 8 columns by two vectors that may overlap. */
function packWide(table: usize, count: i32, offset: usize, columns: i32, to: usize): void {
  const step = bytes(columns), second = step - 16, end = table + bytes(count);
  while (table < end) {
    const from = load<usize>(table) + offset;
    v128.store(to, v128.load(from));
    v128.store(to + second, v128.load(from + second));
    to += step;
    table += 4;
  }
}

function packNarrow(table: usize, count: i32, offset: usize, columns: i32, to: usize): void {
  for (let j = 0; j < count; j++) {
    const from = address(table, j) + offset;
    for (let i = 0; i < columns; i++) store<f32>(to + bytes(i), load<f32>(from + bytes(i)));
    to += bytes(columns);
  }
}

/** One row of dz, `columns` numbers, into its place in every panel; a last panel is filled up with zeros. */
export function packRow(from: usize, columns: i32, to: usize, panelBytes: usize): void {
  const end = from + bytes(columns & ~7);
  while (from < end) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    from += 32;
    to += panelBytes;
  }
  const rest = columns & 7;
  if (rest == 0) return;
  v128.store(to, f32x4.splat(0));
  v128.store(to, f32x4.splat(0), 16);
  for (let i = 0; i < rest; i++) store<f32>(to + bytes(i), load<f32>(from + bytes(i)));
}

/** Sums of the 8 columns, even and odd rows apart to hide the latency of the addition. */
export function sumPanel(panel: usize, count: i32, to: usize): void {
  let even0 = f32x4.splat(0), even1 = even0, odd0 = even0, odd1 = even0;
  const end = panel + <usize>(count >> 1) * 64;
  while (panel < end) {
    even0 = f32x4.add(even0, v128.load(panel));
    even1 = f32x4.add(even1, v128.load(panel, 16));
    odd0 = f32x4.add(odd0, v128.load(panel, 32));
    odd1 = f32x4.add(odd1, v128.load(panel, 48));
    panel += 64;
  }
  if (count & 1) {
    even0 = f32x4.add(even0, v128.load(panel));
    even1 = f32x4.add(even1, v128.load(panel, 16));
  }
  v128.store(to, f32x4.add(even0, odd0));
  v128.store(to, f32x4.add(even1, odd1), 16);
}

/** to [rows, columns] (+)= tile [rows, 8], columns ≤ 8 */
export function addTile(rows: i32, columns: i32, tile: usize, to: usize, step: usize, accumulate: i32): void {
  for (let i = 0; i < rows; i++) {
    for (let j: usize = 0; j < bytes(columns); j += 4) {
      const sum = load<f32>(tile + j);
      store<f32>(to + j, accumulate ? load<f32>(to + j) + sum : sum);
    }
    tile += 32;
    to += step;
  }
}
