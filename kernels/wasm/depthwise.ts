// Convolution where each channel has one filter of its own: y[·, c] += x[·, c]·kernel[tap, c], vectors run over channels.

import { bytes, loadPart, madd, storePart } from './vector';
import { stepsBelow, Window } from './window';

/** What `depthwise` adds up: gradients by the image, where strides leave gaps, or by the kernel. */
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
      if (target == TO_INPUT) addProducts(count, p.channels, xs, xStep, ys, pixel, weights);
      else addDots(count, p.channels, xs, xStep, ys, pixel, weights);
    }
  }
}

/** y += x ⋆ kernel for the output rows from … to−1 (counted through all images). */
export function depthwiseForward(p: Window, x: usize, kernel: usize, y: usize, from: i32, to: i32): void {
  const pixel = bytes(p.channels), image = <usize>(p.height * p.width) * pixel;
  for (let row = from; row < to; row++) {
    const index = row / p.outHeight, top = (row - index * p.outHeight) * p.strideHeight - p.padTop;
    correlateRow(
      p, p.channels, x + <usize>index * image, p.height, p.width, y + <usize>(row * p.outWidth) * pixel, p.outWidth,
      top, -p.padLeft, p.strideWidth, kernel, pixel,
    );
  }
}

/** x += the transpose of the same for stride 1, which is a correlation with the mirrored kernel; images from … to−1. */
export function depthwiseInput(p: Window, x: usize, kernel: usize, y: usize, from: i32, to: i32): void {
  const pixel = bytes(p.channels), image = <usize>(p.outHeight * p.outWidth) * pixel;
  const last = kernel + <usize>(p.windowHeight * p.windowWidth - 1) * pixel;
  const up = p.padTop - (p.windowHeight - 1) * p.dilationHeight, left = p.padLeft - (p.windowWidth - 1) * p.dilationWidth;
  for (let index = from; index < to; index++) {
    for (let row = 0; row < p.height; row++) {
      correlateRow(
        p, p.channels, y + <usize>index * image, p.outHeight, p.outWidth,
        x + <usize>((index * p.height + row) * p.width) * pixel, p.width, row + up, left, 1, last, -pixel,
      );
    }
  }
}

/**
 * to[column, c] += Σ over taps of from[top + line·dilation, left + column·stride + tap·dilation, c]·weights[tap, c], with
 * `weightStep` bytes from tap to tap: four columns at a time where the window has no padding at its sides.
 */
function correlateRow(
  p: Window, channels: i32, from: usize, height: i32, width: i32, to: usize, columns: i32,
  top: i32, left: i32, stride: i32, weights: usize, weightStep: usize,
): void {
  const pixel = bytes(p.channels), line = <usize>(p.dilationHeight * width) * pixel;
  const firstLine = stepsBelow(0, top, p.dilationHeight);
  const lines = min(p.windowHeight, stepsBelow(height, top, p.dilationHeight)) - firstLine;
  if (lines <= 0) return;
  const start = from + <usize>((top + firstLine * p.dilationHeight) * width) * pixel;
  const lineWeights = weights + <usize>(firstLine * p.windowWidth) * weightStep;
  const reach = (p.windowWidth - 1) * p.dilationWidth;
  for (let column = 0; column < columns;) {
    const x = left + column * stride, count = columns - column >= 4 && x >= 0 && x + 3 * stride + reach < width ? 4 : 1;
    const firstTap = count == 4 ? 0 : stepsBelow(0, x, p.dilationWidth);
    const taps = count == 4 ? p.windowWidth : min(p.windowWidth, stepsBelow(width, x, p.dilationWidth)) - firstTap;
    const corner = start + <usize>(x + firstTap * p.dilationWidth) * pixel, at = to + <usize>column * pixel;
    const tapWeights = lineWeights + <usize>firstTap * weightStep, step = <usize>stride * pixel;
    let c = 0;
    if (count == 4 && p.windowWidth == 3 && step == pixel && p.dilationWidth == 1) {
      for (; c + 4 <= channels; c += 4) {
        fourOfThree(at + bytes(c), pixel, corner + bytes(c), line, lines, tapWeights + bytes(c), weightStep);
      }
    } else if (count == 4) for (; c + 4 <= channels; c += 4) {
      fourColumns(p, at + bytes(c), pixel, corner + bytes(c), step, line, lines, tapWeights + bytes(c), weightStep);
    }
    else for (; c + 4 <= channels; c += 4) {
      oneColumn(p, at + bytes(c), corner + bytes(c), line, lines, taps, tapWeights + bytes(c), weightStep, 4);
    }
    if (c < channels) for (let i = 0; i < count; i++) {
      const y = at + bytes(c) + <usize>i * pixel, x = corner + bytes(c) + <usize>i * step;
      oneColumn(p, y, x, line, lines, taps, tapWeights + bytes(c), weightStep, channels - c);
    }
    column += count;
  }
}

@inline
function fourColumns(
  p: Window, to: usize, pixel: usize, from: usize, step: usize, line: usize, lines: i32, weights: usize, weightStep: usize,
): void {
  const tapStep = <usize>p.dilationWidth * pixel, to2 = to + 2 * pixel;
  let s0 = v128.load(to), s1 = v128.load(to + pixel), s2 = v128.load(to2), s3 = v128.load(to2 + pixel);
  for (; lines > 0; lines--) {
    let x = from;
    for (let tap = p.windowWidth; tap > 0; tap--) {
      const w = v128.load(weights), x2 = x + 2 * step;
      s0 = madd(v128.load(x), w, s0);
      s1 = madd(v128.load(x + step), w, s1);
      s2 = madd(v128.load(x2), w, s2);
      s3 = madd(v128.load(x2 + step), w, s3);
      x += tapStep;
      weights += weightStep;
    }
    from += line;
  }
  v128.store(to, s0);
  v128.store(to + pixel, s1);
  v128.store(to2, s2);
  v128.store(to2 + pixel, s3);
}

/** The same for three taps next to each other and stride 1: six pixels of a line are read once. */
function fourOfThree(
  to: usize, pixel: usize, from: usize, line: usize, lines: i32, weights: usize, weightStep: usize,
): void {
  const pixel2 = 2 * pixel, pixel3 = 3 * pixel, pixel4 = 4 * pixel, pixel5 = 5 * pixel;
  let s0 = v128.load(to), s1 = v128.load(to + pixel), s2 = v128.load(to + pixel2), s3 = v128.load(to + pixel3);
  for (; lines > 0; lines--) {
    const w0 = v128.load(weights), w1 = v128.load(weights + weightStep), w2 = v128.load(weights + 2 * weightStep);
    const x2 = v128.load(from + pixel2), x3 = v128.load(from + pixel3);
    s0 = madd(v128.load(from), w0, s0);
    const x1 = v128.load(from + pixel);
    s0 = madd(x1, w1, s0);
    s1 = madd(x1, w0, s1);
    s0 = madd(x2, w2, s0);
    s1 = madd(x2, w1, s1);
    s2 = madd(x2, w0, s2);
    s1 = madd(x3, w2, s1);
    s2 = madd(x3, w1, s2);
    s3 = madd(x3, w0, s3);
    const x4 = v128.load(from + pixel4);
    s2 = madd(x4, w2, s2);
    s3 = madd(x4, w1, s3);
    s3 = madd(v128.load(from + pixel5), w2, s3);
    from += line;
    weights += 3 * weightStep;
  }
  v128.store(to, s0);
  v128.store(to + pixel, s1);
  v128.store(to + pixel2, s2);
  v128.store(to + pixel3, s3);
}

@inline
function oneColumn(
  p: Window, to: usize, from: usize, line: usize, lines: i32, taps: i32, weights: usize, weightStep: usize, lanes: i32,
): void {
  const tapStep = <usize>p.dilationWidth * bytes(p.channels), rest = <usize>(p.windowWidth - taps) * weightStep;
  let sum = loadLanes(to, lanes);
  for (; lines > 0; lines--) {
    let x = from;
    for (let tap = taps; tap > 0; tap--) {
      sum = madd(loadLanes(x, lanes), loadLanes(weights, lanes), sum);
      x += tapStep;
      weights += weightStep;
    }
    from += line;
    weights += rest;
  }
  storeLanes(to, sum, lanes);
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
  let sum = f32x4.splat(0), other = sum;
  for (; count > 1; count -= 2) {
    sum = madd(loadLanes(x, lanes), loadLanes(y, lanes), sum);
    other = madd(loadLanes(x + xStep, lanes), loadLanes(y + yStep, lanes), other);
    x += 2 * xStep;
    y += 2 * yStep;
  }
  if (count) sum = madd(loadLanes(x, lanes), loadLanes(y, lanes), sum);
  sum = f32x4.add(sum, other);
  storeLanes(weights, f32x4.add(loadLanes(weights, lanes), sum), lanes);
}
