// What a call of the LSTM kernels is about: blocks of 32-bit words that the caller writes into memory, so that a
// worker thread needs one address and a range of rows. A field of type usize is an address, 0 where absent.

/** The fields of LstmForward, in this order; `packed` has room for lstm_forward_packed_bytes. */
@unmanaged
export class Forward {
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
  hardSigmoid: i32;
  out: usize;
  gates: usize;
  cells: usize;
  hLast: usize;
  cLast: usize;
  packed: usize;
}

/** The fields of LstmBackward, in this order; `packed` has room for lstm_backward_packed_bytes. */
@unmanaged
export class Backward {
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
  hardSigmoid: i32;
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

/** Rows of the batch that advance together (a multiple of 5 and 6): their state stays in the first-level cache. */
export const ROWS: i32 = 60;

/**
 * Whether each row goes through time alone, with matrix–vector products: tiles of so few rows would idle. From the
 * third row on this pays only while the recurrent kernel stays near (256 KB).
 */
// @ts-ignore: decorator
@inline
export function rowsGoAlone(batch: i32, units: i32): bool {
  return batch <= 2 || (batch <= 4 && units <= 128);
}

/** Bytes of a table of ROWS addresses. */
export const TABLE: usize = 256;

// @ts-ignore: decorator
@inline
export function bytes(count: i32): usize {
  return <usize>count << 2;
}

/** Bytes of `count` floats, rounded up to whole vectors. */
// @ts-ignore: decorator
@inline
export function padded(count: i32): usize {
  return (bytes(count) + 15) & ~15;
}

/** Bytes of `count` floats, rounded up to whole panels of 8. */
// @ts-ignore: decorator
@inline
export function paneled(count: i32): usize {
  return (bytes(count) + 31) & ~31;
}

// @ts-ignore: decorator
@inline
export function address(table: usize, i: i32): usize {
  return load<usize>(table + bytes(i));
}

/** Whether row b takes part in step t. */
// @ts-ignore: decorator
@inline
export function takesPart(mask: usize, row: i32): bool {
  return mask == 0 || load<i32>(mask + bytes(row)) != 0;
}
