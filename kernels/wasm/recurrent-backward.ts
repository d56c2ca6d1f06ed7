// A recurrent layer over a range of rows of the batch, backward: the gradients of z, x and the first state.
//
// The way back mirrors the way there: at each step the rows that take part get dz from their gates, are packed as
// tiles, and one sweep with [W; U]ᵀ gives [dx_t, dh_{t−1}]. A row of a small batch goes alone, with a matrix–vector
// product for dh and dx made of many steps at once.

import { gruGradient, gruResetGradient } from './gru-step';
import { lstmGradient } from './lstm-step';
import { writeCoefficients } from './recurrent-activations';
import {
  active, candidatePart, coefficients, dcArea, dhArea, dhDepth, dhFirst, dxBytes, dxDepth, hColumns, productArea,
  productStep, recurrentPart, stage, stateStep, tileArea, tileDepth, xPanels, zTable, zeros,
} from './recurrent-backward-areas';
import {
  Backward, GRU_RESET_BEFORE, LSTM, RNN, ROWS, bytes, isGru, rowsGoAlone, savedCount, takesPart,
} from './recurrent-parameters';
import { addRow, clear, copyRow, multiplyRow, multiplyTiles, packTiles } from './recurrent-rows';
import { rnnGradient } from './rnn-step';

/** Bytes of scratch that recurrent_backward_rows needs; each thread has its own. */
export function recurrent_backward_scratch_bytes(parameters: usize): usize {
  const p = changetype<Backward>(parameters);
  return tileArea(p, 0) + <usize>ROWS * bytes(tileDepth(p));
}

/**
 * Takes rows from … to−1 back through time and leaves dz in p.dGates where the mask is not 0 (elsewhere it stays
 * unwritten). Any split of the batch into ranges gives the same bits.
 */
export function recurrent_backward_rows(parameters: usize, scratch: usize, from: i32, to: i32): void {
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
  const units = p.units, step = productStep(p), product = productArea(p, s), productH = product + dxBytes(p);
  const depth = tileDepth(p), tiles = tileArea(p, s), width = savedCount(p.kind) * units;
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
      store<usize>(zTable(s) + bytes(count), p.dGates + bytes(row * width));
      store<i32>(active(s) + bytes(count), r);
      count++;
    }
    const dx = p.dx != 0, dh = turn > 0 || p.dh0 != 0;
    if (count == 0) continue;
    if (p.kind == GRU_RESET_BEFORE) {
      packTiles(zTable(s), count, 0, units, depth, tiles);
      multiplyTiles(count, 0, units, depth, tiles, candidatePart(p), units, hColumns(p) >> 3, productH, step);
      for (let j = 0; j < count; j++) {
        const r = load<i32>(active(s) + bytes(j));
        resetRow(p, s, r, first + r, (first + r) * p.time + t, turn, productH + <usize>j * step);
      }
    }
    if (!(dx || dh)) continue;
    packTiles(zTable(s), count, 0, depth, depth, tiles);
    if (dx) multiplyTiles(count, 0, dxDepth(p), depth, tiles, p.packed, dxDepth(p), xPanels(p), product, step);
    if (dh) {
      const k = dhDepth(p);
      multiplyTiles(count, dhFirst(p), k, depth, tiles, recurrentPart(p), k, hColumns(p) >> 3, productH, step);
    }
    for (let j = 0; j < count; j++) {
      const r = load<i32>(active(s) + bytes(j)), from = product + <usize>j * step;
      if (dx) copyRow(p.dx + bytes(((first + r) * p.time + t) * p.inputSize), from, p.inputSize);
      if (!dh) continue;
      const state = dhArea(p, s) + <usize>r * stateStep(p);
      if (isGru(p.kind)) addRow(state, from + dxBytes(p), units);
      else copyRow(state, from + dxBytes(p), units);
    }
  }
}

/** One row: dz and dh of all steps, then dx of up to ROWS steps at a time. */
function rowThroughTime(p: Backward, s: usize, b: i32): void {
  const units = p.units, columns = hColumns(p), dh = dhArea(p, s), ds = productArea(p, s);
  for (let turn = p.time - 1; turn >= 0; turn--) {
    const row = b * p.time + (p.reverse ? p.time - 1 - turn : turn), descending = (turn & 1) != 0;
    if (!takesPart(p.mask, row)) {
      passOn(p, s, 0, row);
      continue;
    }
    gradientRow(p, s, 0, b, row, turn);
    const dz = p.dGates + bytes(row * savedCount(p.kind) * units);
    if (p.kind == GRU_RESET_BEFORE) {
      clear(ds, bytes(columns));
      multiplyRow(units, dz, candidatePart(p), columns, ds, descending);
      resetRow(p, s, 0, b, row, turn, ds);
    }
    if (turn == 0 && p.dh0 == 0) continue;
    if (p.kind == LSTM) clear(dh, bytes(columns));
    multiplyRow(dhDepth(p), dz + bytes(dhFirst(p)), recurrentPart(p), columns, dh, descending);
  }
  if (p.dx != 0) rowInputs(p, s, b);
}

function rowInputs(p: Backward, s: usize, b: i32): void {
  const width = savedCount(p.kind) * p.units, k = dxDepth(p), product = productArea(p, s), end = (b + 1) * p.time;
  let row = b * p.time;
  while (row < end) {
    let count = 0;
    for (; row < end && count < ROWS; row++) {
      if (!takesPart(p.mask, row)) continue;
      store<usize>(zTable(s) + bytes(count), p.dGates + bytes(row * width));
      store<i32>(active(s) + bytes(count), row);
      count++;
    }
    if (count == 0) return;
    packTiles(zTable(s), count, 0, k, k, tileArea(p, s));
    multiplyTiles(count, 0, k, k, tileArea(p, s), p.packed, k, xPanels(p), product, productStep(p));
    for (let j = 0; j < count; j++) {
      const to = load<i32>(active(s) + bytes(j));
      copyRow(p.dx + bytes(to * p.inputSize), product + <usize>j * productStep(p), p.inputSize);
    }
  }
}

/** A step in which row r of the chunk takes no part: its gradients pass by; `row` is its place in [batch, time]. */
function passOn(p: Backward, s: usize, r: i32, row: i32): void {
  if (p.dx != 0) clear(p.dx + bytes(row * p.inputSize), bytes(p.inputSize));
  if (p.dOut != 0) addRow(dhArea(p, s) + <usize>r * stateStep(p), p.dOut + bytes(row * p.units), p.units);
}

/** What `states` [batch, time, units] held before the turn-th step of row b, `row` being its place there. */
function stateBefore(p: Backward, s: usize, states: usize, initial: usize, b: i32, row: i32, turn: i32): usize {
  if (turn == 0) return initial != 0 ? initial + bytes(b * p.units) : zeros(s);
  return states + bytes((p.reverse ? row + 1 : row - 1) * p.units);
}

/** dz of row r of the chunk (row b of the batch), the turn-th step that it went through. */
function gradientRow(p: Backward, s: usize, r: i32, b: i32, row: i32, turn: i32): void {
  const units = p.units, at = bytes(row * savedCount(p.kind) * units), hard = p.activation != 0;
  const dh = dhArea(p, s) + <usize>r * stateStep(p), dz = p.dGates + at;
  const dOut = p.dOut != 0 ? p.dOut + bytes(row * units) : zeros(s);
  if (p.kind == RNN) {
    rnnGradient(hard, stage(s), units, p.out + bytes(row * units), dOut, dh, dz);
  } else if (p.kind == LSTM) {
    const before = stateBefore(p, s, p.cells, p.c0, b, row, turn);
    const dc = dcArea(p, s) + <usize>r * stateStep(p), cells = p.cells + bytes(row * units);
    lstmGradient(hard, coefficients(s), stage(s), units, p.gates + at, cells, before, dOut, dh, dc, dz);
  } else {
    const before = stateBefore(p, s, p.out, p.h0, b, row, turn);
    gruGradient(p.kind == GRU_RESET_BEFORE, hard, stage(s), units, p.gates + at, before, dOut, dh, dz);
  }
}

/** The rest of dz for the reset gate that comes before the product. */
function resetRow(p: Backward, s: usize, r: i32, b: i32, row: i32, turn: i32, ds: usize): void {
  const at = bytes(row * 4 * p.units), dh = dhArea(p, s) + <usize>r * stateStep(p);
  const before = stateBefore(p, s, p.out, p.h0, b, row, turn);
  gruResetGradient(p.activation != 0, stage(s), p.units, p.gates + at, before, ds, dh, p.dGates + at);
}
