// Moving four-byte elements, float32 or int32 alike: copies, strided copies, transposes, fills, choices.

import { copyRow } from './copy';
import { bytes, madd } from './vector';

@inline
function fillVectors(out: usize, n: i32, value: v128): void {
  const stop = out + bytes(n);
  while (out < stop) {
    v128.store(out, value);
    out += 16;
  }
}

export function fill(out: usize, n: i32, value: f32): void {
  fillVectors(out, n, f32x4.splat(value));
}

export function int_fill(out: usize, n: i32, value: i32): void {
  fillVectors(out, n, i32x4.splat(value));
}

export function copy(out: usize, x: usize, n: i32): void {
  copyRow(out, x, n);
}

export function fillRows(out: usize, row: usize, rows: i32, cols: i32): void {
  for (; rows > 0; rows--) {
    copyRow(out, row, cols);
    out += bytes(cols);
  }
}

/** out[c, r] = x[r, c] for a tile of 4 × 4, with the distance of rows in bytes */
@inline
function tile(out: usize, outRow: usize, x: usize, xRow: usize): void {
  const a = v128.load(x);
  const b = v128.load(x + xRow);
  const c = v128.load(x + 2 * xRow);
  const d = v128.load(x + 3 * xRow);
  // a0 b0 a1 b1, …
  const abLow = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const abHigh = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cdLow = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const cdHigh = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(out, i64x2.shuffle(abLow, cdLow, 0, 2));
  v128.store(out + outRow, i64x2.shuffle(abLow, cdLow, 1, 3));
  v128.store(out + 2 * outRow, i64x2.shuffle(abHigh, cdHigh, 0, 2));
  v128.store(out + 3 * outRow, i64x2.shuffle(abHigh, cdHigh, 1, 3));
}

/** out[c, r] = x[r, c], element by element */
@inline
function strided(out: usize, outRow: usize, outCol: usize, x: usize, xRow: usize, xCol: usize, rows: i32, cols: i32): void {
  for (; rows > 0; rows--) {
    let to = out;
    let from = x;
    for (let c = 0; c < cols; c++) {
      store<i32>(to, load<i32>(from));
      to += outCol;
      from += xCol;
    }
    out += outRow;
    x += xRow;
  }
}

/** Rows and columns of a block: 4 KB, so that whole cache lines are read and written. */
const BLOCK: i32 = 32;

function transposeBlock(out: usize, outRow: usize, x: usize, xRow: usize, rows: i32, cols: i32): void {
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    let to = out + bytes(r);
    let from = x + <usize>r * xRow;
    let c = 0;
    for (; c + 4 <= cols; c += 4) {
      tile(to, outRow, from, xRow);
      to += outRow << 2;
      from += 16;
    }
    strided(to, 4, outRow, from, xRow, 4, 4, cols - c);
  }
  strided(out + bytes(r), 4, outRow, x + <usize>r * xRow, xRow, 4, rows - r, cols);
}

/** out[c, r] = x[r, c], with the distances of rows in bytes */
function transposeRows(out: usize, outRow: usize, x: usize, xRow: usize, rows: i32, cols: i32): void {
  for (let r = 0; r < rows; r += BLOCK) {
    for (let c = 0; c < cols; c += BLOCK) {
      transposeBlock(
        out + <usize>c * outRow + bytes(r), outRow, x + <usize>r * xRow + bytes(c), xRow,
        min(BLOCK, rows - r), min(BLOCK, cols - c),
      );
    }
  }
}

/** out [cols, rows] = transpose of x [rows, cols] */
export function transpose(out: usize, x: usize, rows: i32, cols: i32): void {
  transposeRows(out, bytes(rows), x, bytes(cols), rows, cols);
}

/** out[r·outRow + c·outCol] = x[r·xRow + c·xCol] */
export function copy2d(
  out: usize, x: usize, rows: i32, cols: i32, outRow: i32, outCol: i32, xRow: i32, xCol: i32,
): void {
  if (outCol == 1 && xCol == 1) {
    for (; rows > 0; rows--) {
      copyRow(out, x, cols);
      out += bytes(outRow);
      x += bytes(xRow);
    }
  } else if (outRow == 1 && xCol == 1) {
    transposeRows(out, bytes(outCol), x, bytes(xRow), rows, cols);
  } else if (outCol == 1 && xRow == 1) {
    transposeRows(out, bytes(outRow), x, bytes(xCol), cols, rows);
  } else {
    strided(out, bytes(outRow), bytes(outCol), x, bytes(xRow), bytes(xCol), rows, cols);
  }
}

/** out[i] = cond[i] ≠ 0 ? a[i] : b[i] */
export function where(out: usize, cond: usize, a: usize, b: usize, n: i32): void {
  const zero = i32x4.splat(0);
  const stop = out + bytes(n);
  while (out < stop) {
    const isZero = i32x4.eq(v128.load(cond), zero);
    v128.store(out, v128.bitselect(v128.load(b), v128.load(a), isZero));
    cond += 16;
    a += 16;
    b += 16;
    out += 16;
  }
}

/** out[i] += a·x[i] */
export function axpy(out: usize, x: usize, n: i32, a: f32): void {
  const factor = f32x4.splat(a);
  const stop = out + bytes(n);
  while (out < stop) {
    v128.store(out, madd(factor, v128.load(x), v128.load(out)));
    x += 16;
    out += 16;
  }
}
