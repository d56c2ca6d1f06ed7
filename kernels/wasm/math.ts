// Elementary functions of four float32 numbers, inlined into the loops that use them.
// Coefficients: weighted minimax fits of the relative error, rounded to float32.

import { atLeast, atMost, madd, nmadd } from './vector';

// ln 2 in two parts: the first has trailing zeros, so that n·LN2_HIGH is exact for |n| < 2⁹.
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;
/** 1.5·2²³: adding it rounds to an integer, which then stands in the low bits. */
const MAGIC: f32 = 12582912;

/** exp(x) for x ≤ 89 or NaN, which need no clamp from above. */
@inline
export function expBelow(x: v128): v128 {
  // x = n·ln 2 + r with 0 ≤ r ≤ ln 2. Rounding n down keeps 1 ≤ eʳ < 2, so 2ⁿ is a normal number exactly when
  // the result is. From n = −127 down the scale is 0; from 128 on it is infinite.
  x = atLeast(x, f32x4.splat(-88));
  // log₂e, a little below: the largest finite result must not round up to n = 128.
  const n = f32x4.floor(f32x4.mul(x, f32x4.splat(1.44269490242)));
  const scale = i32x4.shl(f32x4.add(n, f32x4.splat(MAGIC + 127)), 23);
  let r = nmadd(n, f32x4.splat(LN2_HIGH), x);
  r = nmadd(n, f32x4.splat(LN2_LOW), r);
  let p = madd(r, f32x4.splat(0.0019124862878649312), f32x4.splat(0.007868427559158314));
  p = madd(p, r, f32x4.splat(0.04185498191274002));
  p = madd(p, r, f32x4.splat(0.1666319139088579));
  p = madd(p, r, f32x4.splat(0.5000022851390482));
  p = madd(p, r, f32x4.splat(1));
  p = madd(p, r, f32x4.splat(1));
  return f32x4.mul(p, scale);
}

/** exp(x); results below the smallest normal number are 0. */
@inline
export function exp(x: v128): v128 {
  return expBelow(atMost(x, f32x4.splat(89)));
}

/** (exp(x) − 1)/2, accurate near 0, for −18 ≤ x ≤ 88.8 or NaN. */
@inline
function halfExpm1(x: v128): v128 {
  // x = n·ln 2 + r with |r| ≤ ln 2/2;  eˣ − 1 = 2ⁿ·(eʳ − 1) + (2ⁿ − 1), with half the scale so that it stays finite
  const t = madd(x, f32x4.splat(1.44269504089), f32x4.splat(MAGIC));
  const n = f32x4.sub(t, f32x4.splat(MAGIC));
  const half = i32x4.shl(i32x4.add(t, i32x4.splat(126)), 23);
  let r = nmadd(n, f32x4.splat(LN2_HIGH), x);
  r = nmadd(n, f32x4.splat(LN2_LOW), r);
  let p = madd(r, f32x4.splat(0.00138146129838357), f32x4.splat(0.008368709842546104));
  p = madd(p, r, f32x4.splat(0.04166838736699702));
  p = madd(p, r, f32x4.splat(0.16666520689635117));
  p = madd(p, r, f32x4.splat(0.499999934516799));
  p = madd(p, f32x4.mul(r, r), r);
  return madd(p, half, f32x4.sub(half, f32x4.splat(0.5)));
}

/** exp(x) − 1, accurate near 0. */
@inline
export function expm1(x: v128): v128 {
  const y = halfExpm1(atMost(atLeast(x, f32x4.splat(-18)), f32x4.splat(88.8)));
  return f32x4.add(y, y);
}

/** 1/(1 + e^−x) */
@inline
export function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(x))));
}

/**
 * tanh|x| = h/(h + 1) with h = (e^(2|x|) − 1)/2, and the sign of x. For large |x| errors of h cancel, so that even
 * 1 − tanh² is good: a rational function of x is faster, but off by some units in the last place of 1 there.
 */
@inline
export function tanh(x: v128): v128 {
  const sign = v128.and(x, f32x4.splat(-0.0));
  // From 9.02 on the result is 1.
  const size = atMost(v128.xor(x, sign), f32x4.splat(10));
  const h = halfExpm1(f32x4.add(size, size));
  return v128.or(f32x4.div(h, f32x4.add(h, f32x4.splat(1))), sign);
}

/** The error function: an odd rational function x·P(x²)/Q(x²), held in [−1, 1]. */
@inline
export function erf(x: v128): v128 {
  x = atMost(atLeast(x, f32x4.splat(-3.95)), f32x4.splat(3.95));
  const z = f32x4.mul(x, x);
  let p = madd(z, f32x4.splat(2.0258994481991976e-6), f32x4.splat(0.00028468805248849094));
  let q = madd(z, f32x4.splat(3.7831727240700275e-5), f32x4.splat(0.0011707316152751446));
  p = madd(p, z, f32x4.splat(0.0038081875536590815));
  q = madd(q, z, f32x4.splat(0.015055141411721706));
  p = madd(p, z, f32x4.splat(0.05287552624940872));
  q = madd(q, z, f32x4.splat(0.11455988138914108));
  p = madd(p, z, f32x4.splat(0.19155095517635345));
  q = madd(q, z, f32x4.splat(0.5030902624130249));
  p = madd(p, z, f32x4.splat(1.1283791065216064));
  q = madd(q, z, f32x4.splat(1));
  const y = f32x4.div(f32x4.mul(p, x), q);
  return atMost(atLeast(y, f32x4.splat(-1)), f32x4.splat(1));
}

/** log(m·2ᵉ) for u = m·2ᵉ positive, normal and finite, plus `correction`; m in [√½, √2). */
@inline
export function logNormal(u: v128, exponentBias: v128, correction: v128): v128 {
  // Subtracting the bits of √½ puts ⌊log₂(u/√½)⌋ into the exponent field.
  const shifted = i32x4.sub(u, i32x4.splat(0x3f3504f3));
  const e = f32x4.add(f32x4.convert_i32x4_s(i32x4.shr_s(shifted, 23)), exponentBias);
  const m = i32x4.add(v128.and(shifted, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
  const f = f32x4.sub(m, f32x4.splat(1));
  const z = f32x4.mul(f, f);
  // log(1 + f) = f − f²/2 + f³·P(f)
  let p = madd(f, f32x4.splat(-0.07634492963552475), f32x4.splat(0.12761574983596802));
  p = madd(p, f, f32x4.splat(-0.13160182535648346));
  p = madd(p, f, f32x4.splat(0.14201758801937103));
  p = madd(p, f, f32x4.splat(-0.16623356938362122));
  p = madd(p, f, f32x4.splat(0.20001226663589478));
  p = madd(p, f, f32x4.splat(-0.2500081956386566));
  p = madd(p, f, f32x4.splat(0.3333333134651184));
  p = f32x4.mul(p, f32x4.mul(f, z));
  p = f32x4.add(madd(e, f32x4.splat(LN2_LOW), p), correction);
  p = nmadd(z, f32x4.splat(0.5), p);
  return madd(e, f32x4.splat(LN2_HIGH), f32x4.add(p, f));
}

const INFINITE_BITS: i32 = 0x7f800000;
const SMALLEST_NORMAL_BITS: i32 = 0x00800000;

/** Whether some lane is not a positive, normal and finite number. */
@inline
function someSpecial(u: v128): bool {
  const distance = i32x4.sub(u, i32x4.splat(SMALLEST_NORMAL_BITS));
  return v128.any_true(i32x4.ge_u(distance, i32x4.splat(INFINITE_BITS - SMALLEST_NORMAL_BITS)));
}

/** The values of log where u is 0, negative, infinite or NaN; y elsewhere. */
@inline
function logSpecial(u: v128, y: v128): v128 {
  const infinity = f32x4.splat(Infinity);
  y = v128.bitselect(infinity, y, f32x4.eq(u, infinity));
  y = v128.bitselect(f32x4.neg(infinity), y, f32x4.eq(u, f32x4.splat(0)));
  // Not (u ≥ 0): all ones, which is a NaN.
  return v128.or(y, v128.not(f32x4.ge(u, f32x4.splat(0))));
}

/** The natural logarithm, denormal numbers included. */
@inline
export function log(x: v128): v128 {
  const zero = f32x4.splat(0);
  if (!someSpecial(x)) return logNormal(x, zero, zero);
  const tiny = f32x4.lt(x, i32x4.splat(SMALLEST_NORMAL_BITS));
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, tiny);
  return logSpecial(x, logNormal(scaled, v128.and(tiny, f32x4.splat(-23)), zero));
}

@inline
function atLog1pLimit(x: v128): v128 {
  return v128.bitselect(f32x4.splat(Infinity), x, f32x4.gt(x, f32x4.splat(1e38)));
}

/**
 * log(1 + x), accurate near 0: log(u) + (x − (u − 1))/u with u = 1 + x rounded. Above 10³⁸ it is ∞, as PyTorch has it.
 */
@inline
export function log1p(x: v128): v128 {
  const one = f32x4.splat(1);
  const u = f32x4.add(atLog1pLimit(x), one);
  const lost = f32x4.sub(x, f32x4.sub(u, one));
  const y = logNormal(u, f32x4.splat(0), f32x4.div(lost, u));
  return someSpecial(u) ? logSpecial(u, y) : y;
}

/** log(1 + eˣ) = max(x, 0) + log(1 + exp(−|x|)) */
@inline
export function softplus(x: v128): v128 {
  return f32x4.add(atLeast(x, f32x4.splat(0)), softplusRest(x));
}

/** log(1 + exp(−|x|)): with e = exp(−|x|) in [0, 1] a rational function e·P(e)/Q(e) */
@inline
export function softplusRest(x: v128): v128 {
  const e = expBelow(v128.or(x, f32x4.splat(-0.0)));
  let p = madd(e, f32x4.splat(0.1237642765045166), f32x4.splat(0.8671934604644775));
  let q = madd(e, f32x4.splat(0.031094538047909737), f32x4.splat(0.4740588366985321));
  p = madd(p, e, f32x4.splat(1));
  q = madd(q, e, f32x4.splat(1.3671915531158447));
  q = madd(q, e, f32x4.splat(1));
  return f32x4.div(f32x4.mul(p, e), q);
}
