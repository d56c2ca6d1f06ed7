// What a call of the recurrent kernels is about: blocks of 32-bit words that the caller writes into memory, so that a
// worker thread needs one address and a range of rows. A field of type usize is an address, 0 where absent.
//
// LSTM, GRU and the simple recurrence go through the same sweeps; `kind` says which cell runs in them, and the
// functions below how its matrices and its saved numbers lie.

export const LSTM: i32 = 0;
/** The reset gate multiplies h·U_h. */
export const GRU: i32 = 1;
/** The reset gate multiplies h before the product with U_h. */
export const GRU_RESET_BEFORE: i32 = 2;
export const RNN: i32 = 3;

/** The fields of the interface's forward calls; `packed` has room for recurrent_forward_packed_bytes. */
@unmanaged
export class Forward {
  kind: i32;
  /** 0: the usual activation; 1: hard gates (LSTM, GRU), relu (RNN). */
  activation: i32;
  batch: i32;
  time: i32;
  inputSize: i32;
  units: i32;
  x: usize;
  kernel: usize;
  recurrentKernel: usize;
  bias: usize;
  h0: usize;
  c0: usize;
  mask: usize;
  reverse: i32;
  out: usize;
  gates: usize;
  cells: usize;
  hLast: usize;
  cLast: usize;
  projected: usize;
  packed: usize;
}

/** The fields of the interface's backward calls; `packed` has room for recurrent_backward_packed_bytes. */
@unmanaged
export class Backward {
  kind: i32;
  activation: i32;
  batch: i32;
  time: i32;
  inputSize: i32;
  units: i32;
  x: usize;
  kernel: usize;
  recurrentKernel: usize;
  h0: usize;
  c0: usize;
  mask: usize;
  reverse: i32;
  out: usize;
  gates: usize;
  cells: usize;
  dOut: usize;
  dhLast: usize;
  dcLast: usize;
  dGates: usize;
  dx: usize;
  dKernel: usize;
  dRecurrentKernel: usize;
  dBias: usize;
  dh0: usize;
  dc0: usize;
  packed: usize;
}

@inline
export function isGru(kind: i32): bool {
  return kind == GRU || kind == GRU_RESET_BEFORE;
}

/** Gates: blocks of `units` columns in both kernels. */
@inline
export function gateCount(kind: i32): i32 {
  return kind == LSTM ? 4 : kind == RNN ? 1 : 3;
}

/** Blocks of `units` numbers that a step saves, and that dGates has. */
@inline
export function savedCount(kind: i32): i32 {
  return kind == RNN ? 1 : 4;
}

/** Rows of the batch that advance together (a multiple of 5 and 6): their state stays in the first-level cache. */
export const ROWS: i32 = 60;

/**
 * Whether each row goes through time alone, with matrix–vector products: tiles of so few rows would idle. From the
 * third row on this pays only while the recurrent kernel stays near (256 KB).
 */
@inline
export function rowsGoAlone(batch: i32, units: i32): bool {
  return batch <= 2 || (batch <= 4 && units <= 128);
}

/** Bytes of a table of ROWS addresses. */
export const TABLE: usize = 256;

@inline
export function bytes(count: i32): usize {
  return <usize>count << 2;
}

/** Bytes of `count` floats, rounded up to whole vectors. */
@inline
export function padded(count: i32): usize {
  return (bytes(count) + 15) & ~15;
}

/** Bytes of `count` floats, rounded up to whole panels of 8. */
@inline
export function paneled(count: i32): usize {
  return (bytes(count) + 31) & ~31;
}

@inline
export function address(table: usize, i: i32): usize {
  return load<usize>(table + bytes(i));
}

/** Whether row b takes part in step t. */
@inline
export function takesPart(mask: usize, row: i32): bool {
  return mask == 0 || load<i32>(mask + bytes(row)) != 0;
}
