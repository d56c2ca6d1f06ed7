// Convolution where each channel has one filter of its own: y[·, c] += x[·, c]·kernel[tap, c], vectors run over channels.

import { bytes, loadPart, madd, storePart } from './vector';
import { stepsBelow, Window } from './window';

/** Which of the three arrays is summed into. */
export const TO_OUTPUT: i32 = 0;
export const TO_INPUT: i32 = 1;
export const TO_KERNEL: i32 = 2;

/** Adds what the taps first … end−1 do for the output rows from … to−1 (counted through all images). */
export function depthwise(
  p: Window, x: usize, kernel: usize, y: usize, target: i32, from: i32, to: i32, first: i32, end: i32,
): void {
  const pixel = bytes(p.channels), xStep = <usize>p.strideWidth * pixel;
  for (let row = from; row < to; row++) {
    const image = row / p.outHeight;
    const top = (row - image * p.outHeight) * p.strideHeight - p.padTop;
    for (let tap = first; tap < end; tap++) {
      const line = tap / p.windowWidth;
      const yLine = top + line * p.dilationHeight;
      if (yLine < 0 || yLine >= p.height) continue;
      // Output columns low … high−1 see the image through this tap.
      const left = (tap - line * p.windowWidth) * p.dilationWidth - p.padLeft;
      const low = stepsBelow(0, left, p.strideWidth);
      const count = min(p.outWidth, stepsBelow(p.width, left, p.strideWidth)) - low;
      if (count <= 0) continue;
      const xs = x + <usize>((image * p.height + yLine) * p.width + left + low * p.strideWidth) * pixel;
      const ys = y + <usize>(row * p.outWidth + low) * pixel;
      const weights = kernel + <usize>tap * pixel;
      if (target == TO_OUTPUT) addProducts(count, p.channels, ys, pixel, xs, xStep, weights);
      else if (target == TO_INPUT) addProducts(count, p.channels, xs, xStep, ys, pixel, weights);
      else addDots(count, p.channels, xs, xStep, ys, pixel, weights);
    }
  }
}

@inline
function loadLanes(from: usize, lanes: i32): v128 {
  return lanes == 4 ? v128.load(from) : loadPart(from, lanes, f32x4.splat(0));
}

@inline
function storeLanes(to: usize, v: v128, lanes: i32): void {
  if (lanes == 4) v128.store(to, v);
  else storePart(to, v, lanes);
}

/** to[i, c] += from[i, c]·weights[c], i < count; steps are bytes from one i to the next. */
function addProducts(
  count: i32, channels: i32, to: usize, toStep: usize, from: usize, fromStep: usize, weights: usize,
): void {
  for (; channels >= 4; channels -= 4) {
    productLanes(count, to, toStep, from, fromStep, weights, 4);
    to += 16;
    from += 16;
    weights += 16;
  }
  if (channels) productLanes(count, to, toStep, from, fromStep, weights, channels);
}

@inline
function productLanes(
  count: i32, to: usize, toStep: usize, from: usize, fromStep: usize, weights: usize, lanes: i32,
): void {
  const w = loadLanes(weights, lanes);
  for (; count > 0; count--) {
    storeLanes(to, madd(loadLanes(from, lanes), w, loadLanes(to, lanes)), lanes);
    to += toStep;
    from += fromStep;
  }
}

/** weights[c] += Σ over i of x[i, c]·y[i, c] */
function addDots(count: i32, channels: i32, x: usize, xStep: usize, y: usize, yStep: usize, weights: usize): void {
  for (; channels >= 4; channels -= 4) {
    dotLanes(count, x, xStep, y, yStep, weights, 4);
    x += 16;
    y += 16;
    weights += 16;
  }
  if (channels) dotLanes(count, x, xStep, y, yStep, weights, channels);
}

@inline
function dotLanes(count: i32, x: usize, xStep: usize, y: usize, yStep: usize, weights: usize, lanes: i32): void {
  let sum = f32x4.splat(0);
  for (; count > 0; count--) {
    sum = madd(loadLanes(x, lanes), loadLanes(y, lanes), sum);
    x += xStep;
    y += yStep;
  }
  storeLanes(weights, f32x4.add(loadLanes(weights, lanes), sum), lanes);
}
