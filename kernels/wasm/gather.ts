// Rows picked by index, and their gradient. Elements of four bytes: `gather` serves float32 and int32.

import { copyRow } from './copy';
import { bytes, loadPart, storePart } from './vector';

@inline
function addRow(out: usize, x: usize, n: i32): void {
  for (; n >= 8; n -= 8) {
    const low = f32x4.add(v128.load(out), v128.load(x));
    const high = f32x4.add(v128.load(out, 16), v128.load(x, 16));
    v128.store(out, low);
    v128.store(out, high, 16);
    x += 32;
    out += 32;
  }
  if (n >= 4) {
    v128.store(out, f32x4.add(v128.load(out), v128.load(x)));
    x += 16;
    out += 16;
    n -= 4;
  }
  const zero = f32x4.splat(0);
  if (n) storePart(out, f32x4.add(loadPart(out, n, zero), loadPart(x, n, zero)), n);
}

/** out[o, j, i] = x[o, index[j], i] */
export function gather(out: usize, x: usize, index: usize, outer: i32, size: i32, inner: i32, count: i32): void {
  const row = bytes(inner);
  for (; outer > 0; outer--) {
    for (let j = 0; j < count; j++) {
      copyRow(out, x + <usize>load<i32>(index + bytes(j)) * row, inner);
      out += row;
    }
    x += <usize>size * row;
  }
}

/** out[o, index[j], i] += x[o, j, i] */
export function scatterAdd(out: usize, x: usize, index: usize, outer: i32, size: i32, inner: i32, count: i32): void {
  const row = bytes(inner);
  for (; outer > 0; outer--) {
    for (let j = 0; j < count; j++) {
      addRow(out + <usize>load<i32>(index + bytes(j)) * row, x, inner);
      x += row;
    }
    out += <usize>size * row;
  }
}
