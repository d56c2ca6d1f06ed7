// The gates of the LSTM: four units of one row at a time.

import { sigmoid4, tanh4 } from './lstm-activations';

// @ts-ignore: decorator
@inline
function hardSigmoid(z: v128): v128 {
  const linear = f32x4.add(f32x4.mul(z, f32x4.splat(0.2)), f32x4.splat(0.5));
  return f32x4.pmin(f32x4.pmax(linear, f32x4.splat(0)), f32x4.splat(1)); // NaN stays
}

// @ts-ignore: decorator
@inline
function sigma(z: v128, hard: bool): v128 {
  return hard ? hardSigmoid(z) : sigmoid4(z);
}

/**
 * i, f, o = σ(z + b), g = tanh(z + b), c = f ⊙ c + i ⊙ g, h = o ⊙ tanh(c) for `size` bytes of units (whole vectors).
 * Gate n of z and bias is n·zStep bytes further, that of `gates` n·gateStep. c and h are the state, updated in place;
 * `cells` and `out` get a copy.
 */
// @ts-ignore: decorator
@inline
function gates(
  hard: bool, size: usize, z: usize, zStep: usize, bias: usize, c: usize, h: usize,
  gates: usize, gateStep: usize, cells: usize, out: usize,
): void {
  const z1 = z + zStep, z2 = z1 + zStep, z3 = z2 + zStep;
  const b1 = bias + zStep, b2 = b1 + zStep, b3 = b2 + zStep;
  const f1 = gates + gateStep, g2 = f1 + gateStep, o3 = g2 + gateStep;
  for (let u: usize = 0; u < size; u += 16) {
    const i = sigma(f32x4.add(v128.load(z + u), v128.load(bias + u)), hard);
    v128.store(gates + u, i);
    const g = tanh4(f32x4.add(v128.load(z2 + u), v128.load(b2 + u)));
    v128.store(g2 + u, g);
    const f = sigma(f32x4.add(v128.load(z1 + u), v128.load(b1 + u)), hard);
    v128.store(f1 + u, f);
    const cell = f32x4.add(f32x4.mul(f, v128.load(c + u)), f32x4.mul(i, g));
    v128.store(c + u, cell);
    v128.store(cells + u, cell);
    const o = sigma(f32x4.add(v128.load(z3 + u), v128.load(b3 + u)), hard);
    v128.store(o3 + u, o);
    const hidden = f32x4.mul(o, tanh4(cell));
    v128.store(h + u, hidden);
    v128.store(out + u, hidden);
  }
}

export function lstmGates(
  size: usize, z: usize, zStep: usize, bias: usize, c: usize, h: usize,
  gateRow: usize, gateStep: usize, cells: usize, out: usize,
): void {
  gates(false, size, z, zStep, bias, c, h, gateRow, gateStep, cells, out);
}

export function lstmHardGates(
  size: usize, z: usize, zStep: usize, bias: usize, c: usize, h: usize,
  gateRow: usize, gateStep: usize, cells: usize, out: usize,
): void {
  gates(true, size, z, zStep, bias, c, h, gateRow, gateStep, cells, out);
}

/** σ′ in terms of y = σ(z); the hard one is 0 where y is clipped. */
// @ts-ignore: decorator
@inline
function slope(y: v128, hard: bool): v128 {
  const one = f32x4.splat(1);
  if (!hard) return f32x4.mul(y, f32x4.sub(one, y));
  const inside = v128.and(f32x4.gt(y, f32x4.splat(0)), f32x4.lt(y, one));
  return v128.and(inside, f32x4.splat(0.2));
}

/**
 * With k = tanh(c_t) and dh the gradient of h_t from later steps, for `size` bytes of units (whole vectors):
 *
 *   dh += dOut                     dc += dh ⊙ o ⊙ (1 − k²)
 *   dz = (dc ⊙ g ⊙ σ′(i),  dc ⊙ c_{t−1} ⊙ σ′(f),  dc ⊙ i ⊙ (1 − g²),  dh ⊙ k ⊙ σ′(o))
 *   dc = dc ⊙ f
 *
 * dz may be the gates' own place; its gate n is n·step bytes further, as in `gates`.
 */
// @ts-ignore: decorator
@inline
function gradients(
  hard: bool, size: usize, gates: usize, step: usize, cells: usize, before: usize, dOut: usize,
  dh: usize, dc: usize, dz: usize,
): void {
  const one = f32x4.splat(1);
  const step2 = step + step, step3 = step2 + step;
  for (let u: usize = 0; u < size; u += 16) {
    const k = tanh4(v128.load(cells + u));
    const o = v128.load(gates + step3 + u);
    const hidden = f32x4.add(v128.load(dh + u), v128.load(dOut + u));
    const through = f32x4.mul(hidden, f32x4.mul(o, f32x4.sub(one, f32x4.mul(k, k))));
    const cell = f32x4.add(v128.load(dc + u), through);
    const i = v128.load(gates + u);
    const f = v128.load(gates + step + u);
    const g = v128.load(gates + step2 + u);
    v128.store(dz + u, f32x4.mul(f32x4.mul(cell, g), slope(i, hard)));
    v128.store(dz + step + u, f32x4.mul(f32x4.mul(cell, v128.load(before + u)), slope(f, hard)));
    v128.store(dz + step2 + u, f32x4.mul(f32x4.mul(cell, i), f32x4.sub(one, f32x4.mul(g, g))));
    v128.store(dz + step3 + u, f32x4.mul(f32x4.mul(hidden, k), slope(o, hard)));
    v128.store(dc + u, f32x4.mul(cell, f));
  }
}

export function lstmGradients(
  size: usize, gateRow: usize, step: usize, cells: usize, before: usize, dOut: usize, dh: usize, dc: usize, dz: usize,
): void {
  gradients(false, size, gateRow, step, cells, before, dOut, dh, dc, dz);
}

export function lstmHardGradients(
  size: usize, gateRow: usize, step: usize, cells: usize, before: usize, dOut: usize, dh: usize, dc: usize, dz: usize,
): void {
  gradients(true, size, gateRow, step, cells, before, dOut, dh, dc, dz);
}
