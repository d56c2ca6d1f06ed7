// Building blocks of softmax and cross-entropy, for one row of logits.

import { expBelow, log } from './math';
import { laneSum, loadPart, storePart } from './vector';

/** The largest of n numbers. A NaN may be lost: it comes back through exp(x − max). */
export function rowMaximum(x: usize, n: i32): f32 {
  const lowest = f32x4.splat(-Infinity);
  let m0 = lowest;
  let m1 = lowest;
  for (; n >= 8; n -= 8) {
    m0 = f32x4.pmax(m0, v128.load(x));
    m1 = f32x4.pmax(m1, v128.load(x, 16));
    x += 32;
  }
  if (n >= 4) {
    m0 = f32x4.pmax(m0, v128.load(x));
    x += 16;
    n -= 4;
  }
  if (n) m1 = f32x4.pmax(m1, loadPart(x, n, lowest));
  const lanes = f32x4.pmax(m0, m1);
  const pairs = f32x4.pmax(lanes, i32x4.shuffle(lanes, lanes, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmax(pairs, i32x4.shuffle(pairs, pairs, 1, 0, 3, 2)), 0);
}

/** Elements whose sum is taken in float32 before it joins the others in double precision. */
const BLOCK: i32 = 512;

/** Σ exp(x[i] − max), i < n; with `keep`, also out[i] = exp(x[i] − max). */
@inline
function sumOfExp(out: usize, x: usize, n: i32, largest: f32, keep: bool): f64 {
  const max = f32x4.splat(largest);
  let total: f64 = 0;
  while (n >= 4) {
    let left = min(n, BLOCK) & ~3;
    n -= left;
    let s0 = f32x4.splat(0);
    let s1 = s0;
    for (; left >= 16; left -= 16) {
      const e0 = expBelow(f32x4.sub(v128.load(x), max));
      const e1 = expBelow(f32x4.sub(v128.load(x, 16), max));
      const e2 = expBelow(f32x4.sub(v128.load(x, 32), max));
      const e3 = expBelow(f32x4.sub(v128.load(x, 48), max));
      s0 = f32x4.add(s0, f32x4.add(e0, e1));
      s1 = f32x4.add(s1, f32x4.add(e2, e3));
      if (keep) {
        v128.store(out, e0);
        v128.store(out, e1, 16);
        v128.store(out, e2, 32);
        v128.store(out, e3, 48);
        out += 64;
      }
      x += 64;
    }
    for (; left > 0; left -= 4) {
      const e = expBelow(f32x4.sub(v128.load(x), max));
      s0 = f32x4.add(s0, e);
      if (keep) {
        v128.store(out, e);
        out += 16;
      }
      x += 16;
    }
    total += laneSum(f32x4.add(s0, s1));
  }
  if (n) {
    const e = expBelow(f32x4.sub(loadPart(x, n, f32x4.splat(-Infinity)), max));
    if (keep) storePart(out, e, n);
    total += laneSum(loadedLanes(e, n));
  }
  return total;
}

/** The first n (1, 2 or 3) lanes, and zeros. A row of −∞ makes exp of every lane NaN, which must not matter. */
@inline
function loadedLanes(v: v128, n: i32): v128 {
  return v128.and(v, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(n)));
}

export function logOfSum(sum: f64): f32 {
  return f32x4.extract_lane(log(f32x4.splat(<f32>sum)), 0);
}

/** Σ exp(x[i] − max), i < n */
export function expSum(x: usize, n: i32, max: f32): f64 {
  return sumOfExp(0, x, n, max, false);
}

/** out[i] = exp(x[i] − max), and their sum */
export function expAndSum(out: usize, x: usize, n: i32, max: f32): f64 {
  return sumOfExp(out, x, n, max, true);
}
