// The gradients of the LSTM's parameters from the dz that lstm_backward_rows left, for a range of columns of z:
//
//   dW = Xᵀ·dZ      dU = H₋₁ᵀ·dZ      db = Σ dz        over all steps that took part
//
// X and the shifted H (h_{t−1}, first h0) are one matrix [X, H₋₁] here, so dZ is packed once for both. Steps left out by the
// mask are not gathered in the first place.

import { MAX_ROWS, stridedTile } from './generated/micro';
import { Backward, address, bytes, takesPart } from './lstm-parameters';
import { clear } from './lstm-rows';

/** Steps in a block of the sum. */
const DEPTH: i32 = 256;
/** Panels of 8 columns that are packed together: they stay in the second-level cache. */
const PANELS: i32 = 64;
/** Bytes between packed panels; not a power of two, so that writing across them spreads over the cache. */
const PANEL: usize = <usize>(DEPTH * 32 + 64);

// The scratch space: one area after the other.
// @ts-ignore: decorator
@inline
function xTable(s: usize): usize { return s; }
// @ts-ignore: decorator
@inline
function hTable(s: usize): usize { return s + bytes(DEPTH); }
// @ts-ignore: decorator
@inline
function zTable(s: usize): usize { return s + bytes(2 * DEPTH); }
// @ts-ignore: decorator
@inline
function corner(s: usize): usize { return s + bytes(3 * DEPTH); }
// @ts-ignore: decorator
@inline
function zeros(s: usize): usize { return corner(s) + 256; }
// @ts-ignore: decorator
@inline
function panelArea(p: Backward, s: usize): usize { return zeros(s) + ((bytes(p.units) + 15) & ~15); }
// @ts-ignore: decorator
@inline
function tileArea(p: Backward, s: usize): usize { return panelArea(p, s) + <usize>min(PANELS, lstm_kernel_panels(p.units)) * PANEL; }

/** Bytes of scratch that lstm_backward_kernels needs; each thread has its own. */
export function lstm_kernels_scratch_bytes(parameters: usize): usize {
  const p = changetype<Backward>(parameters);
  return tileArea(p, 0) + bytes(DEPTH) * <usize>(p.inputSize + p.units);
}

/** Panels of 8 columns of z, the units in which lstm_backward_kernels is split. */
export function lstm_kernel_panels(units: i32): i32 {
  return (units + 1) >> 1;
}

/** Columns 8·from … 8·to−1 of dKernel, dRecurrentKernel and dBias. Any split gives the same bits. */
export function lstm_backward_kernels(parameters: usize, scratch: usize, from: i32, to: i32): void {
  const p = changetype<Backward>(parameters), s = scratch;
  if (p.dKernel == 0 && p.dRecurrentKernel == 0 && p.dBias == 0) return;
  clear(zeros(s), bytes(p.units));
  const end = p.batch * p.time;
  let row = 0, accumulate = 0;
  do {
    let count = 0;
    for (; row < end && count < DEPTH; row++) if (takesPart(p.mask, row)) addRow(p, s, count++, row);
    if (count == 0 && accumulate) break;
    if (p.dKernel != 0) packStrips(xTable(s), count, p.inputSize, tileArea(p, s));
    if (p.dRecurrentKernel != 0) packStrips(hTable(s), count, p.units, tileArea(p, s) + bytes(p.inputSize * count));
    for (let panel = from; panel < to; panel += PANELS) {
      blockOfPanels(p, s, count, panel, min(PANELS, to - panel), accumulate);
    }
    accumulate = 1;
  } while (row < end);
}

function addRow(p: Backward, s: usize, at: i32, row: i32): void {
  const time = p.time, b = row / time, t = row - b * time;
  store<usize>(xTable(s) + bytes(at), p.x + bytes(row * p.inputSize));
  store<usize>(zTable(s) + bytes(at), p.dGates + bytes(row * p.units * 4));
  let h: usize;
  if (t != (p.reverse ? time - 1 : 0)) h = p.out + bytes((p.reverse ? row + 1 : row - 1) * p.units);
  else h = p.h0 != 0 ? p.h0 + bytes(b * p.units) : zeros(s);
  store<usize>(hTable(s) + bytes(at), h);
}

/** The rows [count, width] that `table` points to → strips of columns, each [count, columns of the strip]. */
function packStrips(table: usize, count: i32, width: i32, to: usize): void {
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

function blockOfPanels(p: Backward, s: usize, count: i32, first: i32, panels: i32, accumulate: i32): void {
  const area = panelArea(p, s);
  for (let j = 0; j < count; j++) {
    packRow(address(zTable(s), j) + bytes(first * 8), min(8 * panels, 4 * p.units - 8 * first), area + <usize>j * 32);
  }
  const tiles = tileArea(p, s), column = bytes(first * 8);
  if (p.dBias != 0) sumPanels(p, s, count, first, panels, accumulate);
  if (p.dKernel != 0) strips(p, s, count, p.inputSize, tiles, p.dKernel + column, first, panels, accumulate);
  if (p.dRecurrentKernel != 0) {
    strips(p, s, count, p.units, tiles + bytes(p.inputSize * count), p.dRecurrentKernel + column, first, panels, accumulate);
  }
}

/** One row of dz, `columns` numbers (a multiple of 4), into its place in every panel. */
function packRow(from: usize, columns: i32, to: usize): void {
  const end = from + bytes(columns & ~7);
  while (from < end) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    from += 32;
    to += PANEL;
  }
  if (columns & 4) {
    v128.store(to, v128.load(from));
    v128.store(to, f32x4.splat(0), 16);
  }
}

function sumPanels(p: Backward, s: usize, count: i32, first: i32, panels: i32, accumulate: i32): void {
  let panel = panelArea(p, s), to = p.dBias + bytes(first * 8);
  const last = p.dBias + bytes(4 * p.units);
  for (let i = 0; i < panels; i++) {
    sumPanel(panel, count, corner(s));
    addTile(1, min(<i32>(last - to) >> 2, 8), corner(s), to, 0, accumulate);
    panel += PANEL;
    to += 32;
  }
}

/** Sums of the 8 columns, even and odd rows apart to hide the latency of the addition. */
function sumPanel(panel: usize, count: i32, to: usize): void {
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

/** to[width, 8·panels] (+)= stripsᵀ·panels; a last panel of 4 columns goes through the corner. */
function strips(
  p: Backward, s: usize, count: i32, width: i32, strip: usize, to: usize, first: i32, panels: i32, accumulate: i32,
): void {
  const step = bytes(4 * p.units), full = min(panels, (p.units >> 1) - first);
  const number = (width + MAX_ROWS - 1) / MAX_ROWS;
  const low = width / number;
  let higher = width % number;
  for (let i = 0; i < number; i++) {
    const rows = higher > 0 ? low + 1 : low;
    higher--;
    let panel = panelArea(p, s), c = to;
    for (let j = 0; j < full; j++) {
      stridedTile(rows, count, strip, bytes(rows), panel, 32, c, step, accumulate);
      panel += PANEL;
      c += 32;
    }
    if (full < panels) {
      stridedTile(rows, count, strip, bytes(rows), panel, 32, corner(s), 32, 0);
      addTile(rows, 4, corner(s), c, step, accumulate);
    }
    strip += bytes(rows * count);
    to += <usize>rows * step;
  }
}

/** to [rows, columns] (+)= tile [rows, 8], for 4 or 8 columns */
function addTile(rows: i32, columns: i32, tile: usize, to: usize, step: usize, accumulate: i32): void {
  for (let i = 0; i < rows; i++) {
    for (let j: usize = 0; j < bytes(columns); j += 16) {
      const sum = v128.load(tile + j);
      v128.store(to + j, accumulate ? f32x4.add(v128.load(to + j), sum) : sum);
    }
    tile += 32;
    to += step;
  }
}
