// The transforms of Winograd's algorithm for a 3 × 3 window and tiles of 2 × 2 outputs (Lavin & Gray 2016),
//
//   Y = Aᵀ[(G k Gᵀ) ⊙ (Bᵀ d B)]A,   Bᵀ = 1  0 −1  0    G = 1   0   0    Aᵀ = 1  1  1  0
//                                        0  1  1  0        ½   ½   ½         0  1 −1 −1
//                                        0 −1  1  0        ½  −½   ½
//                                        0  1  0 −1        0   0   1
//
// and their adjoints: the gradients are the same products between adjoint transforms. A tile has 16 "frequencies", `step`
// bytes apart; vectors run over n channels, a multiple of 4.

import { bytes } from './vector';

/** Frequencies of Bᵀ·d·B, for an image's tile of 4 × 4 pixels. */
export function transformImage(d: usize, lineStep: usize, pixelStep: usize, n: i32, out: usize, step: usize): void {
  const d1 = lineStep, d2 = 2 * lineStep, d3 = 3 * lineStep, step4 = 4 * step;
  const end = d + bytes(n);
  while (d != end) {
    imageLine(d, d2, pixelStep, true, out, step);
    imageLine(d + d1, d1, pixelStep, false, out + step4, step);
    imageLine(d + d2, -d1, pixelStep, true, out + 2 * step4, step);
    imageLine(d + d1, d3 - d1, pixelStep, true, out + 3 * step4, step);
    d += 16;
    out += 16;
  }
}

/** Four frequencies, of the difference (or the sum) of a line of pixels and the one `other` bytes further. */
@inline
function imageLine(d: usize, other: usize, pixelStep: usize, subtracts: bool, out: usize, step: usize): void {
  const t0 = joined(d, other, subtracts), t1 = joined(d + pixelStep, other, subtracts);
  const t2 = joined(d + 2 * pixelStep, other, subtracts), t3 = joined(d + 3 * pixelStep, other, subtracts);
  v128.store(out, f32x4.sub(t0, t2));
  v128.store(out + step, f32x4.add(t1, t2));
  v128.store(out + 2 * step, f32x4.sub(t2, t1));
  v128.store(out + 3 * step, f32x4.sub(t1, t3));
}

@inline
function joined(d: usize, other: usize, subtracts: bool): v128 {
  const a = v128.load(d), b = v128.load(d + other);
  return subtracts ? f32x4.sub(a, b) : f32x4.add(a, b);
}

/** d += B·m·Bᵀ, the adjoint of transformImage. */
export function addToImage(m: usize, step: usize, n: i32, d: usize, lineStep: usize, pixelStep: usize): void {
  const end = m + bytes(n);
  while (m != end) {
    for (let line = 0; line < 4; line++) {
      const t0 = lineOf(line, m, step), t1 = lineOf(line, m + step, step);
      const t2 = lineOf(line, m + 2 * step, step), t3 = lineOf(line, m + 3 * step, step);
      const to = d + <usize>line * lineStep;
      addTo(to, t0);
      addTo(to + pixelStep, f32x4.add(f32x4.sub(t1, t2), t3));
      addTo(to + 2 * pixelStep, f32x4.sub(f32x4.add(t1, t2), t0));
      addTo(to + 3 * pixelStep, f32x4.neg(t3));
    }
    m += 16;
    d += 16;
  }
}

/** Line `line` of B·m, in one column of m. */
@inline
function lineOf(line: i32, m: usize, step: usize): v128 {
  if (line == 0) return v128.load(m);
  if (line == 3) return f32x4.neg(v128.load(m + 12 * step));
  const m1 = v128.load(m + 4 * step), m2 = v128.load(m + 8 * step);
  if (line == 1) return f32x4.add(f32x4.sub(m1, m2), v128.load(m + 12 * step));
  return f32x4.sub(f32x4.add(m1, m2), v128.load(m));
}

@inline
function addTo(to: usize, v: v128): void {
  v128.store(to, f32x4.add(v128.load(to), v));
}

/** Aᵀ·m·A + bias (none: 0): the 2 × 2 outputs at four addresses. */
export function transformToOutput(
  m: usize, step: usize, n: i32, bias: usize, y00: usize, y01: usize, y10: usize, y11: usize,
): void {
  const step4 = 4 * step;
  for (let c: usize = 0; c < bytes(n); c += 16) {
    const at = m + c, start = bias ? v128.load(bias + c) : f32x4.splat(0);
    const s0 = top(at, step4), s1 = top(at + step, step4), s2 = top(at + 2 * step, step4);
    v128.store(y00 + c, f32x4.add(start, f32x4.add(f32x4.add(s0, s1), s2)));
    v128.store(y01 + c, f32x4.add(start, f32x4.sub(f32x4.sub(s1, s2), top(at + 3 * step, step4))));
    const r0 = bottom(at, step4), r1 = bottom(at + step, step4), r2 = bottom(at + 2 * step, step4);
    v128.store(y10 + c, f32x4.add(start, f32x4.add(f32x4.add(r0, r1), r2)));
    v128.store(y11 + c, f32x4.add(start, f32x4.sub(f32x4.sub(r1, r2), bottom(at + 3 * step, step4))));
  }
}

@inline
function top(m: usize, step4: usize): v128 {
  return f32x4.add(f32x4.add(v128.load(m), v128.load(m + step4)), v128.load(m + 2 * step4));
}

@inline
function bottom(m: usize, step4: usize): v128 {
  return f32x4.sub(f32x4.sub(v128.load(m + step4), v128.load(m + 2 * step4)), v128.load(m + 3 * step4));
}

/** Frequencies of A·y·Aᵀ, the adjoint of transformToOutput, for 2 × 2 outputs at four addresses. */
export function transformOutput(
  y00: usize, y01: usize, y10: usize, y11: usize, n: i32, out: usize, step: usize,
): void {
  const step4 = 4 * step;
  for (let c: usize = 0; c < bytes(n); c += 16) {
    const a = v128.load(y00 + c), b = v128.load(y01 + c), d = v128.load(y10 + c), e = v128.load(y11 + c);
    const to = out + c;
    outputLine(a, b, to, step);
    outputLine(f32x4.add(a, d), f32x4.add(b, e), to + step4, step);
    outputLine(f32x4.sub(a, d), f32x4.sub(b, e), to + 2 * step4, step);
    outputLine(f32x4.neg(d), f32x4.neg(e), to + 3 * step4, step);
  }
}

@inline
function outputLine(a: v128, b: v128, out: usize, step: usize): void {
  v128.store(out, a);
  v128.store(out + step, f32x4.add(a, b));
  v128.store(out + 2 * step, f32x4.sub(a, b));
  v128.store(out + 3 * step, f32x4.neg(b));
}

/** Frequencies of G·k·Gᵀ, for n numbers of each of the nine taps, `tapStep` bytes apart. */
export function transformKernel(kernel: usize, tapStep: usize, n: i32, out: usize, step: usize): void {
  const half = f32x4.splat(0.5), end = kernel + bytes(n), line = 3 * tapStep;
  for (; kernel != end; kernel += 16) {
    for (let f = 0; f < 4; f++) {
      const a = ofTaps(f, kernel, line, half), b = ofTaps(f, kernel + tapStep, line, half);
      const c = ofTaps(f, kernel + 2 * tapStep, line, half), to = out + <usize>(4 * f) * step;
      const sum = f32x4.mul(half, f32x4.add(a, c)), middle = f32x4.mul(half, b);
      v128.store(to, a);
      v128.store(to + step, f32x4.add(sum, middle));
      v128.store(to + 2 * step, f32x4.sub(sum, middle));
      v128.store(to + 3 * step, c);
    }
    out += 16;
  }
}

/** Row f of G times three taps of a column, `line` bytes apart. */
@inline
function ofTaps(f: i32, kernel: usize, line: usize, half: v128): v128 {
  const a = v128.load(kernel), c = v128.load(kernel + 2 * line);
  if (f == 0) return a;
  if (f == 3) return c;
  const sum = f32x4.mul(half, f32x4.add(a, c)), middle = f32x4.mul(half, v128.load(kernel + line));
  return f == 1 ? f32x4.add(sum, middle) : f32x4.sub(sum, middle);
}

/** kernel = Gᵀ·m·G, the adjoint of transformKernel, for n numbers of each of the 16 frequencies, `step` bytes apart. */
export function transformToKernel(m: usize, step: usize, n: i32, kernel: usize, tapStep: usize): void {
  const half = f32x4.splat(0.5), end = m + bytes(n), step4 = 4 * step;
  for (; m != end; m += 16) {
    for (let tap = 0; tap < 3; tap++) {
      const a = ofFrequencies(tap, m, step4, half), b = ofFrequencies(tap, m + step, step4, half);
      const c = ofFrequencies(tap, m + 2 * step, step4, half), d = ofFrequencies(tap, m + 3 * step, step4, half);
      const to = kernel + <usize>(3 * tap) * tapStep, sum = f32x4.mul(half, f32x4.add(b, c));
      v128.store(to, f32x4.add(a, sum));
      v128.store(to + tapStep, f32x4.mul(half, f32x4.sub(b, c)));
      v128.store(to + 2 * tapStep, f32x4.add(sum, d));
    }
    kernel += 16;
  }
}

/** Row `tap` of Gᵀ times four frequencies of a column, `step4` bytes apart. */
@inline
function ofFrequencies(tap: i32, m: usize, step4: usize, half: v128): v128 {
  const b = v128.load(m + step4), c = v128.load(m + 2 * step4);
  if (tap == 1) return f32x4.mul(half, f32x4.sub(b, c));
  return f32x4.add(v128.load(tap == 0 ? m : m + 3 * step4), f32x4.mul(half, f32x4.add(b, c)));
}
