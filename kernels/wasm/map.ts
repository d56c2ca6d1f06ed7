// Loops over contiguous arrays. The function is a class with one inlined method: AssemblyScript has no closures that
// cost nothing, but a type parameter is known at compile time. No tails: buffers are padded to whole vectors.

import { bytes } from './vector';

/** out[i] = f(x[i]) */
@inline
export function map<F>(out: usize, x: usize, n: i32): void {
  const stop = x + bytes(n);
  while (x < stop) {
    v128.store(out, changetype<F>(0).of(v128.load(x)));
    x += 16;
    out += 16;
  }
}

/** The same, two vectors a turn: the constants of a long polynomial are then loaded half as often. */
@inline
export function mapPaired<F>(out: usize, x: usize, n: i32): void {
  const f = changetype<F>(0);
  const stop = x + bytes(n);
  while (x + 16 < stop) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    v128.store(out, f.of(x0));
    v128.store(out, f.of(x1), 16);
    x += 32;
    out += 32;
  }
  if (x < stop) v128.store(out, f.of(v128.load(x)));
}

/** The same for functions of a few instructions: four vectors a turn. */
@inline
export function mapUnrolled<F>(out: usize, x: usize, n: i32): void {
  const f = changetype<F>(0);
  const stop = x + bytes(n);
  while (x + 48 < stop) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const x2 = v128.load(x, 32);
    const x3 = v128.load(x, 48);
    v128.store(out, f.of(x0));
    v128.store(out, f.of(x1), 16);
    v128.store(out, f.of(x2), 32);
    v128.store(out, f.of(x3), 48);
    x += 64;
    out += 64;
  }
  while (x < stop) {
    v128.store(out, f.of(v128.load(x)));
    x += 16;
    out += 16;
  }
}

/** out[i] = f(x[i], p, q) with p and q in every lane */
@inline
export function mapWith<F>(out: usize, x: usize, n: i32, p: f32, q: f32): void {
  const stop = x + bytes(n);
  const ps = f32x4.splat(p);
  const qs = f32x4.splat(q);
  while (x < stop) {
    v128.store(out, changetype<F>(0).of(v128.load(x), ps, qs));
    x += 16;
    out += 16;
  }
}

/** out[i] = f(x[i], y[i]) */
@inline
export function mapPairs<F>(out: usize, x: usize, y: usize, n: i32): void {
  const stop = x + bytes(n);
  while (x < stop) {
    v128.store(out, changetype<F>(0).of(v128.load(x), v128.load(y)));
    x += 16;
    y += 16;
    out += 16;
  }
}
