// The normal distribution and the smooth gates built on it, inlined into the loops that use them.

import { atLeast, atMost, madd } from './vector';
import { exp, expBelow, sigmoid } from './math';

/** exp(−x²/2); from |x| = 14 on it is 0. */
@inline
export function bell(x: v128): v128 {
  const a = atMost(f32x4.abs(x), f32x4.splat(14));
  return expBelow(f32x4.mul(f32x4.mul(a, a), f32x4.splat(-0.5)));
}

/** Φ(x), given bell(x). The smaller tail is bell(x)·P(|x|)/Q(|x|), which keeps its digits. */
@inline
export function normalCdf(x: v128, bellOfX: v128): v128 {
  const a = atMost(f32x4.abs(x), f32x4.splat(14));
  let p = madd(a, f32x4.splat(0.01704670488834381), f32x4.splat(0.11952779442071915));
  let q = madd(a, f32x4.splat(0.04273475706577301), f32x4.splat(0.29940906167030334));
  p = madd(p, a, f32x4.splat(0.3619648218154907));
  q = madd(q, a, f32x4.splat(0.9534217119216919));
  p = madd(p, a, f32x4.splat(0.4999998211860657));
  q = madd(q, a, f32x4.splat(1.521795392036438));
  q = madd(q, a, f32x4.splat(1));
  const tail = f32x4.div(f32x4.mul(p, bellOfX), q);
  return v128.bitselect(tail, f32x4.sub(f32x4.splat(1), tail), f32x4.lt(x, f32x4.splat(0)));
}

const TWICE_SQRT_2_OVER_PI: f32 = 1.5957691216057308;
const CUBIC: f32 = 0.044715;

/** ½(1 + tanh u) = σ(2u) with u = √(2/π)·(x + 0.044715·x³) */
@inline
export function geluTanhGate(x: v128): v128 {
  const factor = madd(f32x4.mul(x, x), f32x4.splat(TWICE_SQRT_2_OVER_PI * CUBIC), f32x4.splat(TWICE_SQRT_2_OVER_PI));
  return sigmoid(f32x4.mul(x, factor));
}

/** d(2u)/dx */
@inline
export function geluTanhSlope(x: v128): v128 {
  const cubic: f32 = 3 * TWICE_SQRT_2_OVER_PI * CUBIC;
  return madd(f32x4.mul(x, x), f32x4.splat(cubic), f32x4.splat(TWICE_SQRT_2_OVER_PI));
}

/** tanh(log(1 + eˣ)) = t/(t + 2) with t = w(w + 2), w = eˣ; beyond 20 it is 1. */
@inline
export function mishGate(x: v128): v128 {
  const two = f32x4.splat(2);
  const w = exp(atMost(x, f32x4.splat(20)));
  const t = madd(w, w, f32x4.add(w, w));
  return f32x4.div(t, f32x4.add(t, two));
}
