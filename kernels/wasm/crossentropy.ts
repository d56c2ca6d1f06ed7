// Cross-entropies of logits x [rows, cols] with one label per row, and of logits with a probability each.

import { mapPairs } from './map';
import { softplusRest } from './math';
import { expAndSum, expSum, logOfSum, rowMaximum } from './rows';
import { atLeast, bytes, loadPart, nmadd, storePart } from './vector';

/** (max − x[label]) + log Σ exp(x − max) */
function rowCrossEntropy(x: usize, label: i32, cols: i32): f32 {
  const max = rowMaximum(x, cols);
  return max - load<f32>(x + bytes(label)) + logOfSum(expSum(x, cols, max));
}

export function sparseCrossEntropy(out: usize, x: usize, labels: usize, rows: i32, cols: i32): void {
  for (; rows > 0; rows--) {
    const label = load<i32>(labels);
    store<f32>(out, label < 0 ? 0 : rowCrossEntropy(x, label, cols));
    x += bytes(cols);
    labels += 4;
    out += 4;
  }
}

@inline
function scaleRow(out: usize, factor: v128, n: i32): void {
  for (; n >= 4; n -= 4) {
    v128.store(out, f32x4.mul(v128.load(out), factor));
    out += 16;
  }
  if (n) storePart(out, f32x4.mul(loadPart(out, n, factor), factor), n);
}

@inline
function clearRow(out: usize, n: i32): void {
  const zero = f32x4.splat(0);
  for (; n >= 4; n -= 4) {
    v128.store(out, zero);
    out += 16;
  }
  if (n) storePart(out, zero, n);
}

/** g·(softmax(x) − onehot(label)) */
function rowGradient(out: usize, x: usize, label: i32, g: f32, cols: i32): void {
  const sum = expAndSum(out, x, cols, rowMaximum(x, cols));
  scaleRow(out, f32x4.splat(<f32>(<f64>g / sum)), cols);
  const at = out + bytes(label);
  store<f32>(at, load<f32>(at) - g);
}

export function sparseCrossEntropyGrad(out: usize, x: usize, labels: usize, g: usize, rows: i32, cols: i32): void {
  for (; rows > 0; rows--) {
    const label = load<i32>(labels);
    if (label < 0) clearRow(out, cols);
    else rowGradient(out, x, label, load<f32>(g), cols);
    x += bytes(cols);
    out += bytes(cols);
    labels += 4;
    g += 4;
  }
}

@unmanaged
class SigmoidCrossEntropy {
  /** (max(z, 0) − z·y) + log(1 + exp(−|z|)): the first part is exactly 0 for a sure and right answer. */
  @inline
  of(z: v128, y: v128): v128 {
    return f32x4.add(nmadd(z, y, atLeast(z, f32x4.splat(0))), softplusRest(z));
  }
}
export function sigmoidCrossEntropy(out: usize, z: usize, y: usize, n: i32): void {
  mapPairs<SigmoidCrossEntropy>(out, z, y, n);
}
