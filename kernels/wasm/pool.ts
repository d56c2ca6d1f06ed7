// Max pooling, and the sum of gradients at remembered positions. Average pooling is a depthwise convolution.

import { bytes, loadPart, storePart } from './vector';
import { stepsBelow, Window } from './window';

/** A window and, in this order, the rest of MaxPool in kernels.ts. */
@unmanaged
class MaxPool extends Window {
  x: usize;
  y: usize;
  positions: usize;
}

/** The largest of each window, and where in x it lies, for the output rows from … to−1, counted through all images. */
export function max_pool(parameters: usize, _scratch: usize, from: i32, to: i32): void {
  const p = changetype<MaxPool>(parameters);
  let at = bytes(from * p.outWidth * p.channels);
  for (let row = from; row < to; row++) {
    const image = row / p.outHeight;
    const top = (row - image * p.outHeight) * p.strideHeight - p.padTop;
    const firstLine = stepsBelow(0, top, p.dilationHeight);
    const lines = min(p.windowHeight, stepsBelow(p.height, top, p.dilationHeight)) - firstLine;
    const line = image * p.height + top + firstLine * p.dilationHeight;
    const right = p.width - (p.windowWidth - 1) * p.dilationWidth;
    for (let column = 0; column < p.outWidth; column++) {
      const left = column * p.strideWidth - p.padLeft;
      let firstTap = 0, taps = p.windowWidth;
      if (left < 0 || left >= right) {
        firstTap = stepsBelow(0, left, p.dilationWidth);
        taps = min(p.windowWidth, stepsBelow(p.width, left, p.dilationWidth)) - firstTap;
      }
      const corner = (line * p.width + left + firstTap * p.dilationWidth) * p.channels;
      let c = 0;
      for (; c + 4 <= p.channels; c += 4) largest(p, corner + c, lines, taps, at + bytes(c), 4);
      if (c < p.channels) largest(p, corner + c, lines, taps, at + bytes(c), p.channels - c);
      at += bytes(p.channels);
    }
  }
}

/** The largest of lines × taps numbers in each lane, the first of them if equal, or the first NaN. */
@inline
function largest(p: MaxPool, corner: i32, lines: i32, taps: i32, at: usize, lanes: i32): void {
  const tapStep = p.dilationWidth * p.channels, lineStep = p.dilationHeight * p.width * p.channels;
  let best = load4(p.x + bytes(corner), lanes);
  const first = i32x4.add(i32x4.splat(corner), i32x4(0, 1, 2, 3)), step = i32x4.splat(tapStep);
  let position = first, place = first;
  let j = 1;
  for (let i = 0; i < lines; i++) {
    let from = p.x + bytes(corner + i * lineStep + j * tapStep);
    place = i32x4.add(first, i32x4.splat(i * lineStep + (j - 1) * tapStep));
    for (; j < taps; j++) {
      place = i32x4.add(place, step);
      const x = load4(from, lanes);
      // Not x ≤ best: x is larger, or the first NaN.
      const better = v128.andnot(f32x4.eq(best, best), f32x4.le(x, best));
      best = v128.bitselect(x, best, better);
      position = v128.bitselect(place, position, better);
      from += bytes(tapStep);
    }
    j = 0;
  }
  store4(p.y + at, best, lanes);
  if (p.positions) store4(p.positions + at, position, lanes);
}

@inline
function load4(from: usize, lanes: i32): v128 {
  return lanes == 4 ? v128.load(from) : loadPart(from, lanes, f32x4.splat(0));
}

@inline
function store4(to: usize, v: v128, lanes: i32): void {
  if (lanes == 4) v128.store(to, v);
  else storePart(to, v, lanes);
}

/** out [size] = 0, then out[positions[i]] += x[i] for i < n */
export function scatterPositions(out: usize, x: usize, positions: usize, size: i32, n: i32): void {
  for (let i = 0; i < size; i += 4) v128.store(out + bytes(i), f32x4.splat(0));
  for (let i = 0; i < n; i++) {
    const to = out + bytes(load<i32>(positions + bytes(i)));
    store<f32>(to, load<f32>(to) + load<f32>(x + bytes(i)));
  }
}
