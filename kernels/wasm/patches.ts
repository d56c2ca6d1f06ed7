// Between an image and its patches: the patch of an output pixel is what the window sees there, [taps, depth], laid
// out as one row; the padding reads as 0.

import { addRow } from './add-row';
import { copyRow } from './copy';
import { bytes } from './vector';
import { stepsBelow, Window } from './window';

/** Bytes behind the last patch that may be written too. */
export const SLACK: usize = 16;

/**
 * The patches of `count` output pixels from `pixel` on, for the taps first … end−1 and `depth` channels of the image
 * from `channel` on: copied from x, or with `adds` added into it.
 */
export function movePatches(
  p: Window, x: usize, channel: i32, depth: i32, pixel: i32, count: i32, first: i32, end: i32, patches: usize, adds: i32,
): void {
  const limit = x + bytes(p.batch * p.height * p.width * p.channels);
  const firstLine = first / p.windowWidth, firstTap = first - firstLine * p.windowWidth;
  const imageLine = bytes(p.width * p.channels);
  // Columns whose windows have no padding at their sides, unless only some taps or channels are wanted.
  const whole = !adds && depth == p.channels && p.dilationWidth == 1 && first == 0 && end == p.windowHeight * p.windowWidth;
  const low = (p.padLeft + p.strideWidth - 1) / p.strideWidth;
  const room = p.width + p.padLeft - p.windowWidth, high = whole && room >= 0 ? room / p.strideWidth + 1 : 0;
  const run = p.windowWidth * depth, reach = (p.windowHeight - 1) * p.dilationHeight;
  // Vectors may reach into the line behind the last one of a window.
  const lines = run & 3 ? p.batch * p.height - 1 : p.batch * p.height;
  let row = pixel / p.outWidth, column = pixel - row * p.outWidth;
  while (count > 0) {
    const image = row / p.outHeight;
    const top = (row - image * p.outHeight) * p.strideHeight - p.padTop + firstLine * p.dilationHeight;
    const origin = x + <usize>(image * p.height) * imageLine + bytes(channel);
    const last = min(p.outWidth, column + count);
    count -= last - column;
    const complete = top >= 0 && top + reach < p.height && image * p.height + top + reach < lines;
    for (; column < last; column++) {
      if (complete && column >= low && column < high) {
        const columns = min(high, last) - column;
        const from = origin + <usize>top * imageLine + bytes((column * p.strideWidth - p.padLeft) * depth);
        copyWindows(p, columns, from, <usize>p.dilationHeight * imageLine, bytes(p.strideWidth * depth), run, patches);
        patches += bytes(columns * p.windowHeight * run);
        column += columns - 1;
        continue;
      }
      const left = column * p.strideWidth - p.padLeft;
      let k = firstTap, y = top;
      for (let tap = first; tap < end;) {
        const taps = min(p.windowWidth - k, end - tap);
        const line = y >= 0 && y < p.height ? origin + <usize>y * imageLine : 0;
        moveLine(p, line, limit, left + k * p.dilationWidth, taps, depth, patches, adds);
        patches += bytes(taps * depth);
        tap += taps;
        y += p.dilationHeight;
        k = 0;
      }
    }
    column = 0;
    row++;
  }
}

/** Windows without padding, `step` bytes apart: their lines have `run` numbers each. Up to three more are read and written. */
@inline
function copyWindows(
  p: Window, columns: i32, from: usize, lineStep: usize, step: usize, run: i32, to: usize,
): void {
  const lineEnd = <usize>p.windowHeight * lineStep;
  for (; columns > 0; columns--) {
    for (let line: usize = 0; line != lineEnd; line += lineStep) {
      const x = from + line;
      v128.store(to, v128.load(x));
      for (let i: usize = 16; i < bytes(run); i += 16) v128.store(to + i, v128.load(x + i));
      to += bytes(run);
    }
    from += step;
  }
}

/** One line of a window: `taps` pixels of an image line (0: there is none) from column `left` on. */
@inline
function moveLine(
  p: Window, line: usize, limit: usize, left: i32, taps: i32, depth: i32, patch: usize, adds: i32,
): void {
  const step = p.dilationWidth;
  // Taps before the left edge, and before the right one.
  const low = min(taps, stepsBelow(0, left, step));
  const high = line ? max(low, min(taps, stepsBelow(p.width, left, step))) : low;
  let pixel = line + bytes((left + low * step) * p.channels), at = patch + bytes(low * depth);
  // Neighbours in the image that are neighbours in the patch move at one go.
  const together = step == 1 && depth == p.channels;
  const run = together ? (high - low) * depth : depth, jump = bytes(step * p.channels);
  for (let k = low; k < high; k++) {
    if (adds) addRow(pixel, at, run);
    else copyBeyond(at, pixel, run, limit);
    if (together) break;
    pixel += jump;
    at += bytes(depth);
  }
  if (!adds) {
    clear(patch, low * depth);
    clear(patch + bytes(high * depth), (taps - high) * depth);
  }
}

/** Copies n numbers and up to three more, which are written over later or lie in the slack; reads nothing from `limit` on. */
@inline
function copyBeyond(to: usize, from: usize, n: i32, limit: usize): void {
  const end = from + bytes(n);
  if (end + 12 > limit) {
    copyRow(to, from, n);
    return;
  }
  while (from < end) {
    v128.store(to, v128.load(from));
    from += 16;
    to += 16;
  }
}

/** Clears n numbers and nothing beyond. */
@inline
function clear(to: usize, n: i32): void {
  for (; n > 0; n--) {
    store<f32>(to, 0);
    to += 4;
  }
}
