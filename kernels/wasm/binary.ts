// Arithmetic and comparison of two arrays under broadcasting: out[r, c] = f(a[r·aRow + c·aCol], b[r·bRow + c·bCol]).
//
// aCol and bCol are 0 or 1, so a row of an operand is either contiguous or one number.

import { bytes, loadPart, maximum, minimum, storePart } from './vector';

/** Both operands contiguous. */
@inline
function pairs<F>(out: usize, a: usize, b: usize, n: i32): void {
  const f = changetype<F>(0);
  let left = n;
  while (left >= 8) {
    const r0 = f.of(v128.load(a), v128.load(b));
    const r1 = f.of(v128.load(a, 16), v128.load(b, 16));
    v128.store(out, r0);
    v128.store(out, r1, 16);
    a += 32;
    b += 32;
    out += 32;
    left -= 8;
  }
  if (left >= 4) {
    v128.store(out, f.of(v128.load(a), v128.load(b)));
    a += 16;
    b += 16;
    out += 16;
    left -= 4;
  }
  const one = f32x4.splat(1);
  if (left) storePart(out, f.of(loadPart(a, left, one), loadPart(b, left, one)), left);
}

/** The left operand contiguous, the right one the same everywhere. */
@inline
function withRight<F>(out: usize, a: usize, b: v128, n: i32): void {
  const f = changetype<F>(0);
  let left = n;
  while (left >= 8) {
    const r0 = f.of(v128.load(a), b);
    const r1 = f.of(v128.load(a, 16), b);
    v128.store(out, r0);
    v128.store(out, r1, 16);
    a += 32;
    out += 32;
    left -= 8;
  }
  if (left >= 4) {
    v128.store(out, f.of(v128.load(a), b));
    a += 16;
    out += 16;
    left -= 4;
  }
  if (left) storePart(out, f.of(loadPart(a, left, b), b), left);
}

/** The left operand the same everywhere, the right one contiguous or not. */
@inline
function withLeft<F>(out: usize, a: v128, b: usize, bCol: i32, n: i32): void {
  const f = changetype<F>(0);
  const step = bytes(bCol << 2);
  let left = n;
  while (left >= 4) {
    v128.store(out, f.of(a, bCol ? v128.load(b) : v128.load32_splat(b)));
    b += step;
    out += 16;
    left -= 4;
  }
  if (left) storePart(out, f.of(a, bCol ? loadPart(b, left, a) : v128.load32_splat(b)), left);
}

function binary<F>(
  out: usize, a: usize, b: usize, rows: i32, cols: i32, aRow: i32, aCol: i32, bRow: i32, bCol: i32,
): void {
  // Rows that follow each other without a gap, or that are all the same number, are one long row.
  const aFlat = aRow == (aCol ? cols : 0);
  const bFlat = bRow == (bCol ? cols : 0);
  if (aFlat && bFlat) {
    cols *= rows;
    rows = min(rows, 1);
  }
  for (; rows > 0; rows--) {
    if (!aCol) withLeft<F>(out, v128.load32_splat(a), b, bCol, cols);
    else if (bCol) pairs<F>(out, a, b, cols);
    else withRight<F>(out, a, v128.load32_splat(b), cols);
    a += bytes(aRow);
    b += bytes(bRow);
    out += bytes(cols);
  }
}

@unmanaged
class Add {
  @inline
  of(a: v128, b: v128): v128 {
    return f32x4.add(a, b);
  }
}
export function binary_add(
  out: usize, a: usize, b: usize, rows: i32, cols: i32, aRow: i32, aCol: i32, bRow: i32, bCol: i32,
): void {
  binary<Add>(out, a, b, rows, cols, aRow, aCol, bRow, bCol);
}

@unmanaged
class Sub {
  @inline
  of(a: v128, b: v128): v128 {
    return f32x4.sub(a, b);
  }
}
export function binary_sub(
  out: usize, a: usize, b: usize, rows: i32, cols: i32, aRow: i32, aCol: i32, bRow: i32, bCol: i32,
): void {
  binary<Sub>(out, a, b, rows, cols, aRow, aCol, bRow, bCol);
}

@unmanaged
class Mul {
  @inline
  of(a: v128, b: v128): v128 {
    return f32x4.mul(a, b);
  }
}
export function binary_mul(
  out: usize, a: usize, b: usize, rows: i32, cols: i32, aRow: i32, aCol: i32, bRow: i32, bCol: i32,
): void {
  binary<Mul>(out, a, b, rows, cols, aRow, aCol, bRow, bCol);
}

@unmanaged
class Div {
  @inline
  of(a: v128, b: v128): v128 {
    return f32x4.div(a, b);
  }
}
export function binary_div(
  out: usize, a: usize, b: usize, rows: i32, cols: i32, aRow: i32, aCol: i32, bRow: i32, bCol: i32,
): void {
  binary<Div>(out, a, b, rows, cols, aRow, aCol, bRow, bCol);
}

@unmanaged
class Maximum {
  @inline
  of(a: v128, b: v128): v128 {
    return maximum(a, b);
  }
}
export function binary_maximum(
  out: usize, a: usize, b: usize, rows: i32, cols: i32, aRow: i32, aCol: i32, bRow: i32, bCol: i32,
): void {
  binary<Maximum>(out, a, b, rows, cols, aRow, aCol, bRow, bCol);
}

@unmanaged
class Minimum {
  @inline
  of(a: v128, b: v128): v128 {
    return minimum(a, b);
  }
}
export function binary_minimum(
  out: usize, a: usize, b: usize, rows: i32, cols: i32, aRow: i32, aCol: i32, bRow: i32, bCol: i32,
): void {
  binary<Minimum>(out, a, b, rows, cols, aRow, aCol, bRow, bCol);
}

// Comparisons give int 0 and 1. Less and lessEqual are these with the operands exchanged.
@unmanaged
class Equal {
  @inline
  of(a: v128, b: v128): v128 {
    return v128.and(f32x4.eq(a, b), i32x4.splat(1));
  }
}
export function compare_equal(
  out: usize, a: usize, b: usize, rows: i32, cols: i32, aRow: i32, aCol: i32, bRow: i32, bCol: i32,
): void {
  binary<Equal>(out, a, b, rows, cols, aRow, aCol, bRow, bCol);
}

@unmanaged
class NotEqual {
  @inline
  of(a: v128, b: v128): v128 {
    return v128.and(f32x4.ne(a, b), i32x4.splat(1));
  }
}
export function compare_notEqual(
  out: usize, a: usize, b: usize, rows: i32, cols: i32, aRow: i32, aCol: i32, bRow: i32, bCol: i32,
): void {
  binary<NotEqual>(out, a, b, rows, cols, aRow, aCol, bRow, bCol);
}

@unmanaged
class Greater {
  @inline
  of(a: v128, b: v128): v128 {
    return v128.and(f32x4.gt(a, b), i32x4.splat(1));
  }
}
export function compare_greater(
  out: usize, a: usize, b: usize, rows: i32, cols: i32, aRow: i32, aCol: i32, bRow: i32, bCol: i32,
): void {
  binary<Greater>(out, a, b, rows, cols, aRow, aCol, bRow, bCol);
}

@unmanaged
class GreaterEqual {
  @inline
  of(a: v128, b: v128): v128 {
    return v128.and(f32x4.ge(a, b), i32x4.splat(1));
  }
}
export function compare_greaterEqual(
  out: usize, a: usize, b: usize, rows: i32, cols: i32, aRow: i32, aCol: i32, bRow: i32, bCol: i32,
): void {
  binary<GreaterEqual>(out, a, b, rows, cols, aRow, aCol, bRow, bCol);
}

export function compare_less(
  out: usize, a: usize, b: usize, rows: i32, cols: i32, aRow: i32, aCol: i32, bRow: i32, bCol: i32,
): void {
  binary<Greater>(out, b, a, rows, cols, bRow, bCol, aRow, aCol);
}

export function compare_lessEqual(
  out: usize, a: usize, b: usize, rows: i32, cols: i32, aRow: i32, aCol: i32, bRow: i32, bCol: i32,
): void {
  binary<GreaterEqual>(out, b, a, rows, cols, bRow, bCol, aRow, aCol);
}
