// A step of the GRU for one row. With a = x·W_h + b and q = h·U_h + c (c: the recurrent bias):
//
//   z, r = σ(…)     h̃ = tanh(a + r ⊙ q)   (h̃ = tanh(a + (r ⊙ h)·U_h) if the reset gate comes before the product)
//   h = z ⊙ h + (1 − z) ⊙ h̃
//
// The sums are padded to whole vectors and worked on in place. A step saves the blocks h̃, z, r and q (or r ⊙ h).

import { SET, activate, hardSigmoid, slope } from './recurrent-activations';
import { Areas, resetsBefore } from './recurrent-forward-areas';
import { Forward, bytes, padded } from './recurrent-parameters';
import { copyRow } from './recurrent-rows';

/** Activates z and r. */
function gates(p: Forward, a: Areas, z: usize): void {
  const bias = a.bias, size = bytes(a.mainColumns);
  if (!p.activation) {
    activate(a.coefficients + SET, 0.5, size, z, bias);
    return;
  }
  for (let u: usize = 0; u < size; u += 16) {
    v128.store(z + u, hardSigmoid(f32x4.add(v128.load(z + u), v128.load(bias + u))));
  }
}

/** z, r, and the last block = r ⊙ h: what has to be known before the candidate is summed. */
export function gruReset(p: Forward, a: Areas, z: usize, h: usize): void {
  gates(p, a, z);
  const size = padded(p.units), r = z + a.block1, to = z + a.block3;
  for (let u: usize = 0; u < size; u += 16) v128.store(to + u, f32x4.mul(v128.load(r + u), v128.load(h + u)));
}

/** Row `index` of the chunk from its sums to h; `row` is its place in [batch, time]. */
export function gruStep(p: Forward, a: Areas, z: usize, index: i32, row: i32): void {
  const units = p.units, size = padded(units);
  const r = z + a.block1, sum = z + a.block2, q = z + a.block3;
  if (!resetsBefore(p)) {
    gates(p, a, z);
    const c = a.bias + a.block3;
    for (let u: usize = 0; u < size; u += 16) {
      const product = f32x4.add(v128.load(q + u), v128.load(c + u));
      v128.store(q + u, product);
      v128.store(sum + u, f32x4.add(v128.load(sum + u), f32x4.mul(v128.load(r + u), product)));
    }
  }
  activate(a.coefficients, 0, size, sum, a.bias + a.block2);
  const h = a.h + <usize>index * size;
  for (let u: usize = 0; u < size; u += 16) {
    const candidate = v128.load(sum + u), old = v128.load(h + u);
    v128.store(h + u, f32x4.add(candidate, f32x4.mul(v128.load(z + u), f32x4.sub(old, candidate))));
  }
  if (p.out != 0) copyRow(p.out + bytes(row * units), h, units);
  if (p.gates == 0) return;
  const saved = p.gates + bytes(row * units * 4);
  copyRow(saved, sum, units);
  copyRow(saved + bytes(units), z, units);
  copyRow(saved + bytes(2 * units), r, units);
  copyRow(saved + bytes(3 * units), q, units);
}

/**
 * With dh the gradient of h from later steps:
 *
 *   dh += dOut     da = dh ⊙ (1 − z) ⊙ (1 − h̃²)     dz = dh ⊙ (h₋₁ − h̃) ⊙ σ′(z)     dh = dh ⊙ z
 *   dr = da ⊙ q ⊙ σ′(r)     dq = da ⊙ r              unless the reset gate comes before the product
 *
 * `gates` and `d` are [4·units], h̃, z, r, q and the gradients of their sums; `d` may be the gates' own place. A last
 * vector that reaches beyond the row is worked out in `staged`, 96 bytes.
 */
export function gruGradient(
  resetBefore: bool, hard: bool, staged: usize, units: i32, gates: usize, before: usize, dOut: usize, dh: usize, d: usize,
): void {
  const whole = bytes(units & ~3), rest = units & 3;
  if (whole > 0) gradient(resetBefore, hard, whole, gates, bytes(units), before, dOut, dh, d);
  if (rest == 0) return;
  stageBlocks(staged, units, gates, before);
  copyRow(staged + 80, dOut + whole, rest);
  gradient(resetBefore, hard, 16, staged, 16, staged + 64, staged + 80, dh + whole, staged);
  const count = resetBefore ? 2 : 4;
  for (let n = 0; n < count; n++) copyRow(d + bytes(n * units) + whole, staged + <usize>n * 16, rest);
}

/** The last units of all blocks and of h₋₁. */
function stageBlocks(staged: usize, units: i32, gates: usize, before: usize): void {
  const whole = bytes(units & ~3), rest = units & 3;
  for (let n = 0; n < 4; n++) copyRow(staged + <usize>n * 16, gates + bytes(n * units) + whole, rest);
  copyRow(staged + 64, before + whole, rest);
}

function gradient(
  resetBefore: bool, hard: bool, size: usize, gates: usize, step: usize, before: usize, dOut: usize, dh: usize, d: usize,
): void {
  const one = f32x4.splat(1), step2 = step + step, step3 = step2 + step;
  for (let u: usize = 0; u < size; u += 16) {
    const hidden = f32x4.add(v128.load(dh + u), v128.load(dOut + u));
    const h = v128.load(gates + u), z = v128.load(gates + step + u);
    const da = f32x4.mul(f32x4.mul(hidden, f32x4.sub(one, z)), f32x4.sub(one, f32x4.mul(h, h)));
    v128.store(d + u, da);
    v128.store(d + step + u, f32x4.mul(f32x4.mul(hidden, f32x4.sub(v128.load(before + u), h)), slope(z, hard)));
    v128.store(dh + u, f32x4.mul(hidden, z));
    if (resetBefore) continue;
    const r = v128.load(gates + step2 + u), q = v128.load(gates + step3 + u);
    v128.store(d + step2 + u, f32x4.mul(f32x4.mul(da, q), slope(r, hard)));
    v128.store(d + step3 + u, f32x4.mul(da, r));
  }
}

/**
 * The rest of it where the reset gate comes before the product, with ds = da·U_hᵀ the gradient of r ⊙ h₋₁:
 *
 *   dr = ds ⊙ h₋₁ ⊙ σ′(r)     dh += ds ⊙ r
 *
 * Block 3 of `d` takes over r ⊙ h₋₁, for the gradient of U_h.
 */
export function gruResetGradient(
  hard: bool, staged: usize, units: i32, gates: usize, before: usize, ds: usize, dh: usize, d: usize,
): void {
  const whole = bytes(units & ~3), rest = units & 3;
  if (whole > 0) resetGradient(hard, whole, gates, bytes(units), before, ds, dh, d);
  if (rest == 0) return;
  stageBlocks(staged, units, gates, before);
  resetGradient(hard, 16, staged, 16, staged + 64, ds + whole, dh + whole, staged);
  for (let n = 2; n < 4; n++) copyRow(d + bytes(n * units) + whole, staged + <usize>n * 16, rest);
}

function resetGradient(
  hard: bool, size: usize, gates: usize, step: usize, before: usize, ds: usize, dh: usize, d: usize,
): void {
  const step2 = step + step, step3 = step2 + step;
  for (let u: usize = 0; u < size; u += 16) {
    const incoming = v128.load(ds + u), r = v128.load(gates + step2 + u);
    v128.store(d + step3 + u, v128.load(gates + step3 + u));
    v128.store(d + step2 + u, f32x4.mul(f32x4.mul(incoming, v128.load(before + u)), slope(r, hard)));
    v128.store(dh + u, f32x4.add(v128.load(dh + u), f32x4.mul(incoming, r)));
  }
}
