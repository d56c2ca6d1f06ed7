// For benchmarks only: the multiply-add rate of the vector registers, which no kernel can exceed.

@inline
function step(c: v128, x: v128, y: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(c, x, y);
  return f32x4.add(f32x4.mul(c, x), y);
}

/** 12 independent sequences c = c·x + y of 4 numbers: 96 floating-point operations a turn. */
export function peak_muladd(iterations: i32): f32 {
  // Not constants: some engines would build those anew at every use.
  const small: f32 = 1 / <f32>iterations;
  const x = f32x4.splat(1 - small), y = f32x4.splat(small);
  let c0 = y, c1 = x, c2 = y, c3 = x, c4 = y, c5 = x, c6 = y, c7 = x, c8 = y, c9 = x, c10 = y, c11 = x;
  for (let i = 0; i < iterations; i++) {
    c0 = step(c0, x, y); c1 = step(c1, x, y); c2 = step(c2, x, y);
    c3 = step(c3, x, y); c4 = step(c4, x, y); c5 = step(c5, x, y);
    c6 = step(c6, x, y); c7 = step(c7, x, y); c8 = step(c8, x, y);
    c9 = step(c9, x, y); c10 = step(c10, x, y); c11 = step(c11, x, y);
  }
  let sum = c0;
  sum = f32x4.add(sum, c1); sum = f32x4.add(sum, c2); sum = f32x4.add(sum, c3);
  sum = f32x4.add(sum, c4); sum = f32x4.add(sum, c5); sum = f32x4.add(sum, c6);
  sum = f32x4.add(sum, c7); sum = f32x4.add(sum, c8); sum = f32x4.add(sum, c9);
  sum = f32x4.add(sum, c10); sum = f32x4.add(sum, c11);
  return f32x4.extract_lane(sum, 0);
}
