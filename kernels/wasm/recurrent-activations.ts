// tanh and the logistic function of the gates: one rational function x·P(x²)/Q(x²) with two sets of coefficients,
// since σ(x) = ½ + ½·tanh(x/2), where the halves go into the coefficients (powers of two: nothing is rounded).
// Absolute errors 3.6e-7 and 1.8e-7; results lie strictly inside (−1, 1) and (0, 1). NaN stays.
//
// The coefficients stand in memory, and loops load them beforehand: engines make a constant anew in each turn of a
// loop, which takes more instructions than the arithmetic does, but keep what was loaded.

import { multiplyAdd } from './generated/micro';

/** Bytes of a set of coefficients: bounds −b and b of x, P₀ … P₄, Q₀ … Q₄. */
export const SET: usize = 192;

/** Writes the set of tanh, then that of the logistic function: 2·SET bytes. */
export function writeCoefficients(to: usize): void {
  writeSet(to, 8, 1, 1);
  writeSet(to + SET, 16, 0.25, 0.25);
}

/** `scale` multiplies P; `ratio` multiplies both polynomials once for each power of x². */
function writeSet(to: usize, bound: f32, scale: f32, ratio: f32): void {
  const ratio2 = ratio * ratio, ratio3 = ratio2 * ratio, ratio4 = ratio3 * ratio;
  v128.store(to, f32x4.splat(-bound));
  v128.store(to, f32x4.splat(bound), 16);
  v128.store(to, f32x4.splat(scale), 32);
  v128.store(to, f32x4.splat(0.13379719853401184 * ratio * scale), 48);
  v128.store(to, f32x4.splat(0.0034940363839268684 * ratio2 * scale), 64);
  v128.store(to, f32x4.splat(2.0583514924510382e-5 * ratio3 * scale), 80);
  v128.store(to, f32x4.splat(1.331911825275256e-8 * ratio4 * scale), 96);
  v128.store(to, f32x4.splat(1), 112);
  v128.store(to, f32x4.splat(0.4671303331851959 * ratio), 128);
  v128.store(to, f32x4.splat(0.02587108127772808 * ratio2), 144);
  v128.store(to, f32x4.splat(0.00032830960117280483 * ratio3), 160);
  v128.store(to, f32x4.splat(7.762038194414345e-7 * ratio4), 176);
}

/** x·P(x²)/Q(x²) with x held between the bounds, from which on the quotient is as near to 1 as it gets. */
@inline
export function quotient(
  x: v128, low: v128, high: v128,
  p0: v128, p1: v128, p2: v128, p3: v128, p4: v128, q0: v128, q1: v128, q2: v128, q3: v128, q4: v128,
): v128 {
  x = f32x4.pmin(f32x4.pmax(x, low), high);
  const z = f32x4.mul(x, x);
  let p = multiplyAdd(z, p4, p3), q = multiplyAdd(z, q4, q3);
  p = multiplyAdd(p, z, p2);
  q = multiplyAdd(q, z, q2);
  p = multiplyAdd(p, z, p1);
  q = multiplyAdd(q, z, q1);
  p = multiplyAdd(p, z, p0);
  q = multiplyAdd(q, z, q0);
  return f32x4.div(f32x4.mul(p, x), q);
}

/** z = activation(z + bias) for `size` bytes (whole vectors), with a set of coefficients: `shift` is 0 for tanh, ½ for σ. */
export function activate(k: usize, shift: f32, size: usize, z: usize, bias: usize): void {
  const low = v128.load(k), high = v128.load(k, 16);
  const p0 = v128.load(k, 32), p1 = v128.load(k, 48), p2 = v128.load(k, 64), p3 = v128.load(k, 80), p4 = v128.load(k, 96);
  const q0 = v128.load(k, 112), q1 = v128.load(k, 128), q2 = v128.load(k, 144), q3 = v128.load(k, 160), q4 = v128.load(k, 176);
  const offset = f32x4.splat(shift);
  const end = z + size;
  while (z < end) {
    const sum = f32x4.add(v128.load(z), v128.load(bias));
    v128.store(z, f32x4.add(offset, quotient(sum, low, high, p0, p1, p2, p3, p4, q0, q1, q2, q3, q4)));
    z += 16;
    bias += 16;
  }
}

@inline
export function hardSigmoid(z: v128): v128 {
  const linear = f32x4.add(f32x4.mul(z, f32x4.splat(0.2)), f32x4.splat(0.5));
  return f32x4.pmin(f32x4.pmax(linear, f32x4.splat(0)), f32x4.splat(1)); // NaN stays
}

/** σ′ in terms of y = σ(z); the hard one is 0 where y is clipped. */
@inline
export function slope(y: v128, hard: bool): v128 {
  const one = f32x4.splat(1);
  if (!hard) return f32x4.mul(y, f32x4.sub(one, y));
  const inside = v128.and(f32x4.gt(y, f32x4.splat(0)), f32x4.lt(y, one));
  return v128.and(inside, f32x4.splat(0.2));
}
