// A recurrent layer over a range of rows of the batch, forward.
//
// A batch advances in chunks of up to ROWS rows: at each step the rows that take part are packed as tiles of
// [x_t, h_{t−1}] and multiplied with [W; U] in one sweep of depth inputSize + units, then gated. A row of a small
// batch goes alone: its inputs are projected for many steps at once, and U is applied by matrix–vector products.
// Both ways sum every z in the same order (x first, then h), so rows can be grouped and split as one likes.

import { gruReset, gruStep } from './gru-step';
import { lstmStep } from './lstm-step';
import { writeCoefficients } from './recurrent-activations';
import { Areas, depth, layOut, mainGates, resetsBefore } from './recurrent-forward-areas';
import {
  Forward, GRU, LSTM, ROWS, RNN, bytes, gateCount, isGru, padded, rowsGoAlone, takesPart,
} from './recurrent-parameters';
import { addRow, clear, copyRow, multiplyRow, multiplyTiles, packTiles } from './recurrent-rows';
import { rnnStep } from './rnn-step';

/** Bytes of scratch that recurrent_forward_rows needs; each thread has its own. */
export function recurrent_forward_scratch_bytes(parameters: usize): usize {
  const p = changetype<Forward>(parameters);
  return layOut(p, 0, false);
}

/** Runs rows from … to−1 through time. Any split of the batch into ranges gives the same bits. */
export function recurrent_forward_rows(parameters: usize, scratch: usize, from: i32, to: i32): void {
  const p = changetype<Forward>(parameters);
  const a = changetype<Areas>(scratch), state = padded(p.units);
  layOut(p, scratch, true);
  writeCoefficients(a.coefficients);
  writeBias(p, a);
  const size = rowsGoAlone(p.batch, p.units) ? 1 : ROWS;
  for (let first = from; first < to; first += size) {
    const rows = min(size, to - first);
    startRows(p, a, first, rows);
    if (size == 1) rowThroughTime(p, a, first);
    else chunkThroughTime(p, a, first, rows);
    for (let r = 0; r < rows; r++) {
      const offset = bytes((first + r) * p.units);
      copyRow(p.hLast + offset, a.h + <usize>r * state, p.units);
      if (p.cLast != 0) copyRow(p.cLast + offset, a.c + <usize>r * state, p.units);
    }
  }
}

/** Biases in the blocks of a row of z. GRU has those of h in a second row; only U_h's stays apart. */
function writeBias(p: Forward, a: Areas): void {
  clear(a.bias, a.zStep - 64);
  if (p.bias == 0) return;
  const units = p.units;
  biasBlock(p, 0, a.bias);
  if (gateCount(p.kind) > 1) {
    biasBlock(p, 1, a.bias + a.block1);
    biasBlock(p, 2, a.bias + a.block2);
  }
  if (p.kind == LSTM) biasBlock(p, 3, a.bias + a.block3);
  if (p.kind != GRU) return;
  addRow(a.bias, p.bias + bytes(3 * units), units);
  addRow(a.bias + a.block1, p.bias + bytes(4 * units), units);
  biasBlock(p, 5, a.bias + a.block3);
}

function biasBlock(p: Forward, n: i32, to: usize): void {
  copyRow(to, p.bias + bytes(n * p.units), p.units);
}

function startRows(p: Forward, a: Areas, first: i32, rows: i32): void {
  const step = padded(p.units);
  clear(a.h, <usize>rows * step);
  clear(a.c, <usize>rows * step);
  for (let r = 0; r < rows; r++) {
    const offset = bytes((first + r) * p.units), state = <usize>r * step;
    if (p.h0 != 0) copyRow(a.h + state, p.h0 + offset, p.units);
    if (p.c0 != 0) copyRow(a.c + state, p.c0 + offset, p.units);
  }
}

function chunkThroughTime(p: Forward, a: Areas, first: i32, rows: i32): void {
  const state = padded(p.units), k = depth(p), step = a.zStep;
  for (let turn = 0; turn < p.time; turn++) {
    const t = p.reverse ? p.time - 1 - turn : turn;
    let count = 0;
    for (let r = 0; r < rows; r++) {
      const row = (first + r) * p.time + t;
      if (!takesPart(p.mask, row)) {
        carry(p, a, r, row);
        continue;
      }
      store<usize>(a.xTable + bytes(count), p.x + bytes(row * p.inputSize));
      store<usize>(a.hTable + bytes(count), a.h + <usize>r * state);
      store<i32>(a.active + bytes(count), r);
      count++;
    }
    if (count == 0) continue;
    const usesH = turn > 0 || p.h0 != 0;
    packTiles(a.xTable, count, 0, p.inputSize, k, a.tiles);
    if (usesH) packTiles(a.hTable, count, p.inputSize, p.units, k, a.tiles);
    const used = usesH ? k : p.inputSize;
    multiplyTiles(count, 0, used, k, a.tiles, p.packed, k, a.mainColumns >> 3, a.z, step);
    if (p.projected != 0) addProjections(p, a, count, first, t, 0, mainGates(p.kind));
    if (isGru(p.kind)) {
      candidates(p, a, count, usesH);
      if (p.projected != 0) addProjections(p, a, count, first, t, 2, 3);
    }
    for (let j = 0; j < count; j++) {
      const r = load<i32>(a.active + bytes(j));
      stepRow(p, a, a.z + <usize>j * step, r, (first + r) * p.time + t);
    }
  }
}

/** The same for the rows of the chunk that take part in step t. */
function addProjections(p: Forward, a: Areas, count: i32, first: i32, t: i32, from: i32, to: i32): void {
  for (let j = 0; j < count; j++) {
    const r = load<i32>(a.active + bytes(j));
    addProjection(p, a, a.z + <usize>j * a.zStep, (first + r) * p.time + t, from, to);
  }
}

/** z += x·W of gates from … to−1, where somebody has computed it; `row` is its place in [batch, time]. */
function addProjection(p: Forward, a: Areas, z: usize, row: i32, from: i32, to: i32): void {
  const projected = p.projected + bytes(row * gateCount(p.kind) * p.units);
  for (let n = from; n < to; n++) {
    const block = n == 0 ? 0 : n == 1 ? a.block1 : n == 2 ? a.block2 : a.block3;
    addRow(z + block, projected + bytes(n * p.units), p.units);
  }
}

/** The candidate's sums for `count` rows: x·W_h and h·U_h apart, or x·W_h + (r ⊙ h)·U_h. */
function candidates(p: Forward, a: Areas, count: i32, usesH: bool): void {
  const inputs = p.inputSize, units = p.units, k = depth(p), step = a.zStep, panels = a.candidateColumns >> 3;
  const tiles = a.tiles, candidate = a.z + a.block2, other = a.z + a.block3;
  if (!resetsBefore(p)) {
    multiplyTiles(count, 0, inputs, k, tiles, a.candidatePart, inputs, panels, candidate, step);
    const recurrent = a.recurrentCandidatePart;
    multiplyTiles(count, inputs, usesH ? units : 0, k, tiles, recurrent, units, panels, other, step);
    return;
  }
  for (let j = 0; j < count; j++) {
    const offset = <usize>j * step;
    gruReset(p, a, a.z + offset, load<usize>(a.hTable + bytes(j)));
    store<usize>(a.hTable + bytes(j), other + offset);
  }
  if (usesH) packTiles(a.hTable, count, inputs, units, k, tiles);
  multiplyTiles(count, 0, usesH ? k : inputs, k, tiles, a.candidatePart, k, panels, candidate, step);
}

/** One row: projects the inputs of up to ROWS steps, then takes them one after the other. */
function rowThroughTime(p: Forward, a: Areas, b: i32): void {
  const step = a.zStep, inputs = p.inputSize, panels = (a.mainColumns + a.candidateColumns) >> 3;
  for (let begin = 0; begin < p.time; begin += ROWS) {
    const end = min(p.time, begin + ROWS);
    let count = 0;
    for (let turn = begin; turn < end; turn++) {
      const row = b * p.time + (p.reverse ? p.time - 1 - turn : turn);
      if (!takesPart(p.mask, row)) continue;
      store<usize>(a.xTable + bytes(count), p.x + bytes(row * inputs));
      count++;
    }
    if (count > 0) {
      packTiles(a.xTable, count, 0, inputs, inputs, a.tiles);
      multiplyTiles(count, 0, inputs, inputs, a.tiles, p.packed, inputs, panels, a.z, step);
    }
    let z = a.z;
    for (let turn = begin; turn < end; turn++) {
      const row = b * p.time + (p.reverse ? p.time - 1 - turn : turn);
      if (!takesPart(p.mask, row)) {
        carry(p, a, 0, row);
        continue;
      }
      if (p.projected != 0) addProjection(p, a, z, row, 0, gateCount(p.kind));
      addRecurrent(p, a, z, turn > 0 || p.h0 != 0, (turn & 1) != 0);
      stepRow(p, a, z, 0, row);
      z += step;
    }
  }
}

/** z += h·U for a row that goes alone. */
function addRecurrent(p: Forward, a: Areas, z: usize, usesH: bool, descending: bool): void {
  const units = p.units, main = a.mainColumns, h = a.h;
  if (usesH) multiplyRow(units, h, a.recurrentPart, main, z, descending);
  if (!isGru(p.kind)) return;
  const columns = a.candidateColumns, kernel = a.recurrentPart + bytes(main * units);
  const candidate = z + a.block2, other = z + a.block3;
  if (resetsBefore(p)) {
    gruReset(p, a, z, h);
    if (usesH) multiplyRow(units, other, kernel, columns, candidate, descending);
  } else {
    clear(other, bytes(columns));
    if (usesH) multiplyRow(units, h, kernel, columns, other, descending);
  }
}

/** A step in which row r of the chunk takes no part; `row` is its place in [batch, time]. */
function carry(p: Forward, a: Areas, r: i32, row: i32): void {
  const state = <usize>r * padded(p.units);
  if (p.out != 0) copyRow(p.out + bytes(row * p.units), a.h + state, p.units);
  if (p.cells != 0) copyRow(p.cells + bytes(row * p.units), a.c + state, p.units);
}

/** The cell: from the sums of row r to its new state. */
function stepRow(p: Forward, a: Areas, z: usize, r: i32, row: i32): void {
  if (p.kind == LSTM) lstmStep(p, a, z, r, row);
  else if (p.kind == RNN) rnnStep(p, a, z, r, row);
  else gruStep(p, a, z, r, row);
}
