// The transforms of Winograd's algorithm for a 3 × 3 window and tiles of 2 × 2 outputs (Lavin & Gray 2016),
//
//   Y = Aᵀ[(G k Gᵀ) ⊙ (Bᵀ d B)]A,   Bᵀ = 1  0 −1  0    G = 1   0   0    Aᵀ = 1  1  1  0
//                                        0  1  1  0        ½   ½   ½         0  1 −1 −1
//                                        0 −1  1  0        ½  −½   ½
//                                        0  1  0 −1        0   0   1
//
// and their adjoints: the gradients are the same products between adjoint transforms. A tile has 16 "frequencies", `step`
// bytes apart; vectors run over n channels, a multiple of 4.

import { bytes, madd } from './vector';

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

/** G[frequency, tap] of one axis. */
@inline
function weight(frequency: i32, tap: i32): f32 {
  if (frequency == 0) return tap == 0 ? 1 : 0;
  if (frequency == 3) return tap == 2 ? 1 : 0;
  return tap == 1 && frequency == 2 ? -0.5 : 0.5;
}

/** out = frequency f of G·k·Gᵀ, for n numbers of each tap, `tapStep` bytes apart. */
export function transformKernel(kernel: usize, tapStep: usize, n: i32, f: i32, out: usize): void {
  for (let c: usize = 0; c < bytes(n); c += 16) {
    let sum = f32x4.splat(0);
    for (let tap = 0; tap < 9; tap++) {
      const factor = weight(f >> 2, tap / 3) * weight(f & 3, tap % 3);
      if (factor != 0) sum = madd(f32x4.splat(factor), v128.load(kernel + <usize>tap * tapStep + c), sum);
    }
    v128.store(out + c, sum);
  }
}

/** kernel = Gᵀ·m·G, the adjoint of transformKernel, for n numbers of each of the 16 frequencies, `step` bytes apart. */
export function transformToKernel(m: usize, step: usize, n: i32, kernel: usize, tapStep: usize): void {
  for (let tap = 0; tap < 9; tap++) {
    for (let c: usize = 0; c < bytes(n); c += 16) {
      let sum = f32x4.splat(0);
      for (let f = 0; f < 16; f++) {
        const factor = weight(f >> 2, tap / 3) * weight(f & 3, tap % 3);
        if (factor != 0) sum = madd(f32x4.splat(factor), v128.load(m + <usize>f * step + c), sum);
      }
      v128.store(kernel + <usize>tap * tapStep + c, sum);
    }
  }
}
