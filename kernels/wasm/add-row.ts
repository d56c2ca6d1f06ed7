import { bytes, loadPart, storePart } from './vector';

/** out[i] += x[i] for n elements at addresses that need not be aligned, and nothing beyond. */
export function addRow(out: usize, x: usize, n: i32): void {
  const end = out + bytes(n & ~3);
  while (out != end) {
    v128.store(out, f32x4.add(v128.load(out), v128.load(x)));
    x += 16;
    out += 16;
  }
  const rest = n & 3, zero = f32x4.splat(0);
  if (rest) storePart(out, f32x4.add(loadPart(out, rest, zero), loadPart(x, rest, zero)), rest);
}
