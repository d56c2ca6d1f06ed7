// Between an image and its patches: the patch of an output pixel is what the window sees there, [taps, depth], laid
// out as one row; the padding reads as 0.

import { addRow } from './add-row';
import { copyRow } from './copy';
import { bytes } from './vector';
import { stepsBelow, Window } from './window';

/**
 * The patches of `count` output pixels from `pixel` on, for the taps first … end−1 and `depth` channels of x (which
 * points at the first of them): copied from the image, or with `adds` added into it.
 */
export function movePatches(
  p: Window, x: usize, depth: i32, pixel: i32, count: i32, first: i32, end: i32, patches: usize, adds: i32,
): void {
  let row = pixel / p.outWidth, column = pixel - row * p.outWidth;
  for (; count > 0; count--) {
    const image = row / p.outHeight;
    const top = (row - image * p.outHeight) * p.strideHeight - p.padTop;
    const left = column * p.strideWidth - p.padLeft;
    for (let tap = first; tap < end;) {
      const line = tap / p.windowWidth, k = tap - line * p.windowWidth;
      const taps = min(p.windowWidth - k, end - tap);
      const y = top + line * p.dilationHeight;
      const inside = y >= 0 && y < p.height;
      const from = x + bytes((image * p.height + y) * p.width * p.channels);
      moveLine(p, inside, from, left + k * p.dilationWidth, taps, depth, patches, adds);
      patches += bytes(taps * depth);
      tap += taps;
    }
    if (++column == p.outWidth) {
      column = 0;
      row++;
    }
  }
}

/** One line of a window: `taps` pixels of an image line, from column `left` on. */
// @ts-ignore: decorator
@inline
function moveLine(
  p: Window, inside: bool, line: usize, left: i32, taps: i32, depth: i32, patch: usize, adds: i32,
): void {
  const step = p.dilationWidth;
  // Taps before the left edge, and before the right one.
  const low = min(taps, stepsBelow(0, left, step));
  const high = inside ? max(low, min(taps, stepsBelow(p.width, left, step))) : low;
  if (!adds) {
    clear(patch, low * depth);
    clear(patch + bytes(high * depth), (taps - high) * depth);
  }
  if (low == high) return;
  let pixel = line + bytes((left + low * step) * p.channels), at = patch + bytes(low * depth);
  // Neighbours in the image that are neighbours in the patch move at one go.
  const together = step == 1 && depth == p.channels;
  const run = together ? (high - low) * depth : depth, jump = bytes(step * p.channels);
  for (let k = together ? high - 1 : low; k < high; k++) {
    if (adds) addRow(pixel, at, run);
    else copyRow(at, pixel, run);
    pixel += jump;
    at += bytes(depth);
  }
}

/** Clears n numbers and nothing beyond. */
// @ts-ignore: decorator
@inline
function clear(to: usize, n: i32): void {
  for (; n > 0; n--) {
    store<f32>(to, 0);
    to += 4;
  }
}
