// Conversions between float32, int32 and booleans, and predicates.

import { mapUnrolled } from './map';

@unmanaged
class IntToFloat {
  @inline
  of(x: v128): v128 {
    return f32x4.convert_i32x4_s(x);
  }
}
export function intToFloat(out: usize, x: usize, n: i32): void {
  mapUnrolled<IntToFloat>(out, x, n);
}

@unmanaged
class FloatToInt {
  @inline
  of(x: v128): v128 {
    return i32x4.trunc_sat_f32x4_s(x);
  }
}
export function floatToInt(out: usize, x: usize, n: i32): void {
  mapUnrolled<FloatToInt>(out, x, n);
}

@unmanaged
class FloatToBool {
  @inline
  of(x: v128): v128 {
    return v128.and(f32x4.ne(x, f32x4.splat(0)), i32x4.splat(1));
  }
}
export function floatToBool(out: usize, x: usize, n: i32): void {
  mapUnrolled<FloatToBool>(out, x, n);
}

@unmanaged
class IsNaN {
  @inline
  of(x: v128): v128 {
    return v128.and(f32x4.ne(x, x), i32x4.splat(1));
  }
}
export function isNaN(out: usize, x: usize, n: i32): void {
  mapUnrolled<IsNaN>(out, x, n);
}

@unmanaged
class IsFinite {
  @inline
  of(x: v128): v128 {
    return v128.and(f32x4.lt(f32x4.abs(x), f32x4.splat(Infinity)), i32x4.splat(1));
  }
}
export function isFinite(out: usize, x: usize, n: i32): void {
  mapUnrolled<IsFinite>(out, x, n);
}

@unmanaged
class IsInf {
  @inline
  of(x: v128): v128 {
    return v128.and(f32x4.eq(f32x4.abs(x), f32x4.splat(Infinity)), i32x4.splat(1));
  }
}
export function isInf(out: usize, x: usize, n: i32): void {
  mapUnrolled<IsInf>(out, x, n);
}
