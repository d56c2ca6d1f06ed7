// How the forward sweep lays out a row of pre-activations, the packed kernels and its scratch space.
//
// A row of z has one block per gate. LSTM and GRU gates are padded to whole vectors. The GRU's candidate h̃ comes in
// panels of its own, since x and h do not meet there in one sum: its row is [z, r, x·W_h, h·U_h], where the last block
// holds r ⊙ h instead if the reset gate comes first.

import { SET } from './recurrent-activations';
import { Forward, GRU_RESET_BEFORE, LSTM, ROWS, RNN, TABLE, bytes, isGru, padded, paneled, rowsGoAlone } from './recurrent-parameters';

/** Gates that are summed over [x, h] in the first product. */
// @ts-ignore: decorator
@inline
export function mainGates(kind: i32): i32 {
  return kind == LSTM ? 4 : kind == RNN ? 1 : 2;
}

/** Columns of such a gate. */
// @ts-ignore: decorator
@inline
export function gateColumns(p: Forward): i32 {
  return <i32>((p.kind == RNN ? paneled(p.units) : padded(p.units)) >> 2);
}

/** Columns of all of them: a multiple of 8. */
// @ts-ignore: decorator
@inline
export function mainColumns(p: Forward): i32 {
  return mainGates(p.kind) * gateColumns(p);
}

/** Columns of the candidate. */
// @ts-ignore: decorator
@inline
export function candidateColumns(p: Forward): i32 {
  return isGru(p.kind) ? <i32>(paneled(p.units) >> 2) : 0;
}

/** Bytes of a row of z, and of the biases. */
// @ts-ignore: decorator
@inline
function zBytes(p: Forward): usize {
  return bytes(mainColumns(p) + 2 * candidateColumns(p));
}

/** Where block n of a row of z begins. */
// @ts-ignore: decorator
@inline
export function block(p: Forward, n: i32): usize {
  const main = mainGates(p.kind);
  return bytes(n < main ? n * gateColumns(p) : mainColumns(p) + (n - main) * candidateColumns(p));
}

/** Bytes between rows of z, which must not fall on the same cache sets. */
// @ts-ignore: decorator
@inline
export function zStep(p: Forward): usize {
  return zBytes(p) + 64;
}

/** Numbers that a tile holds of each row. */
// @ts-ignore: decorator
@inline
export function depth(p: Forward): i32 {
  return rowsGoAlone(p.batch, p.units) ? p.inputSize : p.inputSize + p.units;
}

// The packed kernels. A batch of chunks has panels of [W; U], then those of the candidate (W_h and U_h one after the
// other, or [W_h; U_h] if the reset gate comes first). A small batch has W with the candidate's part, then U.

/** Bytes of the packed kernels. */
// @ts-ignore: decorator
@inline
export function packedBytes(p: Forward): usize {
  return bytes(mainColumns(p) + candidateColumns(p)) * <usize>(p.inputSize + p.units);
}

// @ts-ignore: decorator
@inline
export function candidatePart(p: Forward): usize {
  return p.packed + bytes(mainColumns(p)) * <usize>depth(p);
}

/** U_h where it has panels of its own. */
// @ts-ignore: decorator
@inline
export function recurrentCandidatePart(p: Forward): usize {
  return candidatePart(p) + bytes(candidateColumns(p)) * <usize>p.inputSize;
}

/** U of a small batch. */
// @ts-ignore: decorator
@inline
export function recurrentPart(p: Forward): usize {
  return p.packed + bytes(mainColumns(p) + candidateColumns(p)) * <usize>p.inputSize;
}

// @ts-ignore: decorator
@inline
export function resetsBefore(p: Forward): bool {
  return p.kind == GRU_RESET_BEFORE;
}

// The scratch space: one area after the other.
// @ts-ignore: decorator
@inline
export function xTable(s: usize): usize { return s; }
// @ts-ignore: decorator
@inline
export function hTable(s: usize): usize { return s + TABLE; }
// @ts-ignore: decorator
@inline
export function active(s: usize): usize { return s + 2 * TABLE; }
// @ts-ignore: decorator
@inline
export function stage(s: usize): usize { return s + 3 * TABLE; }
// @ts-ignore: decorator
@inline
export function coefficients(s: usize): usize { return stage(s) + 128; }
// @ts-ignore: decorator
@inline
export function biasArea(s: usize): usize { return coefficients(s) + 2 * SET; }
// @ts-ignore: decorator
@inline
export function discard(p: Forward, s: usize): usize { return biasArea(s) + zBytes(p); }
// @ts-ignore: decorator
@inline
export function hArea(p: Forward, s: usize): usize { return discard(p, s) + 4 * padded(p.units); }
// @ts-ignore: decorator
@inline
export function cArea(p: Forward, s: usize): usize { return hArea(p, s) + <usize>ROWS * padded(p.units); }
// @ts-ignore: decorator
@inline
export function zArea(p: Forward, s: usize): usize { return cArea(p, s) + <usize>ROWS * padded(p.units); }
// @ts-ignore: decorator
@inline
export function tileArea(p: Forward, s: usize): usize { return zArea(p, s) + <usize>ROWS * zStep(p); }
