// Parameter updates, in place. Contiguous arrays: whole vectors, no tails.

import { bytes, madd, maximum, nmadd } from './vector';

/** Gradient descent with momentum; see the interface for the equations. */
export function sgd(
  p: usize, g: usize, v: usize, n: i32,
  lr: f32, momentum: f32, dampening: f32, weightDecay: f32, nesterov: bool, first: bool,
): void {
  const rate = f32x4.splat(lr);
  const kept = f32x4.splat(momentum);
  const added = f32x4.splat(1 - dampening);
  const decay = f32x4.splat(weightDecay);
  for (; n > 0; n -= 4) {
    const parameter = v128.load(p);
    let step = madd(decay, parameter, v128.load(g));
    if (momentum != 0) {
      const velocity = first ? step : madd(kept, v128.load(v), f32x4.mul(added, step));
      v128.store(v, velocity);
      step = nesterov ? madd(kept, velocity, step) : velocity;
      v += 16;
    }
    v128.store(p, nmadd(rate, step, parameter));
    p += 16;
    g += 16;
  }
}

/** Adam, AdamW and AMSGrad; see the interface for the equations. */
export function adam(
  p: usize, g: usize, m: usize, v: usize, vMax: usize, n: i32,
  stepSize: f32, beta1: f32, beta2: f32, eps: f32, inverseCorrection2: f32, weightDecay: f32, keep: f32,
  rest1: f32, rest2: f32,
): void {
  const stop = p + bytes(n);
  const decay = f32x4.splat(weightDecay);
  const kept = f32x4.splat(keep);
  const b1 = f32x4.splat(beta1);
  const b2 = f32x4.splat(beta2);
  const r1 = f32x4.splat(rest1);
  const r2 = f32x4.splat(rest2);
  const correction = f32x4.splat(inverseCorrection2);
  const epsilon = f32x4.splat(eps);
  const size = f32x4.splat(stepSize);
  while (p < stop) {
    const parameter = v128.load(p);
    const gradient = madd(decay, parameter, v128.load(g));
    const mean = madd(b1, v128.load(m), f32x4.mul(r1, gradient));
    let square = madd(b2, v128.load(v), f32x4.mul(f32x4.mul(r2, gradient), gradient));
    v128.store(m, mean);
    v128.store(v, square);
    if (vMax) {
      square = maximum(v128.load(vMax), square);
      v128.store(vMax, square);
      vMax += 16;
    }
    const root = f32x4.add(f32x4.sqrt(f32x4.mul(square, correction)), epsilon);
    v128.store(p, f32x4.sub(f32x4.mul(kept, parameter), f32x4.div(f32x4.mul(size, mean), root)));
    p += 16;
    g += 16;
    m += 16;
    v += 16;
  }
}

/** Subnormal numbers become 0, in place. */
export function flushSubnormals(x: usize, n: i32): void {
  const least = f32x4.splat(f32.MIN_NORMAL_VALUE), end = x + bytes(n);
  for (; x < end; x += 16) {
    const v = v128.load(x);
    v128.store(x, v128.andnot(v, f32x4.lt(f32x4.abs(v), least)));
  }
}
