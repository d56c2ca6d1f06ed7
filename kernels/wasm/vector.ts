// Small helpers on addresses and on vectors of four float32 numbers, inlined everywhere.

/** The bytes of `count` elements. */
@inline
export function bytes(count: i32): usize {
  return <usize>count << 2;
}

/** a·b + c, fused where the instruction set can. */
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** c − a·b, fused where the instruction set can. */
@inline
export function nmadd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_nmadd(a, b, c) : f32x4.sub(c, f32x4.mul(a, b));
}

/** x < low ? low : x. One instruction; NaN in x stays. */
@inline
export function atLeast(x: v128, low: v128): v128 {
  return f32x4.pmax(x, low);
}

/** high < x ? high : x. One instruction; NaN in x stays. */
@inline
export function atMost(x: v128, high: v128): v128 {
  return f32x4.pmin(x, high);
}

/** The larger one; NaN if either is: a comparison with itself turns NaN into all ones, which is a NaN. */
@inline
export function maximum(a: v128, b: v128): v128 {
  return v128.or(f32x4.pmax(a, b), f32x4.ne(b, b));
}

@inline
export function minimum(a: v128, b: v128): v128 {
  return v128.or(f32x4.pmin(a, b), f32x4.ne(b, b));
}

/** The first `count` (1, 2 or 3) numbers at `from`, then lanes of `rest`. */
@inline
export function loadPart(from: usize, count: i32, rest: v128): v128 {
  let v = v128.load32_lane(from, rest, 0);
  if (count > 1) v = v128.load32_lane(from, v, 1, 4);
  if (count > 2) v = v128.load32_lane(from, v, 2, 8);
  return v;
}

/** Stores the first `count` (1, 2 or 3) lanes and nothing beyond. */
@inline
export function storePart(to: usize, v: v128, count: i32): void {
  v128.store32_lane(to, v, 0);
  if (count > 1) v128.store32_lane(to, v, 1, 4);
  if (count > 2) v128.store32_lane(to, v, 2, 8);
}

/** Sum of the lanes in double precision. */
@inline
export function laneSum(v: v128): f64 {
  return <f64>f32x4.extract_lane(v, 0) + <f64>f32x4.extract_lane(v, 1)
    + (<f64>f32x4.extract_lane(v, 2) + <f64>f32x4.extract_lane(v, 3));
}
