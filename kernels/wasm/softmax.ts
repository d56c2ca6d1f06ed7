// Softmax over the rows of x [rows, cols], and what flows back through it.

import { expBelow } from './math';
import { expAndSum, expSum, logOfSum, rowMaximum } from './rows';
import { bytes, laneSum, loadPart, nmadd, storePart } from './vector';

function softmaxRow(out: usize, x: usize, cols: i32): void {
  const max = rowMaximum(x, cols);
  const factor = f32x4.splat(<f32>(1 / expAndSum(out, x, cols, max)));
  let left = cols;
  for (; left >= 8; left -= 8) {
    v128.store(out, f32x4.mul(v128.load(out), factor));
    v128.store(out, f32x4.mul(v128.load(out, 16), factor), 16);
    out += 32;
  }
  if (left >= 4) {
    v128.store(out, f32x4.mul(v128.load(out), factor));
    out += 16;
    left -= 4;
  }
  if (left) storePart(out, f32x4.mul(loadPart(out, left, factor), factor), left);
}

export function softmax(out: usize, x: usize, rows: i32, cols: i32): void {
  if (cols == 0) return;
  for (; rows > 0; rows--) {
    softmaxRow(out, x, cols);
    x += bytes(cols);
    out += bytes(cols);
  }
}

/** out = (x − max) − log Σ exp(x − max): in this order huge logits lose nothing. */
function logSoftmaxRow(out: usize, x: usize, cols: i32): void {
  const largest = rowMaximum(x, cols);
  const rest = f32x4.splat(logOfSum(expSum(x, cols, largest)));
  const max = f32x4.splat(largest);
  let left = cols;
  for (; left >= 4; left -= 4) {
    v128.store(out, f32x4.sub(f32x4.sub(v128.load(x), max), rest));
    x += 16;
    out += 16;
  }
  if (left) storePart(out, f32x4.sub(f32x4.sub(loadPart(x, left, max), max), rest), left);
}

export function logSoftmax(out: usize, x: usize, rows: i32, cols: i32): void {
  if (cols == 0) return;
  for (; rows > 0; rows--) {
    logSoftmaxRow(out, x, cols);
    x += bytes(cols);
    out += bytes(cols);
  }
}

/** Σ a[i]·b[i], i < n */
@inline
function dot(a: usize, b: usize, n: i32): f32 {
  const zero = f32x4.splat(0);
  let s0 = zero;
  let s1 = zero;
  for (; n >= 8; n -= 8) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a), v128.load(b)));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
    a += 32;
    b += 32;
  }
  if (n >= 4) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a), v128.load(b)));
    a += 16;
    b += 16;
    n -= 4;
  }
  if (n) s1 = f32x4.add(s1, f32x4.mul(loadPart(a, n, zero), loadPart(b, n, zero)));
  return <f32>laneSum(f32x4.add(s0, s1));
}

function softmaxGradRow(out: usize, y: usize, g: usize, cols: i32): void {
  const mean = f32x4.splat(dot(y, g, cols));
  for (; cols >= 4; cols -= 4) {
    v128.store(out, f32x4.mul(v128.load(y), f32x4.sub(v128.load(g), mean)));
    y += 16;
    g += 16;
    out += 16;
  }
  if (cols) storePart(out, f32x4.mul(loadPart(y, cols, mean), f32x4.sub(loadPart(g, cols, mean), mean)), cols);
}

export function softmaxGrad(out: usize, y: usize, g: usize, rows: i32, cols: i32): void {
  for (; rows > 0; rows--) {
    softmaxGradRow(out, y, g, cols);
    y += bytes(cols);
    g += bytes(cols);
    out += bytes(cols);
  }
}

function logSoftmaxGradRow(out: usize, y: usize, g: usize, cols: i32): void {
  const zero = f32x4.splat(0);
  let total = zero;
  let from = g;
  let left = cols;
  for (; left >= 4; left -= 4) {
    total = f32x4.add(total, v128.load(from));
    from += 16;
  }
  if (left) total = f32x4.add(total, loadPart(from, left, zero));
  const sum = f32x4.splat(<f32>laneSum(total));
  for (; cols >= 4; cols -= 4) {
    v128.store(out, nmadd(expBelow(v128.load(y)), sum, v128.load(g)));
    y += 16;
    g += 16;
    out += 16;
  }
  if (cols) storePart(out, nmadd(expBelow(loadPart(y, cols, zero)), sum, loadPart(g, cols, zero)), cols);
}

export function logSoftmaxGrad(out: usize, y: usize, g: usize, rows: i32, cols: i32): void {
  for (; rows > 0; rows--) {
    logSoftmaxGradRow(out, y, g, cols);
    y += bytes(cols);
    g += bytes(cols);
    out += bytes(cols);
  }
}
