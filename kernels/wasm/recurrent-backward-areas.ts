// How the backward sweep lays out its tiles, the packed kernels and its scratch space.
//
// A row of dz is [4·units] for the LSTM, [units] for the simple recurrence. The GRU's is [da, dz, dr, dq], so that W
// meets the first three blocks and U the last three; where the reset gate comes first there is no dq, and U_h meets da
// in a product of its own.

import { SET } from './recurrent-activations';
import {
  Backward, GRU, GRU_RESET_BEFORE, LSTM, ROWS, TABLE, bytes, gateCount, isGru, paneled, rowsGoAlone,
} from './recurrent-parameters';
import { WIDE, clear, interleave } from './recurrent-rows';

/** Panels of Wᵀ. */
@inline
export function xPanels(p: Backward): i32 {
  return (p.inputSize + 7) >> 3;
}

/** Columns of Uᵀ in packed form: whole panels of 8. */
@inline
export function hColumns(p: Backward): i32 {
  return (p.units + 7) & ~7;
}

/** Numbers that a tile holds of each row. */
@inline
export function tileDepth(p: Backward): i32 {
  return p.kind == GRU ? 4 * p.units : gateCount(p.kind) * p.units;
}

/** How many of them, the first ones, meet Wᵀ. */
@inline
export function dxDepth(p: Backward): i32 {
  return gateCount(p.kind) * p.units;
}

/** Which of them meet Uᵀ: so many, from the second block on for a GRU. */
@inline
export function dhDepth(p: Backward): i32 {
  return p.kind == GRU_RESET_BEFORE ? 2 * p.units : gateCount(p.kind) * p.units;
}
@inline
export function dhFirst(p: Backward): i32 {
  return isGru(p.kind) ? p.units : 0;
}

/** Bytes of dx in a row of [dx, dh]. */
@inline
export function dxBytes(p: Backward): usize {
  return bytes(8 * xPanels(p));
}

/** Bytes between rows of [dx, dh]; rows must not fall on the same cache sets. */
@inline
export function productStep(p: Backward): usize {
  return dxBytes(p) + bytes(hColumns(p) + 16);
}

/** Bytes between rows of the state: dh of a small batch is made in place, in panels. */
@inline
export function stateStep(p: Backward): usize {
  return paneled(p.units);
}

// The scratch space: one area after the other.
@inline
export function zTable(s: usize): usize { return s; }
@inline
export function active(s: usize): usize { return s + TABLE; }
@inline
export function stage(s: usize): usize { return s + 2 * TABLE; }
@inline
export function coefficients(s: usize): usize { return stage(s) + 128; }
@inline
export function zeros(s: usize): usize { return coefficients(s) + 2 * SET; }
@inline
export function dhArea(p: Backward, s: usize): usize { return zeros(s) + stateStep(p); }
@inline
export function dcArea(p: Backward, s: usize): usize { return dhArea(p, s) + <usize>ROWS * stateStep(p); }
@inline
export function productArea(p: Backward, s: usize): usize { return dcArea(p, s) + <usize>ROWS * stateStep(p); }
@inline
export function tileArea(p: Backward, s: usize): usize { return productArea(p, s) + <usize>ROWS * productStep(p); }

/** Bytes of the packed kernels. */
export function recurrent_backward_packed_bytes(parameters: usize): usize {
  const p = changetype<Backward>(parameters);
  return (dxBytes(p) + bytes(hColumns(p))) * <usize>(gateCount(p.kind) * p.units);
}

@inline
export function recurrentPart(p: Backward): usize {
  return p.packed + dxBytes(p) * <usize>dxDepth(p);
}

/** U_hᵀ where it has panels of its own. */
@inline
export function candidatePart(p: Backward): usize {
  return recurrentPart(p) + bytes(hColumns(p)) * <usize>dhDepth(p);
}

/** Packs Wᵀ and Uᵀ into p.packed, once per call. `scratch` as for recurrent_backward_rows. */
export function recurrent_backward_pack(parameters: usize, scratch: usize): void {
  const p = changetype<Backward>(parameters);
  const units = p.units, all = gateCount(p.kind) * units, inputs = p.inputSize;
  if (p.dx != 0) {
    const rest = isGru(p.kind) ? 2 * units : all, columns = xPanels(p) << 3, candidate = all - rest;
    // The candidate's part goes first, as in a row of dz.
    packTransposed(p, p.kernel, rest, candidate, 0, all, inputs, columns, 8, p.packed, scratch);
    packTransposed(p, p.kernel, 0, rest, candidate, all, inputs, columns, 8, p.packed, scratch);
  }
  const width = rowsGoAlone(p.batch, units) ? WIDE : 8, k = dhDepth(p), columns = hColumns(p);
  packTransposed(p, p.recurrentKernel, 0, k, 0, k, units, columns, width, recurrentPart(p), scratch);
  packTransposed(p, p.recurrentKernel, k, all - k, 0, all - k, units, columns, width, candidatePart(p), scratch);
}

/**
 * Columns first … first+k of `kernel` [rows, gates·units] → from row `at` on of panels [depth, width] of its transpose;
 * padding columns are 0.
 */
function packTransposed(
  p: Backward, kernel: usize, first: i32, k: i32, at: i32, depth: i32, rows: i32, columns: i32, width: i32, to: usize,
  table: usize,
): void {
  const step = bytes(gateCount(p.kind) * p.units);
  for (let column = 0; column < columns; column += width) {
    const panelWidth = min(width, columns - column), count = min(panelWidth, rows - column);
    const begin = to + bytes(at * panelWidth);
    for (let r = 0; r < count; r++) store<usize>(table + bytes(r), kernel + <usize>(column + r) * step + bytes(first));
    if (count < panelWidth) clear(begin, bytes(k * panelWidth));
    interleave(table, count, k, begin, bytes(panelWidth));
    to += bytes(depth * panelWidth);
  }
}
