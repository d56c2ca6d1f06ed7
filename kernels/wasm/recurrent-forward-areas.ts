// How the forward sweep lays out a row of pre-activations, the packed kernels and its scratch space.
//
// A row of z has one block per gate. LSTM and GRU gates are padded to whole vectors. The GRU's candidate h̃ comes in
// panels of its own, since x and h do not meet there in one sum: its row is [z, r, x·W_h, h·U_h], where the last block
// holds r ⊙ h instead if the reset gate comes first.

import { SET } from './recurrent-activations';
import { Forward, GRU_RESET_BEFORE, LSTM, ROWS, RNN, TABLE, bytes, isGru, padded, paneled, rowsGoAlone } from './recurrent-parameters';

/** Gates that are summed over [x, h] in the first product. */
@inline
export function mainGates(kind: i32): i32 {
  return kind == LSTM ? 4 : kind == RNN ? 1 : 2;
}

/** Columns of such a gate. */
export function gateColumns(p: Forward): i32 {
  return <i32>((p.kind == RNN ? paneled(p.units) : padded(p.units)) >> 2);
}

/** Columns of all of them: a multiple of 8. */
export function mainColumns(p: Forward): i32 {
  return mainGates(p.kind) * gateColumns(p);
}

/** Columns of the candidate. */
export function candidateColumns(p: Forward): i32 {
  return isGru(p.kind) ? <i32>(paneled(p.units) >> 2) : 0;
}

/** Bytes of a row of z, and of the biases. */
function zBytes(p: Forward): usize {
  return bytes(mainColumns(p) + 2 * candidateColumns(p));
}

/** Where block n of a row of z begins. */
function block(p: Forward, n: i32): usize {
  const main = mainGates(p.kind);
  return bytes(n < main ? n * gateColumns(p) : mainColumns(p) + (n - main) * candidateColumns(p));
}

/** Numbers that a tile holds of each row. */
export function depth(p: Forward): i32 {
  return rowsGoAlone(p.batch, p.units) ? p.inputSize : p.inputSize + p.units;
}

// The packed kernels. A batch of chunks has panels of [W; U], then those of the candidate (W_h and U_h one after the
// other, or [W_h; U_h] if the reset gate comes first). A small batch has W with the candidate's part, then U.

/** Bytes of the packed kernels. */
export function packedBytes(p: Forward): usize {
  return bytes(mainColumns(p) + candidateColumns(p)) * <usize>(p.inputSize + p.units);
}

export function candidatePart(p: Forward): usize {
  return p.packed + bytes(mainColumns(p)) * <usize>depth(p);
}

/** U_h where it has panels of its own. */
export function recurrentCandidatePart(p: Forward): usize {
  return candidatePart(p) + bytes(candidateColumns(p)) * <usize>p.inputSize;
}

/** U of a small batch. */
export function recurrentPart(p: Forward): usize {
  return p.packed + bytes(mainColumns(p) + candidateColumns(p)) * <usize>p.inputSize;
}

@inline
export function resetsBefore(p: Forward): bool {
  return p.kind == GRU_RESET_BEFORE;
}

/**
 * Where everything is during a call: written once at the beginning of the scratch space, since to work it out anew in
 * each step would take as long as a small step does.
 */
@unmanaged
export class Areas {
  xTable: usize;
  hTable: usize;
  /** Which rows of the chunk take part. */
  active: usize;
  stage: usize;
  coefficients: usize;
  bias: usize;
  /** For what nobody asked for. */
  discard: usize;
  h: usize;
  c: usize;
  z: usize;
  tiles: usize;
  /** Bytes between rows of z; they must not fall on the same cache sets. */
  zStep: usize;
  /** Where blocks 1, 2 and 3 of a row of z begin. */
  block1: usize;
  block2: usize;
  block3: usize;
  mainColumns: i32;
  candidateColumns: i32;
  candidatePart: usize;
  recurrentCandidatePart: usize;
  recurrentPart: usize;
}

/** Lays out the scratch space at s and returns its end. Only adds up: nothing is written where `write` is false. */
export function layOut(p: Forward, s: usize, write: bool): usize {
  const state = padded(p.units), row = zBytes(p), step = row + 64;
  const tables = s + 128, stage = tables + 3 * TABLE, coefficients = stage + 128, bias = coefficients + 2 * SET;
  const discard = bias + row, h = discard + 4 * state, c = h + <usize>ROWS * state, z = c + <usize>ROWS * state;
  const tiles = z + <usize>ROWS * step;
  if (write) {
    const a = changetype<Areas>(s);
    a.xTable = tables;
    a.hTable = tables + TABLE;
    a.active = tables + 2 * TABLE;
    a.stage = stage;
    a.coefficients = coefficients;
    a.bias = bias;
    a.discard = discard;
    a.h = h;
    a.c = c;
    a.z = z;
    a.tiles = tiles;
    a.zStep = step;
    a.block1 = block(p, 1);
    a.block2 = block(p, 2);
    a.block3 = block(p, 3);
    a.mainColumns = mainColumns(p);
    a.candidateColumns = candidateColumns(p);
    a.candidatePart = candidatePart(p);
    a.recurrentCandidatePart = recurrentCandidatePart(p);
    a.recurrentPart = recurrentPart(p);
  }
  return tiles + <usize>ROWS * bytes(depth(p));
}
