// The LSTM over a range of rows of the batch, backward: the gradients of z, x and the first state.
//
// The way back mirrors the way there: at each step the rows that take part get dz from their gates, are packed as
// tiles, and one sweep of depth 4·units with [W; U]ᵀ gives [dx_t, dh_{t−1}]. A row of a small batch goes alone, with
// a matrix–vector product for dh and dx made of many steps at once.

import { lstmGradients, lstmHardGradients } from './lstm-gates';
import { SET, writeCoefficients } from './lstm-tanh';
import { Backward, ROWS, TABLE, bytes, paneled, rowsGoAlone, takesPart } from './lstm-parameters';
import { WIDE, clear, copyRow, interleave, multiplyRow, multiplyTiles, packTiles } from './lstm-rows';

/** Panels of Wᵀ. */
// @ts-ignore: decorator
@inline
function xPanels(p: Backward): i32 {
  return (p.inputSize + 7) >> 3;
}

/** Columns of Uᵀ in packed form: whole panels of 8. */
// @ts-ignore: decorator
@inline
function hColumns(p: Backward): i32 {
  return (p.units + 7) & ~7;
}

/** Bytes between rows of [dx, dh]; rows must not fall on the same cache sets. */
// @ts-ignore: decorator
@inline
function productStep(p: Backward): usize {
  return bytes(8 * xPanels(p) + hColumns(p) + 16);
}

/** Bytes between rows of the state: dh of a small batch is made in place, in panels. */
// @ts-ignore: decorator
@inline
function stateStep(p: Backward): usize {
  return paneled(p.units);
}

// The scratch space: one area after the other.
// @ts-ignore: decorator
@inline
function zTable(s: usize): usize { return s; }
// @ts-ignore: decorator
@inline
function active(s: usize): usize { return s + TABLE; }
// @ts-ignore: decorator
@inline
function stage(s: usize): usize { return s + 2 * TABLE; }
// @ts-ignore: decorator
@inline
function coefficients(s: usize): usize { return stage(s) + 128; }
// @ts-ignore: decorator
@inline
function zeros(s: usize): usize { return coefficients(s) + 2 * SET; }
// @ts-ignore: decorator
@inline
function dhArea(p: Backward, s: usize): usize { return zeros(s) + stateStep(p); }
// @ts-ignore: decorator
@inline
function dcArea(p: Backward, s: usize): usize { return dhArea(p, s) + <usize>ROWS * stateStep(p); }
// @ts-ignore: decorator
@inline
function productArea(p: Backward, s: usize): usize { return dcArea(p, s) + <usize>ROWS * stateStep(p); }
// @ts-ignore: decorator
@inline
function tileArea(p: Backward, s: usize): usize { return productArea(p, s) + <usize>ROWS * productStep(p); }

/** Bytes of scratch that lstm_backward_rows needs; each thread has its own. */
export function lstm_backward_scratch_bytes(parameters: usize): usize {
  const p = changetype<Backward>(parameters);
  return tileArea(p, 0) + <usize>ROWS * bytes(4 * p.units);
}

/** Bytes of the packed kernels. */
export function lstm_backward_packed_bytes(parameters: usize): usize {
  const p = changetype<Backward>(parameters);
  return bytes(8 * xPanels(p) + hColumns(p)) * <usize>(4 * p.units);
}

// @ts-ignore: decorator
@inline
function recurrentPart(p: Backward): usize {
  return p.packed + bytes(8 * xPanels(p)) * <usize>(4 * p.units);
}

/** Packs Wᵀ and Uᵀ into p.packed, once per call. `scratch` as for lstm_backward_rows. */
export function lstm_backward_pack(parameters: usize, scratch: usize): void {
  const p = changetype<Backward>(parameters);
  if (p.dx != 0) packTransposed(p, p.kernel, p.inputSize, xPanels(p) << 3, 8, p.packed, scratch);
  const width = rowsGoAlone(p.batch, p.units) ? WIDE : 8;
  packTransposed(p, p.recurrentKernel, p.units, hColumns(p), width, recurrentPart(p), scratch);
}

/** kernel [rows, 4·units] → panels [4·units, width] of its transpose; padding columns are 0. */
function packTransposed(
  p: Backward, kernel: usize, rows: i32, columns: i32, width: i32, to: usize, table: usize,
): void {
  const k = 4 * p.units;
  for (let column = 0; column < columns; column += width) {
    const panelWidth = min(width, columns - column), count = min(panelWidth, rows - column);
    for (let r = 0; r < count; r++) store<usize>(table + bytes(r), kernel + bytes((column + r) * k));
    if (count < panelWidth) clear(to, bytes(k * panelWidth));
    interleave(table, count, k, to, bytes(panelWidth));
    to += bytes(k * panelWidth);
  }
}

/**
 * Takes rows from … to−1 back through time and leaves dz in p.dGates where the mask is not 0 (elsewhere it stays
 * unwritten). Any split of the batch into ranges gives the same bits.
 */
export function lstm_backward_rows(parameters: usize, scratch: usize, from: i32, to: i32): void {
  const p = changetype<Backward>(parameters), s = scratch;
  writeCoefficients(coefficients(s));
  clear(zeros(s), stateStep(p));
  const size = rowsGoAlone(p.batch, p.units) ? 1 : ROWS;
  for (let first = from; first < to; first += size) {
    const rows = min(size, to - first);
    startRows(p, s, first, rows);
    if (size == 1) rowThroughTime(p, s, first);
    else chunkThroughTime(p, s, first, rows);
    for (let r = 0; r < rows; r++) {
      const offset = bytes((first + r) * p.units), state = <usize>r * stateStep(p);
      if (p.dh0 != 0) copyRow(p.dh0 + offset, dhArea(p, s) + state, p.units);
      if (p.dc0 != 0) copyRow(p.dc0 + offset, dcArea(p, s) + state, p.units);
    }
  }
}

function startRows(p: Backward, s: usize, first: i32, rows: i32): void {
  clear(dhArea(p, s), <usize>rows * stateStep(p));
  clear(dcArea(p, s), <usize>rows * stateStep(p));
  for (let r = 0; r < rows; r++) {
    const offset = bytes((first + r) * p.units), state = <usize>r * stateStep(p);
    if (p.dhLast != 0) copyRow(dhArea(p, s) + state, p.dhLast + offset, p.units);
    if (p.dcLast != 0) copyRow(dcArea(p, s) + state, p.dcLast + offset, p.units);
  }
}

function chunkThroughTime(p: Backward, s: usize, first: i32, rows: i32): void {
  const units = p.units, k = 4 * units, step = productStep(p), product = productArea(p, s), dxBytes = bytes(8 * xPanels(p));
  for (let turn = p.time - 1; turn >= 0; turn--) {
    const t = p.reverse ? p.time - 1 - turn : turn;
    let count = 0;
    for (let r = 0; r < rows; r++) {
      const row = (first + r) * p.time + t;
      if (!takesPart(p.mask, row)) {
        passOn(p, s, r, row);
        continue;
      }
      gradientRow(p, s, r, first + r, row, turn);
      store<usize>(zTable(s) + bytes(count), p.dGates + bytes(row * k));
      store<i32>(active(s) + bytes(count), r);
      count++;
    }
    const dx = p.dx != 0, dh = turn > 0 || p.dh0 != 0;
    if (count == 0 || !(dx || dh)) continue;
    packTiles(zTable(s), count, 0, k, k, tileArea(p, s));
    if (dx) multiplyTiles(count, k, k, tileArea(p, s), p.packed, xPanels(p), product, step);
    if (dh) multiplyTiles(count, k, k, tileArea(p, s), recurrentPart(p), hColumns(p) >> 3, product + dxBytes, step);
    for (let j = 0; j < count; j++) {
      const r = load<i32>(active(s) + bytes(j)), from = product + <usize>j * step;
      if (dx) copyRow(p.dx + bytes(((first + r) * p.time + t) * p.inputSize), from, p.inputSize);
      if (dh) copyRow(dhArea(p, s) + <usize>r * stateStep(p), from + dxBytes, units);
    }
  }
}

/** One row: dz and dh of all steps, then dx of up to ROWS steps at a time. */
function rowThroughTime(p: Backward, s: usize, b: i32): void {
  const k = 4 * p.units, dh = dhArea(p, s);
  for (let turn = p.time - 1; turn >= 0; turn--) {
    const row = b * p.time + (p.reverse ? p.time - 1 - turn : turn);
    if (!takesPart(p.mask, row)) {
      passOn(p, s, 0, row);
      continue;
    }
    gradientRow(p, s, 0, b, row, turn);
    if (turn == 0 && p.dh0 == 0) continue;
    clear(dh, bytes(hColumns(p)));
    multiplyRow(k, p.dGates + bytes(row * k), recurrentPart(p), hColumns(p), dh, (turn & 1) != 0);
  }
  if (p.dx != 0) rowInputs(p, s, b);
}

function rowInputs(p: Backward, s: usize, b: i32): void {
  const k = 4 * p.units, product = productArea(p, s), end = (b + 1) * p.time;
  let row = b * p.time;
  while (row < end) {
    let count = 0;
    for (; row < end && count < ROWS; row++) {
      if (!takesPart(p.mask, row)) continue;
      store<usize>(zTable(s) + bytes(count), p.dGates + bytes(row * k));
      store<i32>(active(s) + bytes(count), row);
      count++;
    }
    if (count == 0) return;
    packTiles(zTable(s), count, 0, k, k, tileArea(p, s));
    multiplyTiles(count, k, k, tileArea(p, s), p.packed, xPanels(p), product, productStep(p));
    for (let j = 0; j < count; j++) {
      const to = load<i32>(active(s) + bytes(j));
      copyRow(p.dx + bytes(to * p.inputSize), product + <usize>j * productStep(p), p.inputSize);
    }
  }
}

/** A step in which row r of the chunk takes no part: its gradients pass by; `row` is its place in [batch, time]. */
function passOn(p: Backward, s: usize, r: i32, row: i32): void {
  if (p.dx != 0) clear(p.dx + bytes(row * p.inputSize), bytes(p.inputSize));
  if (p.dOut == 0) return;
  const dh = dhArea(p, s) + <usize>r * stateStep(p), dOut = p.dOut + bytes(row * p.units);
  for (let u = 0; u < p.units; u++) store<f32>(dh + bytes(u), load<f32>(dh + bytes(u)) + load<f32>(dOut + bytes(u)));
}

/** dz and dc of row r of the chunk (row b of the batch), the turn-th step that it went through. */
function gradientRow(p: Backward, s: usize, r: i32, b: i32, row: i32, turn: i32): void {
  const units = p.units, whole = bytes(units & ~3), rest = units & 3, step = bytes(units);
  const dh = dhArea(p, s) + <usize>r * stateStep(p), dc = dcArea(p, s) + <usize>r * stateStep(p);
  const gates = p.gates + bytes(row * units * 4), dz = p.dGates + bytes(row * units * 4);
  const cells = p.cells + bytes(row * units);
  const dOut = p.dOut != 0 ? p.dOut + bytes(row * units) : zeros(s);
  let before = p.reverse ? cells + step : cells - step;
  if (turn == 0) before = p.c0 != 0 ? p.c0 + bytes(b * units) : zeros(s);
  if (whole > 0) applyGradients(p, coefficients(s), whole, gates, step, cells, before, dOut, dh, dc, dz);
  if (rest == 0) return;
  const staged = stage(s);
  clear(staged, 128);
  for (let n = 0; n < 4; n++) copyRow(staged + <usize>n * 16, gates + <usize>n * step + whole, rest);
  copyRow(staged + 64, cells + whole, rest);
  copyRow(staged + 80, before + whole, rest);
  copyRow(staged + 96, dOut + whole, rest);
  applyGradients(p, coefficients(s), 16, staged, 16, staged + 64, staged + 80, staged + 96, dh + whole, dc + whole, staged);
  for (let n = 0; n < 4; n++) copyRow(dz + <usize>n * step + whole, staged + <usize>n * 16, rest);
}

// @ts-ignore: decorator
@inline
function applyGradients(
  p: Backward, k: usize, size: usize, gates: usize, step: usize, cells: usize, before: usize, dOut: usize,
  dh: usize, dc: usize, dz: usize,
): void {
  if (p.hardSigmoid) lstmHardGradients(k, size, gates, step, cells, before, dOut, dh, dc, dz);
  else lstmGradients(k, size, gates, step, cells, before, dOut, dh, dc, dz);
}
