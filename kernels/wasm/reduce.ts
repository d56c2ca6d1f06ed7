// Sums over the middle axis: x [outer, size, inner] → out [outer, inner], and the sum of squares.
//
// Sums are taken in blocks in float32 and the blocks in double precision, so the error does not grow with the length.
// The order depends on the sizes alone.

import { bytes, laneSum, loadPart, storePart } from './vector';

/** Σ x[i], i < n, of at most a block. */
@inline
function blockSum(x: usize, n: i32): f64 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  while (n >= 16) {
    s0 = f32x4.add(s0, v128.load(x));
    s1 = f32x4.add(s1, v128.load(x, 16));
    s2 = f32x4.add(s2, v128.load(x, 32));
    s3 = f32x4.add(s3, v128.load(x, 48));
    x += 64;
    n -= 16;
  }
  while (n >= 4) {
    s0 = f32x4.add(s0, v128.load(x));
    x += 16;
    n -= 4;
  }
  if (n) s1 = f32x4.add(s1, loadPart(x, n, f32x4.splat(0)));
  return laneSum(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
}

/** Terms of a block along a row: 64 for each of the 16 running sums. */
const ROW_BLOCK: i32 = 1024;

/** Σ x[i], i < n */
function rowSum(x: usize, n: i32): f64 {
  let sum: f64 = 0;
  for (; n > ROW_BLOCK; n -= ROW_BLOCK) {
    sum += blockSum(x, ROW_BLOCK);
    x += bytes(ROW_BLOCK);
  }
  return sum + blockSum(x, n);
}

/** Rows of a block down the columns. */
const COLUMN_BLOCK: i32 = 64;

@inline
function promoteHigh(v: v128): v128 {
  return f64x2.promote_low_f32x4(i32x4.shuffle(v, v, 2, 3, 0, 1));
}

@inline
function demote(low: v128, high: v128): v128 {
  return i32x4.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** out[0 … 15] = Σ over `size` rows that lie `step` bytes apart */
function columnSums16(out: usize, x: usize, size: i32, step: usize): void {
  let low0 = f64x2.splat(0);
  let low1 = low0;
  let low2 = low0;
  let low3 = low0;
  let high0 = low0;
  let high1 = low0;
  let high2 = low0;
  let high3 = low0;
  while (size > 0) {
    let rows = min(size, COLUMN_BLOCK);
    size -= rows;
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (; rows > 0; rows--) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
      s2 = f32x4.add(s2, v128.load(x, 32));
      s3 = f32x4.add(s3, v128.load(x, 48));
      x += step;
    }
    low0 = f64x2.add(low0, f64x2.promote_low_f32x4(s0));
    low1 = f64x2.add(low1, f64x2.promote_low_f32x4(s1));
    low2 = f64x2.add(low2, f64x2.promote_low_f32x4(s2));
    low3 = f64x2.add(low3, f64x2.promote_low_f32x4(s3));
    high0 = f64x2.add(high0, promoteHigh(s0));
    high1 = f64x2.add(high1, promoteHigh(s1));
    high2 = f64x2.add(high2, promoteHigh(s2));
    high3 = f64x2.add(high3, promoteHigh(s3));
  }
  v128.store(out, demote(low0, high0));
  v128.store(out, demote(low1, high1), 16);
  v128.store(out, demote(low2, high2), 32);
  v128.store(out, demote(low3, high3), 48);
}

/** The same for `width` ≤ 4 columns. */
function columnSums(out: usize, x: usize, size: i32, step: usize, width: i32): void {
  const zero = f32x4.splat(0);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  while (size > 0) {
    let sum = zero;
    let rows = min(size, COLUMN_BLOCK);
    size -= rows;
    for (; rows > 0; rows--) {
      sum = f32x4.add(sum, width == 4 ? v128.load(x) : loadPart(x, width, zero));
      x += step;
    }
    low = f64x2.add(low, f64x2.promote_low_f32x4(sum));
    high = f64x2.add(high, promoteHigh(sum));
  }
  const sums = demote(low, high);
  if (width == 4) v128.store(out, sums);
  else storePart(out, sums, width);
}

export function reduce_sum(out: usize, x: usize, outer: i32, size: i32, inner: i32): void {
  if (inner == 1) {
    for (; outer > 0; outer--) {
      store<f32>(out, <f32>rowSum(x, size));
      x += bytes(size);
      out += 4;
    }
    return;
  }
  const step = bytes(inner);
  for (; outer > 0; outer--) {
    let column = 0;
    for (; column + 16 <= inner; column += 16) columnSums16(out + bytes(column), x + bytes(column), size, step);
    for (; column < inner; column += 4) {
      columnSums(out + bytes(column), x + bytes(column), size, step, min(4, inner - column));
    }
    x += bytes(size) * <usize>inner;
    out += step;
  }
}

/** Σ x[i]² in double precision. The squares of float32 numbers are exact there. */
export function sumSquares(x: usize, n: i32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (; n >= 4; n -= 4) {
    const v = v128.load(x);
    const a = f64x2.promote_low_f32x4(v);
    const b = promoteHigh(v);
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
    x += 16;
  }
  let rest: f64 = 0;
  for (; n > 0; n--) {
    const value = <f64>load<f32>(x);
    rest += value * value;
    x += 4;
  }
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1) + rest;
}
