// Convolution y = x ⋆ kernel (+ bias) and its two gradients, as matrix products with the patches of x: those of a few
// output pixels at a time, so that they never leave the second-level cache.
//
//   x [batch, height, width, channels], kernel [taps, channels/groups, filters], y [batch, outHeight, outWidth, filters]
//
// Each call takes a range: output rows of y, images of x, taps of the kernel. Any split gives the same bits: an element is
// summed over blocks that do not depend on the range. Some 3 × 3 windows go another way: see winograd.ts.

import { addRow } from './add-row';
import { Convolution } from './convolution';
import { copyRow } from './copy';
import { TO_INPUT, TO_KERNEL, depthwise, depthwiseForward, depthwiseInput } from './depthwise';
import { gemm, gemm_prepacked, pack_b, packed_b_bytes, workspaceFor } from './gemm';
import { fillRows } from './move';
import { SLACK, movePatches } from './patches';
import { bytes } from './vector';
import {
  isWinograd, rowsOfTiles, winogradForward, winogradInput, winogradKernel, winogradKernelFinish, winogradKernelParts,
  winogradPack, winogradPacked, winogradScratch, winogradSums,
} from './winograd';

/** Pixels in a block of the kernel's gradient. */
const DEPTH: i32 = 256;
/** Numbers that a block of patches should not exceed (128 KB), unless that leaves too few rows for a product. */
const PATCHES: i32 = 32768;
const LEAST_ROWS: i32 = 60;

@inline
function taps(p: Convolution): i32 { return p.windowHeight * p.windowWidth; }
/** Channels and filters of a group. */
@inline
function depthOf(p: Convolution): i32 { return p.channels / p.groups; }
@inline
function widthOf(p: Convolution): i32 { return p.filters / p.groups; }

/** Whether each channel has its own filter, so that there is no product of matrices. */
@inline
function isDepthwise(p: Convolution): bool {
  return depthOf(p) == 1 && widthOf(p) == 1;
}

/** Whether the patch of a pixel is the pixel, so that nothing needs to be moved. */
function isPointwise(p: Convolution): bool {
  return taps(p) == 1 && p.strideHeight == 1 && p.strideWidth == 1 && p.padTop == 0 && p.padLeft == 0
    && p.outHeight == p.height && p.outWidth == p.width;
}

/** Pixels whose patches are made at a time. */
@inline
function blockRows(size: i32): i32 {
  return min(480, max(LEAST_ROWS, PATCHES / size / 30 * 30));
}

/** Taps whose gradient is made at a time. */
@inline
function blockTaps(p: Convolution): i32 {
  return min(taps(p), max(1, 2 * PATCHES / (DEPTH * depthOf(p))));
}

/** Bytes of the workspace of the products, at the start of the scratch space. */
function workspace(p: Convolution): usize { return workspaceFor(widthOf(p), DEPTH); }

/** Bytes of the packed kernel. */
export function conv_packed_bytes(parameters: usize): usize {
  const p = changetype<Convolution>(parameters), size = taps(p) * depthOf(p);
  if (isWinograd(p)) return winogradPacked(p);
  return <usize>p.groups * max(packed_b_bytes(widthOf(p), size), packed_b_bytes(size, widthOf(p)));
}

/** Bytes of scratch that each thread needs. */
export function conv_scratch_bytes(parameters: usize): usize {
  const p = changetype<Convolution>(parameters), size = taps(p) * depthOf(p);
  if (isWinograd(p)) return winogradScratch(p);
  return workspace(p) + bytes(max(blockRows(size) * size, DEPTH * blockTaps(p) * depthOf(p))) + SLACK;
}

/** How many parts conv_forward can be cut into. */
export function conv_forward_parts(parameters: usize): i32 {
  const p = changetype<Convolution>(parameters);
  return isWinograd(p) ? rowsOfTiles(p) : p.batch * p.outHeight;
}

/** Rows of a kernel's gradient up to which its sums over pixels are cut into parts: too few to be shared out. */
const FEW_ROWS: i32 = 64;
const MOST_PARTS: i32 = 8;

@inline
function blocksOfPixels(p: Convolution): i32 {
  return (p.batch * p.outHeight * p.outWidth + DEPTH - 1) / DEPTH;
}

/** Parts of the sums over pixels for which conv_kernel has room in `packed`; 0 when it writes the gradient itself. */
@inline
function pixelParts(p: Convolution): i32 {
  if (p.groups > 1 || isDepthwise(p) || taps(p) * p.channels > FEW_ROWS) return 0;
  return min(MOST_PARTS, blocksOfPixels(p));
}

/** How many parts conv_kernel can be cut into. */
export function conv_kernel_parts(parameters: usize): i32 {
  const p = changetype<Convolution>(parameters);
  if (isWinograd(p)) return winogradKernelParts(p);
  return pixelParts(p) || taps(p);
}

/** Bytes of `packed` for conv_kernel. */
export function conv_sums_bytes(parameters: usize): usize {
  const p = changetype<Convolution>(parameters);
  if (isWinograd(p)) return winogradSums(p);
  return bytes(pixelParts(p) * taps(p) * p.channels * p.filters);
}

/** After all of conv_kernel: adds up the parts. */
export function conv_kernel_finish(parameters: usize): void {
  const p = changetype<Convolution>(parameters);
  if (isWinograd(p)) {
    winogradKernelFinish(p);
    return;
  }
  const parts = pixelParts(p), size = taps(p) * p.channels * p.filters;
  if (parts > 0) copyRow(p.kernel, p.packed, size);
  for (let part = 1; part < parts; part++) addRow(p.kernel, p.packed + bytes(part * size), size);
}

/** Packs the kernel for conv_forward, or its transpose for conv_input. */
export function conv_pack(parameters: usize, transposed: i32): void {
  const p = changetype<Convolution>(parameters), size = taps(p) * depthOf(p), width = widthOf(p);
  if (isDepthwise(p)) return;
  if (isWinograd(p)) {
    winogradPack(p, transposed);
    return;
  }
  for (let g = 0; g < p.groups; g++) {
    const kernel = p.kernel + bytes(g * width);
    if (transposed) pack_b(1, size, width, kernel, p.filters, p.packed + <usize>g * packed_b_bytes(size, width));
    else pack_b(0, width, size, kernel, p.filters, p.packed + <usize>g * packed_b_bytes(width, size));
  }
}

/** y = patches·kernel + bias, for the output rows from … to−1, counted through all images. */
export function conv_forward(parameters: usize, scratch: usize, from: i32, to: i32): void {
  const p = changetype<Convolution>(parameters);
  if (isWinograd(p)) {
    winogradForward(p, scratch, from, to);
    return;
  }
  if (isDepthwise(p)) {
    setRows(p.y + bytes(from * p.outWidth * p.filters), p.bias, (to - from) * p.outWidth, p.filters);
    depthwiseForward(p, p.x, p.kernel, p.y, from, to);
    return;
  }
  const depth = depthOf(p), width = widthOf(p), size = taps(p) * depth, packed = packed_b_bytes(width, size);
  const patches = scratch + workspace(p), end = to * p.outWidth, block = blockRows(size);
  const inPlace = isPointwise(p);
  for (let pixel = from * p.outWidth; pixel < end; pixel += block) {
    const rows = min(block, end - pixel), y = p.y + bytes(pixel * p.filters);
    if (p.bias) fillRows(y, p.bias, rows, p.filters);
    for (let g = 0; g < p.groups; g++) {
      let a = patches;
      if (inPlace) a = p.x + bytes(pixel * p.channels + g * depth);
      else movePatches(p, p.x, g * depth, depth, pixel, rows, 0, taps(p), patches, 0);
      gemm_prepacked(
        rows, width, size, a, inPlace ? p.channels : size, p.packed + <usize>g * packed,
        y + bytes(g * width), p.filters, p.bias != 0 ? 1 : 0, scratch,
      );
    }
  }
}

/** x = Σ over the patches that a pixel is part of, where patches = y·kernelᵀ; for the images from … to−1. */
export function conv_input(parameters: usize, scratch: usize, from: i32, to: i32): void {
  const p = changetype<Convolution>(parameters);
  if (isWinograd(p)) {
    winogradInput(p, scratch, from, to);
    return;
  }
  const pixels = p.outHeight * p.outWidth;
  const image = p.height * p.width * p.channels;
  const inPlace = isPointwise(p) && !isDepthwise(p);
  if (!inPlace) setRows(p.x + bytes(from * image), 0, to - from, image);
  if (isDepthwise(p)) {
    if (p.strideHeight == 1 && p.strideWidth == 1) depthwiseInput(p, p.x, p.kernel, p.y, from, to);
    else depthwise(p, p.x, p.kernel, p.y, TO_INPUT, from * p.outHeight, to * p.outHeight, 0, taps(p));
    return;
  }
  const depth = depthOf(p), width = widthOf(p), size = taps(p) * depth, packed = packed_b_bytes(size, width);
  const patches = scratch + workspace(p), end = to * pixels, block = blockRows(size);
  for (let pixel = from * pixels; pixel < end; pixel += block) {
    const rows = min(block, end - pixel);
    for (let g = 0; g < p.groups; g++) {
      const y = p.y + bytes(pixel * p.filters + g * width), kernel = p.packed + <usize>g * packed;
      if (inPlace) {
        const x = p.x + bytes(pixel * p.channels + g * depth);
        gemm_prepacked(rows, size, width, y, p.filters, kernel, x, p.channels, 0, scratch);
        continue;
      }
      gemm_prepacked(rows, size, width, y, p.filters, kernel, patches, size, 0, scratch);
      movePatches(p, p.x, g * depth, depth, pixel, rows, 0, taps(p), patches, 1);
    }
  }
}

/** kernel = patchesᵀ·y, for the taps from … to−1. */
export function conv_kernel(parameters: usize, scratch: usize, from: i32, to: i32): void {
  const p = changetype<Convolution>(parameters);
  if (isWinograd(p)) {
    winogradKernel(p, scratch, from, to);
    return;
  }
  const rowsOfY = p.batch * p.outHeight, pixels = rowsOfY * p.outWidth;
  const depth = depthOf(p), width = widthOf(p), tapSize = depth * p.filters;
  if (pixels == 0 || isDepthwise(p)) setRows(p.kernel + bytes(from * tapSize), 0, to - from, tapSize);
  if (isDepthwise(p)) {
    depthwise(p, p.x, p.kernel, p.y, TO_KERNEL, 0, rowsOfY, from, to);
    return;
  }
  if (pixelParts(p) > 0) {
    for (let part = from; part < to; part++) sumPixels(p, scratch, part);
    return;
  }
  const patches = scratch + workspace(p), inPlace = isPointwise(p), most = blockTaps(p);
  for (let tap = from; tap < to; tap += most) {
    const end = min(to, tap + most), size = (end - tap) * depth;
    for (let pixel = 0; pixel < pixels; pixel += DEPTH) {
      const rows = min(DEPTH, pixels - pixel);
      for (let g = 0; g < p.groups; g++) {
        let a = patches;
        if (inPlace) a = p.x + bytes(pixel * p.channels + g * depth);
        else movePatches(p, p.x, g * depth, depth, pixel, rows, tap, end, patches, 0);
        gemm(
          1, 0, size, width, rows, a, inPlace ? p.channels : size,
          p.y + bytes(pixel * p.filters + g * width), p.filters,
          p.kernel + bytes(tap * tapSize + g * width), p.filters, pixel > 0 ? 1 : 0, scratch,
        );
      }
    }
  }
}

/** A part of the kernel's gradient, patchesᵀ·y over some of the blocks of pixels. */
function sumPixels(p: Convolution, scratch: usize, part: i32): void {
  const parts = pixelParts(p), blocks = blocksOfPixels(p), pixels = p.batch * p.outHeight * p.outWidth;
  const patches = scratch + workspace(p), size = taps(p) * p.channels, sums = p.packed + bytes(part * size * p.filters);
  const first = part * blocks / parts, end = (part + 1) * blocks / parts;
  for (let block = first; block < end; block++) {
    const pixel = block * DEPTH, rows = min(DEPTH, pixels - pixel);
    movePatches(p, p.x, 0, p.channels, pixel, rows, 0, taps(p), patches, 0);
    gemm(
      1, 0, size, p.filters, rows, patches, size, p.y + bytes(pixel * p.filters), p.filters,
      sums, p.filters, block > first ? 1 : 0, scratch,
    );
  }
}

/** Every row is `row`, or 0 without one. */
function setRows(out: usize, row: usize, rows: i32, columns: i32): void {
  if (row) {
    fillRows(out, row, rows, columns);
    return;
  }
  const end = out + bytes(rows * columns);
  for (; out + 16 <= end; out += 16) v128.store(out, f32x4.splat(0));
  for (; out < end; out += 4) store<f32>(out, 0);
}
