// The LSTM over a range of rows of the batch, forward.
//
// A batch advances in chunks of up to ROWS rows: at each step the rows that take part are packed as tiles of
// [x_t, h_{t−1}] and multiplied with [W; U] in one sweep of depth inputSize + units, then gated. A row of a small
// batch goes alone: its inputs are projected for many steps at once, and U is applied by matrix–vector products.
// Both ways sum every z in the same order (x first, then h), so rows can be grouped and split as one likes.

import { lstmGates, lstmHardGates } from './lstm-gates';
import { SET, writeCoefficients } from './lstm-tanh';
import { Forward, ROWS, TABLE, bytes, padded, rowsGoAlone, takesPart } from './lstm-parameters';
import { WIDE, clear, copyRow, multiplyRow, multiplyTiles, packTiles } from './lstm-rows';

/** Columns of z: four gates, each padded to whole vectors (as many as a padded gate has bytes). */
// @ts-ignore: decorator
@inline
function columns(p: Forward): i32 {
  return <i32>padded(p.units);
}

/** Bytes between rows of z, which must not fall on the same cache sets. */
// @ts-ignore: decorator
@inline
function zStep(p: Forward): usize {
  return bytes(columns(p) + 16);
}

/** Numbers that a tile holds of each row. */
// @ts-ignore: decorator
@inline
function depth(p: Forward): i32 {
  return rowsGoAlone(p.batch, p.units) ? p.inputSize : p.inputSize + p.units;
}

// The scratch space: one area after the other.
// @ts-ignore: decorator
@inline
function xTable(s: usize): usize { return s; }
// @ts-ignore: decorator
@inline
function hTable(s: usize): usize { return s + TABLE; }
// @ts-ignore: decorator
@inline
function active(s: usize): usize { return s + 2 * TABLE; }
// @ts-ignore: decorator
@inline
function stage(s: usize): usize { return s + 3 * TABLE; }
// @ts-ignore: decorator
@inline
function coefficients(s: usize): usize { return stage(s) + 128; }
// @ts-ignore: decorator
@inline
function biasArea(s: usize): usize { return coefficients(s) + 2 * SET; }
// @ts-ignore: decorator
@inline
function discard(p: Forward, s: usize): usize { return biasArea(s) + 4 * padded(p.units); }
// @ts-ignore: decorator
@inline
function hArea(p: Forward, s: usize): usize { return discard(p, s) + 4 * padded(p.units); }
// @ts-ignore: decorator
@inline
function cArea(p: Forward, s: usize): usize { return hArea(p, s) + <usize>ROWS * padded(p.units); }
// @ts-ignore: decorator
@inline
function zArea(p: Forward, s: usize): usize { return cArea(p, s) + <usize>ROWS * padded(p.units); }
// @ts-ignore: decorator
@inline
function tileArea(p: Forward, s: usize): usize { return zArea(p, s) + <usize>ROWS * zStep(p); }

/** Bytes of scratch that lstm_forward_rows needs; each thread has its own. */
export function lstm_forward_scratch_bytes(parameters: usize): usize {
  const p = changetype<Forward>(parameters);
  return tileArea(p, 0) + <usize>ROWS * bytes(depth(p));
}

/** Bytes of the packed kernels. */
export function lstm_forward_packed_bytes(parameters: usize): usize {
  const p = changetype<Forward>(parameters);
  return bytes(columns(p)) * <usize>(p.inputSize + p.units);
}

/** Packs both kernels into p.packed, once per call: W and U row upon row, or apart for a small batch. */
export function lstm_forward_pack(parameters: usize): void {
  const p = changetype<Forward>(parameters);
  const k = p.inputSize + p.units;
  if (rowsGoAlone(p.batch, p.units)) {
    packKernel(p, p.kernel, p.inputSize, 8, p.packed, p.inputSize);
    packKernel(p, p.recurrentKernel, p.units, WIDE, recurrentPart(p), p.units);
  } else {
    packKernel(p, p.kernel, p.inputSize, 8, p.packed, k);
    packKernel(p, p.recurrentKernel, p.units, 8, p.packed + bytes(p.inputSize * 8), k);
  }
}

// @ts-ignore: decorator
@inline
function recurrentPart(p: Forward): usize {
  return p.packed + bytes(columns(p)) * <usize>p.inputSize;
}

/** kernel [k, 4·units] → panels [depth, width], of which k rows are written; padding columns are 0. */
function packKernel(p: Forward, kernel: usize, k: i32, width: i32, to: usize, depth: i32): void {
  const total = columns(p), gateColumns = total >> 2, fromStep = bytes(4 * p.units);
  let column = 0;
  while (column < total) {
    const panel = column / width * width, panelWidth = min(width, total - panel);
    const gate = column / gateColumns, unit = column - gate * gateColumns, left = p.units - unit;
    const from = kernel + bytes(gate * p.units + unit), at = to + bytes(panel * depth + column - panel);
    if (left >= 8 && column + 8 <= panel + panelWidth) {
      packEightColumns(k, from, fromStep, at, bytes(panelWidth));
      column += 8;
    } else {
      packColumns(min(4, left), k, from, fromStep, at, bytes(panelWidth));
      column += 4;
    }
  }
}

function packEightColumns(k: i32, from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const end = from + <usize>k * fromStep;
  while (from != end) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    from += fromStep;
    to += toStep;
  }
}

/** Up to four columns, filled up with zeros. */
function packColumns(count: i32, k: i32, from: usize, fromStep: usize, to: usize, toStep: usize): void {
  for (let j = 0; j < k; j++) {
    v128.store(to, f32x4.splat(0));
    for (let i = 0; i < count; i++) store<f32>(to + bytes(i), load<f32>(from + bytes(i)));
    from += fromStep;
    to += toStep;
  }
}

/** Runs rows from … to−1 through time. Any split of the batch into ranges gives the same bits. */
export function lstm_forward_rows(parameters: usize, scratch: usize, from: i32, to: i32): void {
  const p = changetype<Forward>(parameters);
  const gate = padded(p.units), bias = biasArea(scratch);
  writeCoefficients(coefficients(scratch));
  clear(bias, 4 * gate);
  if (p.bias != 0) {
    for (let n = 0; n < 4; n++) copyRow(bias + <usize>n * gate, p.bias + bytes(n * p.units), p.units);
  }
  const size = rowsGoAlone(p.batch, p.units) ? 1 : ROWS;
  for (let first = from; first < to; first += size) {
    const rows = min(size, to - first);
    startRows(p, scratch, first, rows);
    if (size == 1) rowThroughTime(p, scratch, first);
    else chunkThroughTime(p, scratch, first, rows);
    for (let r = 0; r < rows; r++) {
      copyRow(p.hLast + bytes((first + r) * p.units), hArea(p, scratch) + <usize>r * gate, p.units);
      copyRow(p.cLast + bytes((first + r) * p.units), cArea(p, scratch) + <usize>r * gate, p.units);
    }
  }
}

function startRows(p: Forward, s: usize, first: i32, rows: i32): void {
  const gate = padded(p.units);
  clear(hArea(p, s), <usize>rows * gate);
  clear(cArea(p, s), <usize>rows * gate);
  for (let r = 0; r < rows; r++) {
    const offset = bytes((first + r) * p.units), state = <usize>r * gate;
    if (p.h0 != 0) copyRow(hArea(p, s) + state, p.h0 + offset, p.units);
    if (p.c0 != 0) copyRow(cArea(p, s) + state, p.c0 + offset, p.units);
  }
}

function chunkThroughTime(p: Forward, s: usize, first: i32, rows: i32): void {
  const gate = padded(p.units), k = depth(p), step = zStep(p);
  for (let turn = 0; turn < p.time; turn++) {
    const t = p.reverse ? p.time - 1 - turn : turn;
    let count = 0;
    for (let r = 0; r < rows; r++) {
      const row = (first + r) * p.time + t;
      if (!takesPart(p.mask, row)) {
        carry(p, s, r, row);
        continue;
      }
      store<usize>(xTable(s) + bytes(count), p.x + bytes(row * p.inputSize));
      store<usize>(hTable(s) + bytes(count), hArea(p, s) + <usize>r * gate);
      store<i32>(active(s) + bytes(count), r);
      count++;
    }
    if (count == 0) continue;
    const usesH = turn > 0 || p.h0 != 0;
    packTiles(xTable(s), count, 0, p.inputSize, k, tileArea(p, s));
    if (usesH) packTiles(hTable(s), count, p.inputSize, p.units, k, tileArea(p, s));
    const used = usesH ? k : p.inputSize;
    multiplyTiles(count, used, k, tileArea(p, s), p.packed, columns(p) >> 3, zArea(p, s), step);
    for (let j = 0; j < count; j++) {
      const r = load<i32>(active(s) + bytes(j));
      gateRow(p, s, zArea(p, s) + <usize>j * step, r, (first + r) * p.time + t);
    }
  }
}

/** One row: projects the inputs of up to ROWS steps, then takes them one after the other. */
function rowThroughTime(p: Forward, s: usize, b: i32): void {
  const step = zStep(p), h = hArea(p, s);
  for (let begin = 0; begin < p.time; begin += ROWS) {
    const end = min(p.time, begin + ROWS);
    let count = 0;
    for (let turn = begin; turn < end; turn++) {
      const row = b * p.time + (p.reverse ? p.time - 1 - turn : turn);
      if (!takesPart(p.mask, row)) continue;
      store<usize>(xTable(s) + bytes(count), p.x + bytes(row * p.inputSize));
      count++;
    }
    if (count > 0) {
      packTiles(xTable(s), count, 0, p.inputSize, p.inputSize, tileArea(p, s));
      multiplyTiles(count, p.inputSize, p.inputSize, tileArea(p, s), p.packed, columns(p) >> 3, zArea(p, s), step);
    }
    let z = zArea(p, s);
    for (let turn = begin; turn < end; turn++) {
      const row = b * p.time + (p.reverse ? p.time - 1 - turn : turn);
      if (!takesPart(p.mask, row)) {
        carry(p, s, 0, row);
        continue;
      }
      if (turn > 0 || p.h0 != 0) multiplyRow(p.units, h, recurrentPart(p), columns(p), z, (turn & 1) != 0);
      gateRow(p, s, z, 0, row);
      z += step;
    }
  }
}

/** A step in which row r of the chunk takes no part; `row` is its place in [batch, time]. */
function carry(p: Forward, s: usize, r: i32, row: i32): void {
  const state = <usize>r * padded(p.units);
  if (p.out != 0) copyRow(p.out + bytes(row * p.units), hArea(p, s) + state, p.units);
  if (p.cells != 0) copyRow(p.cells + bytes(row * p.units), cArea(p, s) + state, p.units);
}

/** A step of row r with its z. The last units, fewer than a vector, are stored by way of the stage. */
function gateRow(p: Forward, s: usize, z: usize, r: i32, row: i32): void {
  const units = p.units, gate = padded(units), whole = bytes(units & ~3), rest = units & 3;
  const h = hArea(p, s) + <usize>r * gate, c = cArea(p, s) + <usize>r * gate, bias = biasArea(s);
  const gates = p.gates != 0 ? p.gates + bytes(row * units * 4) : discard(p, s);
  const cells = p.cells != 0 ? p.cells + bytes(row * units) : discard(p, s);
  const out = p.out != 0 ? p.out + bytes(row * units) : discard(p, s);
  if (whole > 0) applyGates(p, coefficients(s), whole, z, bias, c, h, gates, bytes(units), cells, out);
  if (rest == 0) return;
  const staged = stage(s);
  applyGates(p, coefficients(s), 16, z + whole, bias + whole, c + whole, h + whole, staged, 16, staged + 64, staged + 80);
  for (let n = 0; n < 4; n++) copyRow(gates + bytes(n * units) + whole, staged + <usize>n * 16, rest);
  copyRow(cells + whole, staged + 64, rest);
  copyRow(out + whole, staged + 80, rest);
}

// @ts-ignore: decorator
@inline
function applyGates(
  p: Forward, k: usize, size: usize, z: usize, bias: usize, c: usize, h: usize,
  gates: usize, gateStep: usize, cells: usize, out: usize,
): void {
  if (p.hardSigmoid) lstmHardGates(k, size, z, padded(p.units), bias, c, h, gates, gateStep, cells, out);
  else lstmGates(k, size, z, padded(p.units), bias, c, h, gates, gateStep, cells, out);
}
