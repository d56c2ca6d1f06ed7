// A recurrent layer over a range of rows of the batch, forward.
//
// A batch advances in chunks of up to ROWS rows: at each step the rows that take part are packed as tiles of
// [x_t, h_{t−1}] and multiplied with [W; U] in one sweep of depth inputSize + units, then gated. A row of a small
// batch goes alone: its inputs are projected for many steps at once, and U is applied by matrix–vector products.
// Both ways sum every z in the same order (x first, then h), so rows can be grouped and split as one likes.

import { gruReset, gruStep } from './gru-step';
import { lstmStep } from './lstm-step';
import { writeCoefficients } from './recurrent-activations';
import {
  active, biasArea, block, candidateColumns, candidatePart, cArea, coefficients, depth, hArea, hTable, mainColumns,
  recurrentCandidatePart, recurrentPart, resetsBefore, tileArea, xTable, zArea, zStep,
} from './recurrent-forward-areas';
import {
  Forward, GRU, LSTM, ROWS, RNN, bytes, gateCount, isGru, padded, rowsGoAlone, takesPart,
} from './recurrent-parameters';
import { addRow, clear, copyRow, multiplyRow, multiplyTiles, packTiles } from './recurrent-rows';
import { rnnStep } from './rnn-step';

/** Bytes of scratch that recurrent_forward_rows needs; each thread has its own. */
export function recurrent_forward_scratch_bytes(parameters: usize): usize {
  const p = changetype<Forward>(parameters);
  return tileArea(p, 0) + <usize>ROWS * bytes(depth(p));
}

/** Runs rows from … to−1 through time. Any split of the batch into ranges gives the same bits. */
export function recurrent_forward_rows(parameters: usize, scratch: usize, from: i32, to: i32): void {
  const p = changetype<Forward>(parameters);
  const state = padded(p.units);
  writeCoefficients(coefficients(scratch));
  writeBias(p, biasArea(scratch));
  const size = rowsGoAlone(p.batch, p.units) ? 1 : ROWS;
  for (let first = from; first < to; first += size) {
    const rows = min(size, to - first);
    startRows(p, scratch, first, rows);
    if (size == 1) rowThroughTime(p, scratch, first);
    else chunkThroughTime(p, scratch, first, rows);
    for (let r = 0; r < rows; r++) {
      const offset = bytes((first + r) * p.units);
      copyRow(p.hLast + offset, hArea(p, scratch) + <usize>r * state, p.units);
      if (p.cLast != 0) copyRow(p.cLast + offset, cArea(p, scratch) + <usize>r * state, p.units);
    }
  }
}

/** Biases in the blocks of a row of z. GRU has those of h in a second row; only U_h's stays apart. */
function writeBias(p: Forward, to: usize): void {
  clear(to, zStep(p) - 64);
  if (p.bias == 0) return;
  const gates = gateCount(p.kind), units = p.units;
  for (let n = 0; n < gates; n++) copyRow(to + block(p, n), p.bias + bytes(n * units), units);
  if (p.kind != GRU) return;
  addRow(to, p.bias + bytes(3 * units), units);
  addRow(to + block(p, 1), p.bias + bytes(4 * units), units);
  copyRow(to + block(p, 3), p.bias + bytes(5 * units), units);
}

function startRows(p: Forward, s: usize, first: i32, rows: i32): void {
  const step = padded(p.units);
  clear(hArea(p, s), <usize>rows * step);
  clear(cArea(p, s), <usize>rows * step);
  for (let r = 0; r < rows; r++) {
    const offset = bytes((first + r) * p.units), state = <usize>r * step;
    if (p.h0 != 0) copyRow(hArea(p, s) + state, p.h0 + offset, p.units);
    if (p.c0 != 0) copyRow(cArea(p, s) + state, p.c0 + offset, p.units);
  }
}

function chunkThroughTime(p: Forward, s: usize, first: i32, rows: i32): void {
  const state = padded(p.units), k = depth(p), step = zStep(p);
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
      store<usize>(hTable(s) + bytes(count), hArea(p, s) + <usize>r * state);
      store<i32>(active(s) + bytes(count), r);
      count++;
    }
    if (count == 0) continue;
    const usesH = turn > 0 || p.h0 != 0;
    packTiles(xTable(s), count, 0, p.inputSize, k, tileArea(p, s));
    if (usesH) packTiles(hTable(s), count, p.inputSize, p.units, k, tileArea(p, s));
    const used = usesH ? k : p.inputSize;
    multiplyTiles(count, 0, used, k, tileArea(p, s), p.packed, k, mainColumns(p) >> 3, zArea(p, s), step);
    if (isGru(p.kind)) candidates(p, s, count, usesH);
    for (let j = 0; j < count; j++) {
      const r = load<i32>(active(s) + bytes(j));
      stepRow(p, s, zArea(p, s) + <usize>j * step, r, (first + r) * p.time + t);
    }
  }
}

/** The candidate's sums for `count` rows: x·W_h and h·U_h apart, or x·W_h + (r ⊙ h)·U_h. */
function candidates(p: Forward, s: usize, count: i32, usesH: bool): void {
  const inputs = p.inputSize, units = p.units, k = depth(p), step = zStep(p), panels = candidateColumns(p) >> 3;
  const tiles = tileArea(p, s), candidate = zArea(p, s) + block(p, 2), other = zArea(p, s) + block(p, 3);
  if (!resetsBefore(p)) {
    multiplyTiles(count, 0, inputs, k, tiles, candidatePart(p), inputs, panels, candidate, step);
    const recurrent = recurrentCandidatePart(p);
    multiplyTiles(count, inputs, usesH ? units : 0, k, tiles, recurrent, units, panels, other, step);
    return;
  }
  for (let j = 0; j < count; j++) {
    const offset = <usize>j * step;
    gruReset(p, s, zArea(p, s) + offset, load<usize>(hTable(s) + bytes(j)));
    store<usize>(hTable(s) + bytes(j), other + offset);
  }
  if (usesH) packTiles(hTable(s), count, inputs, units, k, tiles);
  multiplyTiles(count, 0, usesH ? k : inputs, k, tiles, candidatePart(p), k, panels, candidate, step);
}

/** One row: projects the inputs of up to ROWS steps, then takes them one after the other. */
function rowThroughTime(p: Forward, s: usize, b: i32): void {
  const step = zStep(p), inputs = p.inputSize, panels = (mainColumns(p) + candidateColumns(p)) >> 3;
  for (let begin = 0; begin < p.time; begin += ROWS) {
    const end = min(p.time, begin + ROWS);
    let count = 0;
    for (let turn = begin; turn < end; turn++) {
      const row = b * p.time + (p.reverse ? p.time - 1 - turn : turn);
      if (!takesPart(p.mask, row)) continue;
      store<usize>(xTable(s) + bytes(count), p.x + bytes(row * inputs));
      count++;
    }
    if (count > 0) {
      packTiles(xTable(s), count, 0, inputs, inputs, tileArea(p, s));
      multiplyTiles(count, 0, inputs, inputs, tileArea(p, s), p.packed, inputs, panels, zArea(p, s), step);
    }
    let z = zArea(p, s);
    for (let turn = begin; turn < end; turn++) {
      const row = b * p.time + (p.reverse ? p.time - 1 - turn : turn);
      if (!takesPart(p.mask, row)) {
        carry(p, s, 0, row);
        continue;
      }
      addRecurrent(p, s, z, turn > 0 || p.h0 != 0, (turn & 1) != 0);
      stepRow(p, s, z, 0, row);
      z += step;
    }
  }
}

/** z += h·U for a row that goes alone. */
function addRecurrent(p: Forward, s: usize, z: usize, usesH: bool, descending: bool): void {
  const units = p.units, main = mainColumns(p), h = hArea(p, s);
  if (usesH) multiplyRow(units, h, recurrentPart(p), main, z, descending);
  if (!isGru(p.kind)) return;
  const columns = candidateColumns(p), kernel = recurrentPart(p) + bytes(main * units);
  const candidate = z + block(p, 2), other = z + block(p, 3);
  if (resetsBefore(p)) {
    gruReset(p, s, z, h);
    if (usesH) multiplyRow(units, other, kernel, columns, candidate, descending);
  } else {
    clear(other, bytes(columns));
    if (usesH) multiplyRow(units, h, kernel, columns, other, descending);
  }
}

/** A step in which row r of the chunk takes no part; `row` is its place in [batch, time]. */
function carry(p: Forward, s: usize, r: i32, row: i32): void {
  const state = <usize>r * padded(p.units);
  if (p.out != 0) copyRow(p.out + bytes(row * p.units), hArea(p, s) + state, p.units);
  if (p.cells != 0) copyRow(p.cells + bytes(row * p.units), cArea(p, s) + state, p.units);
}

/** The cell: from the sums of row r to its new state. */
function stepRow(p: Forward, s: usize, z: usize, r: i32, row: i32): void {
  if (p.kind == LSTM) lstmStep(p, s, z, r, row);
  else if (p.kind == RNN) rnnStep(p, s, z, r, row);
  else gruStep(p, s, z, r, row);
}
