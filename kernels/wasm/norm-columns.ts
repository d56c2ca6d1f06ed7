// Sums down the columns of x [rows, cols], and maps along its rows: what the normalisations are made of.
//
// Blocks of rows are summed in float32 and the blocks in double precision; a block stays in the first-level cache.
// Vectors of one number per column are padded to a multiple of four.

import { bytes, loadPart, madd, storePart } from './vector';

/** Rows of a block. */
const BLOCK: i32 = 64;

/** What is summed: t = Σ x */
export const PLAIN: i32 = 0;
/** t = Σ (x − mean[c])² */
export const SQUARES: i32 = 1;
/** s = Σ g, t = Σ g·(x − mean[c]) */
export const PRODUCTS: i32 = 2;
/** s = Σ g, t = Σ g·(x − mean[r])·rstd[r]; a mean of address 0 counts as zeros */
export const ROW_PRODUCTS: i32 = 3;

@inline
export function loadWidth(from: usize, width: i32): v128 {
  return width >= 4 ? v128.load(from) : loadPart(from, width, f32x4.splat(0));
}

@inline
export function storeWidth(to: usize, v: v128, width: i32): void {
  if (width >= 4) v128.store(to, v);
  else storePart(to, v, width);
}

/** to[0 … 3] += v, in double precision */
@inline
function addDoubles(to: usize, v: v128): void {
  const high = i32x4.shuffle(v, v, 2, 3, 0, 1);
  v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(v)));
  v128.store(to, f64x2.add(v128.load(to, 16), f64x2.promote_low_f32x4(high)), 16);
}

/** Adds the sums over at most a block of rows to the doubles at `s` and `t`. */
@inline
function addBlock(
  what: i32, s: usize, t: usize, x: usize, g: usize, mean: usize, rstd: usize, rows: i32, cols: i32,
): void {
  const step = bytes(cols);
  for (let c = 0; c < cols; c += 4) {
    const width = cols - c;
    let first = f32x4.splat(0);
    let second = f32x4.splat(0);
    let centre = f32x4.splat(0);
    if (what == SQUARES || what == PRODUCTS) centre = v128.load(mean + bytes(c));
    let at = bytes(c);
    for (let row = 0; row < rows; row++) {
      const value = loadWidth(x + at, width);
      if (what == PLAIN) second = f32x4.add(second, value);
      if (what == SQUARES) {
        const d = f32x4.sub(value, centre);
        second = madd(d, d, second);
      }
      if (what == PRODUCTS || what == ROW_PRODUCTS) {
        const slope = loadWidth(g + at, width);
        let d = value;
        if (what == PRODUCTS) d = f32x4.sub(value, centre);
        else {
          if (mean) d = f32x4.sub(value, v128.load32_splat(mean + bytes(row)));
          d = f32x4.mul(d, v128.load32_splat(rstd + bytes(row)));
        }
        first = f32x4.add(first, slope);
        second = madd(slope, d, second);
      }
      at += step;
    }
    if (what == PRODUCTS || what == ROW_PRODUCTS) addDoubles(s + (<usize>c << 3), first);
    addDoubles(t + (<usize>c << 3), second);
  }
}

/** Sums of the kind `what` over all rows, into the doubles at `s` and `t`. */
@inline
function columnSums(
  what: i32, s: usize, t: usize, x: usize, g: usize, mean: usize, rstd: usize, rows: i32, cols: i32,
): void {
  const zero = f64x2.splat(0);
  for (let c: usize = 0; c < <usize>cols; c += 4) {
    v128.store(s + (c << 3), zero);
    v128.store(s + (c << 3), zero, 16);
    v128.store(t + (c << 3), zero);
    v128.store(t + (c << 3), zero, 16);
  }
  for (; rows > 0; rows -= BLOCK) {
    const count = min(rows, BLOCK);
    addBlock(what, s, t, x, g, mean, rstd, count, cols);
    const block = bytes(BLOCK) * <usize>cols;
    x += block;
    g += block;
    if (what == ROW_PRODUCTS) {
      if (mean) mean += bytes(BLOCK);
      rstd += bytes(BLOCK);
    }
  }
}

export function plainSums(s: usize, t: usize, x: usize, rows: i32, cols: i32): void {
  columnSums(PLAIN, s, t, x, 0, 0, 0, rows, cols);
}

export function squareSums(s: usize, t: usize, x: usize, mean: usize, rows: i32, cols: i32): void {
  columnSums(SQUARES, s, t, x, 0, mean, 0, rows, cols);
}

export function productSums(s: usize, t: usize, x: usize, g: usize, mean: usize, rows: i32, cols: i32): void {
  columnSums(PRODUCTS, s, t, x, g, mean, 0, rows, cols);
}

export function rowProductSums(
  s: usize, t: usize, x: usize, g: usize, mean: usize, rstd: usize, rows: i32, cols: i32,
): void {
  columnSums(ROW_PRODUCTS, s, t, x, g, mean, rstd, rows, cols);
}
