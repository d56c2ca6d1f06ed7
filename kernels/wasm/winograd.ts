// 3 × 3 convolution with stride 1 by Winograd's algorithm: 16 products of matrices [tiles, channels]·[channels, filters],
// one for each frequency of 4 × 4 pixels, instead of 36 multiplications for the 2 × 2 outputs of a tile.
//
// Ranges are rows of tiles, images, and parts of the kernel's gradient; any split gives the same bits.

import { Convolution } from './convolution';
import { copyRow } from './copy';
import { addRow } from './add-row';
import { gemm, gemm_prepacked, pack_b, packed_b_bytes, workspaceFor } from './gemm';
import { bytes } from './vector';
import {
  addToImage, transformImage, transformKernel, transformOutput, transformToKernel, transformToOutput,
} from './winograd-transforms';

const FREQUENCIES: i32 = 16;
/** Channels and filters from which the products outweigh the transforms. */
const LEAST_DEPTH: i32 = 16;
/** Numbers that the frequencies of a block of tiles should not exceed (384 KB), unless that leaves too few rows. */
const BLOCK: i32 = 98304;
const LEAST_ROWS: i32 = 30;
/**
 * Parts of the kernel's gradient: sums over some of the tiles, as long as there is room for several of them (1 MB each),
 * then blocks of channels, each of which has to transform all of y.
 */
const MOST_PARTS: i32 = 4;
const LARGEST_PART: i32 = 16384;
const CHANNELS: i32 = 32;

@inline
function tileRows(p: Convolution): i32 { return (p.outHeight + 1) >> 1; }
@inline
function tileColumns(p: Convolution): i32 { return (p.outWidth + 1) >> 1; }

/** Whether this is the way to go: a question of the geometry, not of the number of images. */
export function isWinograd(p: Convolution): bool {
  if (p.windowHeight != 3 || p.windowWidth != 3 || p.groups != 1) return false;
  if (p.strideHeight != 1 || p.strideWidth != 1 || p.dilationHeight != 1 || p.dilationWidth != 1) return false;
  if (p.channels & 3 || p.filters & 3 || min(p.channels, p.filters) < LEAST_DEPTH) return false;
  // Tiles that stick out cost multiplications too.
  return 20 * tileRows(p) * tileColumns(p) <= 9 * p.outHeight * p.outWidth;
}

/** How many ranges there are in the forward pass. */
export function rowsOfTiles(p: Convolution): i32 { return p.batch * tileRows(p); }

/** Tiles whose frequencies are made at a time. */
@inline
function blockTiles(p: Convolution): i32 {
  return min(120, max(LEAST_ROWS, BLOCK / (FREQUENCIES * (p.channels + p.filters)) / 30 * 30));
}

@inline
function blocksOfTiles(p: Convolution): i32 {
  return (rowsOfTiles(p) * tileColumns(p) + blockTiles(p) - 1) / blockTiles(p);
}

/** Sums over tiles that the kernel's gradient has, and ranges in all. */
@inline
function partsOfTiles(p: Convolution): i32 {
  return p.channels * p.filters > LARGEST_PART ? 1 : min(MOST_PARTS, max(1, blocksOfTiles(p)));
}
export function winogradKernelParts(p: Convolution): i32 {
  const parts = partsOfTiles(p);
  return parts > 1 ? parts : (p.channels + CHANNELS - 1) / CHANNELS;
}

/** Bytes of these sums. */
export function winogradSums(p: Convolution): usize {
  return bytes(partsOfTiles(p) * FREQUENCIES * p.channels * p.filters);
}

/** Bytes from one frequency of a block to the next, not a power of 2: the first-level cache has few places for those. */
@inline
function frequencyStep(p: Convolution, depth: i32): usize {
  return bytes(blockTiles(p) * depth + 16);
}

/** Scratch: the workspace of the products, a tile of pixels for the edges, frequencies of images and of outputs. */
function edge(p: Convolution, scratch: usize): usize { return scratch + workspaceFor(p.filters, blockTiles(p)); }
function images(p: Convolution, scratch: usize): usize { return edge(p, scratch) + bytes(16 * max(p.channels, p.filters)); }
function outputs(p: Convolution, scratch: usize): usize {
  return images(p, scratch) + FREQUENCIES * frequencyStep(p, p.channels);
}
export function winogradScratch(p: Convolution): usize {
  return outputs(p, 0) + FREQUENCIES * frequencyStep(p, p.filters);
}

/** The packed frequencies of the kernel, and behind them the same before they are packed. */
export function winogradPacked(p: Convolution): usize {
  const one = max(packed_b_bytes(p.filters, p.channels), packed_b_bytes(p.channels, p.filters));
  return FREQUENCIES * (one + bytes(p.channels * p.filters));
}

export function winogradPack(p: Convolution, transposed: i32): void {
  const size = p.channels * p.filters, k = transposed ? p.filters : p.channels, n = size / k;
  const plain = p.packed + FREQUENCIES * packed_b_bytes(n, k);
  transformKernel(p.kernel, bytes(size), size, plain, bytes(size));
  for (let f = 0; f < FREQUENCIES; f++) {
    pack_b(transposed, n, k, plain + bytes(f * size), p.filters, p.packed + <usize>f * packed_b_bytes(n, k));
  }
}

/** Frequencies of the images, for `count` tiles and `depth` channels from `channel` on. */
function readImages(p: Convolution, scratch: usize, tile: i32, count: i32, channel: i32, depth: i32): void {
  const to = images(p, scratch), step = frequencyStep(p, p.channels);
  for (let t = 0; t < count; t++) visitImage(p, scratch, tile + t, channel, depth, to + bytes(t * depth), step, false);
}

/** Transforms 4 × 4 pixels, or adds into them what was transformed. Pixels outside are 0, or nowhere. */
@inline
function visitImage(
  p: Convolution, scratch: usize, tile: i32, channel: i32, depth: i32, at: usize, step: usize, adds: bool,
): void {
  const columns = tileColumns(p), row = tile / columns, image = row / tileRows(p);
  const y = 2 * (row - image * tileRows(p)) - p.padTop, x = 2 * (tile - row * columns) - p.padLeft;
  const pixel = bytes(p.channels), line = <usize>p.width * pixel;
  const corner = p.x + <usize>(image * p.height + y) * line + <usize>x * pixel + bytes(channel);
  if (y >= 0 && x >= 0 && y + 4 <= p.height && x + 4 <= p.width) {
    if (adds) addToImage(at, step, depth, corner, line, pixel);
    else transformImage(corner, line, pixel, depth, at, step);
    return;
  }
  const copy = edge(p, scratch), size = bytes(depth);
  clear(copy, 16 * depth);
  if (adds) addToImage(at, step, depth, copy, 4 * size, size);
  for (let i = max(0, -y); i < min(4, p.height - y); i++) {
    for (let j = max(0, -x); j < min(4, p.width - x); j++) {
      const inside = corner + <usize>i * line + <usize>j * pixel, place = copy + <usize>(4 * i + j) * size;
      if (adds) addRow(inside, place, depth);
      else copyRow(place, inside, depth);
    }
  }
  if (!adds) transformImage(copy, 4 * size, size, depth, at, step);
}

/** Frequencies of y for `count` tiles, or y from them. Outputs outside are 0, or go nowhere. */
@inline
function visitOutputs(p: Convolution, scratch: usize, tile: i32, count: i32, writes: bool): void {
  const columns = tileColumns(p), pixel = bytes(p.filters), line = <usize>p.outWidth * pixel;
  const step = frequencyStep(p, p.filters), nowhere = edge(p, scratch);
  let at = outputs(p, scratch);
  clear(nowhere, p.filters);
  for (let t = tile; t < tile + count; t++) {
    const row = t / columns, image = row / tileRows(p);
    const y = 2 * (row - image * tileRows(p)), x = 2 * (t - row * columns);
    const corner = p.y + <usize>(image * p.outHeight + y) * line + <usize>x * pixel;
    const right = x + 1 < p.outWidth, below = y + 1 < p.outHeight;
    const y01 = right ? corner + pixel : nowhere, y10 = below ? corner + line : nowhere;
    const y11 = right && below ? corner + line + pixel : nowhere;
    if (writes) transformToOutput(at, step, p.filters, p.bias, corner, y01, y10, y11);
    else transformOutput(corner, y01, y10, y11, p.filters, at, step);
    at += pixel;
  }
}

export function winogradForward(p: Convolution, scratch: usize, from: i32, to: i32): void {
  const end = to * tileColumns(p), block = blockTiles(p), packed = packed_b_bytes(p.filters, p.channels);
  const step = frequencyStep(p, p.channels), outStep = frequencyStep(p, p.filters);
  for (let tile = from * tileColumns(p); tile < end; tile += block) {
    const count = min(block, end - tile);
    readImages(p, scratch, tile, count, 0, p.channels);
    for (let f = 0; f < FREQUENCIES; f++) {
      gemm_prepacked(
        count, p.filters, p.channels, images(p, scratch) + <usize>f * step, p.channels, p.packed + <usize>f * packed,
        outputs(p, scratch) + <usize>f * outStep, p.filters, 0, scratch,
      );
    }
    visitOutputs(p, scratch, tile, count, true);
  }
}

export function winogradInput(p: Convolution, scratch: usize, from: i32, to: i32): void {
  const image = p.height * p.width * p.channels, tiles = tileRows(p) * tileColumns(p), end = to * tiles;
  const block = blockTiles(p), packed = packed_b_bytes(p.channels, p.filters);
  const step = frequencyStep(p, p.channels), outStep = frequencyStep(p, p.filters);
  clear(p.x + bytes(from * image), (to - from) * image);
  for (let tile = from * tiles; tile < end; tile += block) {
    const count = min(block, end - tile);
    visitOutputs(p, scratch, tile, count, false);
    for (let f = 0; f < FREQUENCIES; f++) {
      gemm_prepacked(
        count, p.channels, p.filters, outputs(p, scratch) + <usize>f * outStep, p.filters, p.packed + <usize>f * packed,
        images(p, scratch) + <usize>f * step, p.channels, 0, scratch,
      );
    }
    for (let t = 0; t < count; t++) {
      visitImage(p, scratch, tile + t, 0, p.channels, images(p, scratch) + bytes(t * p.channels), step, true);
    }
  }
}

export function winogradKernel(p: Convolution, scratch: usize, from: i32, to: i32): void {
  const parts = partsOfTiles(p), size = p.channels * p.filters;
  for (let part = from; part < to; part++) {
    if (parts > 1) sumTiles(p, scratch, part, parts, 0, p.channels, p.packed + bytes(part * FREQUENCIES * size));
    else sumTiles(p, scratch, 0, 1, part * CHANNELS, min(CHANNELS, p.channels - part * CHANNELS), p.packed);
  }
}

/** Frequencies of the kernel's gradient, for `depth` channels from `channel` on and one of `parts` parts of the tiles. */
function sumTiles(
  p: Convolution, scratch: usize, part: i32, parts: i32, channel: i32, depth: i32, sums: usize,
): void {
  const tiles = rowsOfTiles(p) * tileColumns(p), block = blockTiles(p), blocks = blocksOfTiles(p);
  const first = part * blocks / parts * block, end = min(tiles, (part + 1) * blocks / parts * block);
  const step = frequencyStep(p, p.channels), outStep = frequencyStep(p, p.filters), size = p.channels * p.filters;
  for (let tile = first; tile < end; tile += block) {
    const count = min(block, end - tile);
    readImages(p, scratch, tile, count, channel, depth);
    visitOutputs(p, scratch, tile, count, false);
    for (let f = 0; f < FREQUENCIES; f++) {
      gemm(
        1, 0, depth, p.filters, count, images(p, scratch) + <usize>f * step, depth,
        outputs(p, scratch) + <usize>f * outStep, p.filters, sums + bytes(f * size + channel * p.filters), p.filters,
        tile > first ? 1 : 0, scratch,
      );
    }
  }
}

/** After all parts: adds them up and goes back from frequencies to taps. */
export function winogradKernelFinish(p: Convolution): void {
  const size = p.channels * p.filters, all = FREQUENCIES * size;
  if (p.batch == 0) clear(p.packed, all);
  for (let part = 1; part < partsOfTiles(p); part++) addRow(p.packed, p.packed + bytes(part * all), all);
  transformToKernel(p.packed, bytes(size), size, p.kernel, bytes(size));
}

function clear(to: usize, n: i32): void {
  for (const end = to + bytes(n); to != end; to += 16) v128.store(to, f32x4.splat(0));
}
