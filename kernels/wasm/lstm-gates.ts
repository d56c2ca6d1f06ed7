// The gates of the LSTM: four units of one row at a time. `k` points to the coefficients of recurrent-activations, which each
// function loads into local variables: t… for tanh, s… for the logistic function.

import { SET, hardSigmoid, quotient, slope } from './recurrent-activations';

/**
 * i, f, o = σ(z + b), g = tanh(z + b), c = f ⊙ c + i ⊙ g, h = o ⊙ tanh(c) for `size` bytes of units (whole vectors).
 * Gate n of z and bias is n·zStep bytes further, that of `gates` n·gateStep. c and h are the state, updated in place;
 * `cells` and `out` get a copy. h has a loop of its own: it waits for c, which would hold up the next gates.
 */
@inline
function gates(
  hard: bool, k: usize, size: usize, z: usize, zStep: usize, bias: usize, c: usize, h: usize,
  gates: usize, gateStep: usize, cells: usize, out: usize,
): void {
  const tLow = v128.load(k), tHigh = v128.load(k, 16);
  const tp0 = v128.load(k, 32), tp1 = v128.load(k, 48), tp2 = v128.load(k, 64), tp3 = v128.load(k, 80), tp4 = v128.load(k, 96);
  const tq0 = v128.load(k, 112), tq1 = v128.load(k, 128), tq2 = v128.load(k, 144), tq3 = v128.load(k, 160), tq4 = v128.load(k, 176);
  k += SET;
  const sLow = v128.load(k), sHigh = v128.load(k, 16);
  const sp0 = v128.load(k, 32), sp1 = v128.load(k, 48), sp2 = v128.load(k, 64), sp3 = v128.load(k, 80), sp4 = v128.load(k, 96);
  const sq0 = v128.load(k, 112), sq1 = v128.load(k, 128), sq2 = v128.load(k, 144), sq3 = v128.load(k, 160), sq4 = v128.load(k, 176);
  const z1 = z + zStep, z2 = z1 + zStep, z3 = z2 + zStep;
  const b1 = bias + zStep, b2 = b1 + zStep, b3 = b2 + zStep;
  const f1 = gates + gateStep, g2 = f1 + gateStep, o3 = g2 + gateStep;
  const half = f32x4.splat(0.5);
  for (let u: usize = 0; u < size; u += 16) {
    let i = f32x4.add(v128.load(z + u), v128.load(bias + u));
    let f = f32x4.add(v128.load(z1 + u), v128.load(b1 + u));
    let g = f32x4.add(v128.load(z2 + u), v128.load(b2 + u));
    let o = f32x4.add(v128.load(z3 + u), v128.load(b3 + u));
    if (hard) {
      i = hardSigmoid(i);
      f = hardSigmoid(f);
      o = hardSigmoid(o);
    } else {
      i = f32x4.add(half, quotient(i, sLow, sHigh, sp0, sp1, sp2, sp3, sp4, sq0, sq1, sq2, sq3, sq4));
      f = f32x4.add(half, quotient(f, sLow, sHigh, sp0, sp1, sp2, sp3, sp4, sq0, sq1, sq2, sq3, sq4));
      o = f32x4.add(half, quotient(o, sLow, sHigh, sp0, sp1, sp2, sp3, sp4, sq0, sq1, sq2, sq3, sq4));
    }
    g = quotient(g, tLow, tHigh, tp0, tp1, tp2, tp3, tp4, tq0, tq1, tq2, tq3, tq4);
    v128.store(gates + u, i);
    v128.store(f1 + u, f);
    v128.store(g2 + u, g);
    v128.store(o3 + u, o);
    const cell = f32x4.add(f32x4.mul(f, v128.load(c + u)), f32x4.mul(i, g));
    v128.store(c + u, cell);
    v128.store(cells + u, cell);
  }
  for (let u: usize = 0; u < size; u += 16) {
    const k = quotient(v128.load(c + u), tLow, tHigh, tp0, tp1, tp2, tp3, tp4, tq0, tq1, tq2, tq3, tq4);
    const hidden = f32x4.mul(v128.load(o3 + u), k);
    v128.store(h + u, hidden);
    v128.store(out + u, hidden);
  }
}

export function lstmGates(
  k: usize, size: usize, z: usize, zStep: usize, bias: usize, c: usize, h: usize,
  gateRow: usize, gateStep: usize, cells: usize, out: usize,
): void {
  gates(false, k, size, z, zStep, bias, c, h, gateRow, gateStep, cells, out);
}

export function lstmHardGates(
  k: usize, size: usize, z: usize, zStep: usize, bias: usize, c: usize, h: usize,
  gateRow: usize, gateStep: usize, cells: usize, out: usize,
): void {
  gates(true, k, size, z, zStep, bias, c, h, gateRow, gateStep, cells, out);
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
@inline
function gradients(
  hard: bool, k: usize, size: usize, gates: usize, step: usize, cells: usize, before: usize, dOut: usize,
  dh: usize, dc: usize, dz: usize,
): void {
  const tLow = v128.load(k), tHigh = v128.load(k, 16);
  const tp0 = v128.load(k, 32), tp1 = v128.load(k, 48), tp2 = v128.load(k, 64), tp3 = v128.load(k, 80), tp4 = v128.load(k, 96);
  const tq0 = v128.load(k, 112), tq1 = v128.load(k, 128), tq2 = v128.load(k, 144), tq3 = v128.load(k, 160), tq4 = v128.load(k, 176);
  const one = f32x4.splat(1);
  const step2 = step + step, step3 = step2 + step;
  for (let u: usize = 0; u < size; u += 16) {
    const k = quotient(v128.load(cells + u), tLow, tHigh, tp0, tp1, tp2, tp3, tp4, tq0, tq1, tq2, tq3, tq4);
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
  k: usize, size: usize, gateRow: usize, step: usize, cells: usize, before: usize, dOut: usize, dh: usize, dc: usize, dz: usize,
): void {
  gradients(false, k, size, gateRow, step, cells, before, dOut, dh, dc, dz);
}

export function lstmHardGradients(
  k: usize, size: usize, gateRow: usize, step: usize, cells: usize, before: usize, dOut: usize, dh: usize, dc: usize, dz: usize,
): void {
  gradients(true, k, size, gateRow, step, cells, before, dOut, dh, dc, dz);
}
