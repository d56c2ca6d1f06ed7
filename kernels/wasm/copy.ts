import { loadPart, storePart } from './vector';

/** Copies n elements between addresses that need not be aligned, and nothing beyond. */
export function copyRow(out: usize, x: usize, n: i32): void {
  for (; n >= 16; n -= 16) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    const c = v128.load(x, 32);
    const d = v128.load(x, 48);
    v128.store(out, a);
    v128.store(out, b, 16);
    v128.store(out, c, 32);
    v128.store(out, d, 48);
    x += 64;
    out += 64;
  }
  for (; n >= 4; n -= 4) {
    v128.store(out, v128.load(x));
    x += 16;
    out += 16;
  }
  if (n) storePart(out, loadPart(x, n, i32x4.splat(0)), n);
}
