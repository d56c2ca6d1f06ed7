// Vector times matrix, y[n] (+)= x[k]·B[k, n]: bound by memory, so B is read once, in place.
// Sums run over the same blocks of k and in the same order as in gemm.ts, to the same bits.

import { MAX_DEPTH, blockDepth } from './depth';
import { multiplyAdd } from './generated/micro';

/** Columns per block: the sums stay in the first-level cache. */
const NC: i32 = 1024;

/** The workspace: x without gaps, then the sums of a block. */
const X_BYTES: usize = <usize>(MAX_DEPTH * 4);

export function gemv(
  transB: i32, n: i32, k: i32, x: usize, xStep: usize, b: usize, bStep: usize,
  y: usize, yStep: usize, accumulate: i32, workspace: usize,
): void {
  const most = blockDepth(k);
  for (let j = 0; j < n; j += NC) {
    const columns = min(NC, n - j);
    const to = y + <usize>j * yStep;
    for (let p = 0; p < k; p += most) {
      const depth = min(most, k - p);
      const adds = accumulate || p > 0;
      let from = x + <usize>p * xStep;
      if (xStep != 4) {
        gather(depth, from, xStep, workspace);
        from = workspace;
      }
      const inPlace = !adds && yStep == 4;
      const sums = inPlace ? to : workspace + X_BYTES;
      if (transB) timesColumns(columns, depth, from, b + <usize>j * bStep + (<usize>p << 2), bStep, sums);
      else timesRows(columns, depth, from, b + <usize>p * bStep + (<usize>j << 2), bStep, sums);
      if (!inPlace) {
        if (adds) addTo(columns, sums, to, yStep);
        else scatter(columns, sums, to, yStep);
      }
    }
  }
}

function gather(n: i32, x: usize, step: usize, to: usize): void {
  for (let i = 0; i < n; i++) store<f32>(to + (<usize>i << 2), load<f32>(x + <usize>i * step));
}

function scatter(n: i32, x: usize, to: usize, step: usize): void {
  for (let i = 0; i < n; i++) store<f32>(to + <usize>i * step, load<f32>(x + (<usize>i << 2)));
}

function addTo(n: i32, x: usize, to: usize, step: usize): void {
  let i = 0;
  if (step == 4) {
    for (; i + 4 <= n; i += 4) {
      const at = to + (<usize>i << 2);
      v128.store(at, f32x4.add(v128.load(at), v128.load(x + (<usize>i << 2))));
    }
  }
  for (; i < n; i++) {
    const at = to + <usize>i * step;
    store<f32>(at, load<f32>(at) + load<f32>(x + (<usize>i << 2)));
  }
}

/** sums = Σ_p x[p]·B[p, :], eight rows of B at a time. */
function timesRows(n: i32, k: i32, x: usize, b: usize, bStep: usize, sums: usize): void {
  for (let j = 0; j < n; j++) store<f32>(sums + (<usize>j << 2), 0);
  const quads = <usize>(n & ~3) << 2;
  let p = 0;
  for (; p + 8 <= k; p += 8) {
    if (quads > 0) addEightRows(quads, x, b, bStep, sums);
    x += 32;
    b += bStep << 3;
  }
  for (; p < k; p++) {
    if (quads > 0) addRow(quads, x, b, sums);
    x += 4;
    b += bStep;
  }
  if (n & 3) {
    x -= <usize>k << 2;
    b -= <usize>k * bStep;
    for (let j = n & ~3; j < n; j++) addColumn(k, x, b + (<usize>j << 2), bStep, sums + (<usize>j << 2));
  }
}

function addEightRows(size: usize, x: usize, b0: usize, bStep: usize, sums: usize): void {
  const x0 = v128.load32_splat(x), x1 = v128.load32_splat(x, 4);
  const x2 = v128.load32_splat(x, 8), x3 = v128.load32_splat(x, 12);
  const x4 = v128.load32_splat(x, 16), x5 = v128.load32_splat(x, 20);
  const x6 = v128.load32_splat(x, 24), x7 = v128.load32_splat(x, 28);
  let b1 = b0 + bStep, b2 = b1 + bStep, b3 = b2 + bStep, b4 = b3 + bStep, b5 = b4 + bStep, b6 = b5 + bStep, b7 = b6 + bStep;
  const end = sums + size;
  while (sums != end) {
    let sum = multiplyAdd(x0, v128.load(b0), v128.load(sums));
    sum = multiplyAdd(x1, v128.load(b1), sum);
    sum = multiplyAdd(x2, v128.load(b2), sum);
    sum = multiplyAdd(x3, v128.load(b3), sum);
    sum = multiplyAdd(x4, v128.load(b4), sum);
    sum = multiplyAdd(x5, v128.load(b5), sum);
    sum = multiplyAdd(x6, v128.load(b6), sum);
    sum = multiplyAdd(x7, v128.load(b7), sum);
    v128.store(sums, sum);
    b0 += 16; b1 += 16; b2 += 16; b3 += 16; b4 += 16; b5 += 16; b6 += 16; b7 += 16;
    sums += 16;
  }
}

function addRow(size: usize, x: usize, b: usize, sums: usize): void {
  const x0 = v128.load32_splat(x);
  const end = sums + size;
  while (sums != end) {
    v128.store(sums, multiplyAdd(x0, v128.load(b), v128.load(sums)));
    b += 16;
    sums += 16;
  }
}

function addColumn(k: i32, x: usize, b: usize, bStep: usize, to: usize): void {
  let sum = v128.load32_zero(to);
  const end = x + (<usize>k << 2);
  while (x != end) {
    sum = multiplyAdd(v128.load32_zero(x), v128.load32_zero(b), sum);
    x += 4;
    b += bStep;
  }
  v128.store32_lane(to, sum, 0);
}

/** The same with B stored [n, k]: eight columns at a time, each a row in memory. */
function timesColumns(n: i32, k: i32, x: usize, b: usize, bStep: usize, sums: usize): void {
  for (let j = 0; j < n; j++) store<f32>(sums + (<usize>j << 2), 0);
  const quads = k & ~3;
  const rest = <usize>quads << 2;
  let j = 0;
  for (; j + 8 <= n; j += 8) {
    if (quads > 0) addEightColumns(rest, x, b, bStep, sums);
    if (quads < k) {
      addFourColumns(k - quads, x + rest, b + rest, bStep, sums);
      addFourColumns(k - quads, x + rest, b + rest + (bStep << 2), bStep, sums + 16);
    }
    b += bStep << 3;
    sums += 32;
  }
  for (; j < n; j++) {
    addColumn(k, x, b, 4, sums);
    b += bStep;
    sums += 4;
  }
}

@inline
function transposed(r0: v128, r1: v128, high: bool): v128 {
  return high ? v128.shuffle<f32>(r0, r1, 2, 6, 3, 7) : v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
}

function addEightColumns(size: usize, x: usize, b0: usize, bStep: usize, sums: usize): void {
  let s0 = v128.load(sums), s1 = v128.load(sums, 16);
  let b1 = b0 + bStep, b2 = b1 + bStep, b3 = b2 + bStep, b4 = b3 + bStep, b5 = b4 + bStep, b6 = b5 + bStep, b7 = b6 + bStep;
  const end = x + size;
  while (x != end) {
    let r0 = v128.load(b0), r1 = v128.load(b1), r2 = v128.load(b2), r3 = v128.load(b3);
    let low01 = transposed(r0, r1, false), high01 = transposed(r0, r1, true);
    let low23 = transposed(r2, r3, false), high23 = transposed(r2, r3, true);
    s0 = multiplyAdd(v128.load32_splat(x), v128.shuffle<f64>(low01, low23, 0, 2), s0);
    s0 = multiplyAdd(v128.load32_splat(x, 4), v128.shuffle<f64>(low01, low23, 1, 3), s0);
    s0 = multiplyAdd(v128.load32_splat(x, 8), v128.shuffle<f64>(high01, high23, 0, 2), s0);
    s0 = multiplyAdd(v128.load32_splat(x, 12), v128.shuffle<f64>(high01, high23, 1, 3), s0);
    r0 = v128.load(b4); r1 = v128.load(b5); r2 = v128.load(b6); r3 = v128.load(b7);
    low01 = transposed(r0, r1, false); high01 = transposed(r0, r1, true);
    low23 = transposed(r2, r3, false); high23 = transposed(r2, r3, true);
    s1 = multiplyAdd(v128.load32_splat(x), v128.shuffle<f64>(low01, low23, 0, 2), s1);
    s1 = multiplyAdd(v128.load32_splat(x, 4), v128.shuffle<f64>(low01, low23, 1, 3), s1);
    s1 = multiplyAdd(v128.load32_splat(x, 8), v128.shuffle<f64>(high01, high23, 0, 2), s1);
    s1 = multiplyAdd(v128.load32_splat(x, 12), v128.shuffle<f64>(high01, high23, 1, 3), s1);
    b0 += 16; b1 += 16; b2 += 16; b3 += 16; b4 += 16; b5 += 16; b6 += 16; b7 += 16;
    x += 16;
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 16);
}

/** k < 4 more terms of four columns. */
function addFourColumns(k: i32, x: usize, b: usize, bStep: usize, sums: usize): void {
  let sum = v128.load(sums);
  for (let p = 0; p < k; p++) {
    let column = v128.load32_zero(b);
    column = v128.load32_lane(b + bStep, column, 1);
    column = v128.load32_lane(b + 2 * bStep, column, 2);
    column = v128.load32_lane(b + 3 * bStep, column, 3);
    sum = multiplyAdd(v128.load32_splat(x), column, sum);
    x += 4;
    b += 4;
  }
  v128.store(sums, sum);
}
