// Moves rows of numbers between the layouts of the recurrent kernels, and multiplies them with packed panels.

import { MAX_ROWS, multiplyAdd, stridedTile } from './generated/micro';
import { address, bytes } from './recurrent-parameters';

export function copyRow(to: usize, from: usize, count: i32): void {
  const end = from + bytes(count & ~3);
  while (from < end) {
    v128.store(to, v128.load(from));
    from += 16;
    to += 16;
  }
  for (let i = 0; i < (count & 3); i++) store<f32>(to + bytes(i), load<f32>(from + bytes(i)));
}

/** to[i] += from[i] */
export function addRow(to: usize, from: usize, count: i32): void {
  const end = from + bytes(count & ~3);
  while (from < end) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    from += 16;
    to += 16;
  }
  for (let i = 0; i < (count & 3); i++) {
    store<f32>(to + bytes(i), load<f32>(to + bytes(i)) + load<f32>(from + bytes(i)));
  }
}

/** Clears a number of bytes that is a multiple of 4. */
export function clear(to: usize, size: usize): void {
  const end = to + size;
  while (to + 16 <= end) {
    v128.store(to, i32x4.splat(0));
    to += 16;
  }
  while (to < end) {
    store<f32>(to, 0);
    to += 4;
  }
}

/** The rows that `table` points to, k numbers each, become columns: to[j·step + 4r] = row r [j]. */
export function interleave(table: usize, rows: i32, k: i32, to: usize, step: usize): void {
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    interleaveFour(address(table, r), address(table, r + 1), address(table, r + 2), address(table, r + 3), k, to, step);
    to += 16;
  }
  for (; r < rows; r++) {
    interleaveOne(address(table, r), k, to, step);
    to += 4;
  }
}

function interleaveFour(r0: usize, r1: usize, r2: usize, r3: usize, k: i32, to: usize, step: usize): void {
  const end = r0 + bytes(k & ~3);
  while (r0 < end) {
    const a = v128.load(r0), b = v128.load(r1), c = v128.load(r2), d = v128.load(r3);
    const lowAB = v128.shuffle<f32>(a, b, 0, 4, 1, 5), highAB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const lowCD = v128.shuffle<f32>(c, d, 0, 4, 1, 5), highCD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f64>(lowAB, lowCD, 0, 2));
    to += step;
    v128.store(to, v128.shuffle<f64>(lowAB, lowCD, 1, 3));
    to += step;
    v128.store(to, v128.shuffle<f64>(highAB, highCD, 0, 2));
    to += step;
    v128.store(to, v128.shuffle<f64>(highAB, highCD, 1, 3));
    to += step;
    r0 += 16;
    r1 += 16;
    r2 += 16;
    r3 += 16;
  }
  for (let j = 0; j < (k & 3); j++) {
    store<f32>(to, load<f32>(r0 + bytes(j)));
    store<f32>(to, load<f32>(r1 + bytes(j)), 4);
    store<f32>(to, load<f32>(r2 + bytes(j)), 8);
    store<f32>(to, load<f32>(r3 + bytes(j)), 12);
    to += step;
  }
}

function interleaveOne(row: usize, k: i32, to: usize, step: usize): void {
  const end = row + bytes(k);
  while (row < end) {
    store<f32>(to, load<f32>(row));
    row += 4;
    to += step;
  }
}

/**
 * Packs the rows that `table` points to as columns `first` … first+k of tiles of depth `depth`: tile after tile,
 * each [depth, rows of the tile]. Tiles are of nearly equal height.
 */
export function packTiles(table: usize, rows: i32, first: i32, k: i32, depth: i32, to: usize): void {
  const count = (rows + MAX_ROWS - 1) / MAX_ROWS;
  const low = rows / count;
  let higher = rows % count;
  for (let i = 0; i < count; i++) {
    const height = higher > 0 ? low + 1 : low;
    higher--;
    interleave(table, height, k, to + bytes(first * height), bytes(height));
    table += bytes(height);
    to += bytes(height * depth);
  }
}

/**
 * c[rows, 8·panels] = A·B over k of the `depth` numbers of A's rows, from `first` on. A is from `packTiles`, B panels
 * [bDepth, 8]. A panel stays in the first-level cache while all tiles pass.
 */
export function multiplyTiles(
  rows: i32, first: i32, k: i32, depth: i32, a: usize, b: usize, bDepth: i32, panels: i32, c: usize, cStep: usize,
): void {
  const count = (rows + MAX_ROWS - 1) / MAX_ROWS;
  const low = rows / count;
  for (let panel = 0; panel < panels; panel++) {
    let higher = rows % count;
    let tile = a, to = c;
    for (let i = 0; i < count; i++) {
      const height = higher > 0 ? low + 1 : low;
      higher--;
      stridedTile(height, k, tile + bytes(first * height), bytes(height), b, 32, to, cStep, 0);
      tile += bytes(height * depth);
      to += <usize>height * cStep;
    }
    b += bytes(bDepth * 8);
    c += 32;
  }
}

/**
 * Columns of a panel for `multiplyRow`: six sums hide the latency of the addition, and with the six numbers of B that
 * the engine loads ahead they fit the vector registers.
 */
export const WIDE: i32 = 24;

/**
 * c[n] += a[k]·B for one row, n a multiple of 8, B in panels of WIDE columns, then one of the 8 or 16 left over.
 * A caller that comes back with the same B changes direction each time: the panels used last are still in the cache.
 */
export function multiplyRow(k: i32, a: usize, b: usize, n: i32, c: usize, descending: bool): void {
  const full = n / WIDE;
  if (descending) multiplyRest(k, a, b, n, full, c);
  for (let i = 0; i < full; i++) {
    const panel = descending ? full - 1 - i : i;
    rowTimes24(k, a, b + bytes(panel * WIDE * k), c + bytes(panel * WIDE));
  }
  if (!descending) multiplyRest(k, a, b, n, full, c);
}

function multiplyRest(k: i32, a: usize, b: usize, n: i32, full: i32, c: usize): void {
  const begin = full * WIDE, rest = n - begin;
  if (rest == 16) rowTimes16(k, a, b + bytes(begin * k), c + bytes(begin));
  else if (rest == 8) rowTimes8(k, a, b + bytes(begin * k), c + bytes(begin));
}

function rowTimes24(k: i32, a: usize, b: usize, c: usize): void {
  let c0 = v128.load(c), c1 = v128.load(c, 16), c2 = v128.load(c, 32);
  let c3 = v128.load(c, 48), c4 = v128.load(c, 64), c5 = v128.load(c, 80);
  const end = a + bytes(k);
  while (a != end) {
    const x = v128.load32_splat(a);
    c0 = multiplyAdd(x, v128.load(b), c0);
    c1 = multiplyAdd(x, v128.load(b, 16), c1);
    c2 = multiplyAdd(x, v128.load(b, 32), c2);
    c3 = multiplyAdd(x, v128.load(b, 48), c3);
    c4 = multiplyAdd(x, v128.load(b, 64), c4);
    c5 = multiplyAdd(x, v128.load(b, 80), c5);
    a += 4;
    b += 96;
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
  v128.store(c, c2, 32);
  v128.store(c, c3, 48);
  v128.store(c, c4, 64);
  v128.store(c, c5, 80);
}

function rowTimes16(k: i32, a: usize, b: usize, c: usize): void {
  let c0 = v128.load(c), c1 = v128.load(c, 16), c2 = v128.load(c, 32);
  let c3 = v128.load(c, 48);
  const end = a + bytes(k);
  while (a != end) {
    const x = v128.load32_splat(a);
    c0 = multiplyAdd(x, v128.load(b), c0);
    c1 = multiplyAdd(x, v128.load(b, 16), c1);
    c2 = multiplyAdd(x, v128.load(b, 32), c2);
    c3 = multiplyAdd(x, v128.load(b, 48), c3);
    a += 4;
    b += 64;
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
  v128.store(c, c2, 32);
  v128.store(c, c3, 48);
}

function rowTimes8(k: i32, a: usize, b: usize, c: usize): void {
  let c0 = v128.load(c), c1 = v128.load(c, 16);
  const end = a + bytes(k);
  while (a != end) {
    const x = v128.load32_splat(a);
    c0 = multiplyAdd(x, v128.load(b), c0);
    c1 = multiplyAdd(x, v128.load(b, 16), c1);
    a += 4;
    b += 32;
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
}
