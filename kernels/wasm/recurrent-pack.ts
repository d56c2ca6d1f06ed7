// Packs the kernels of a recurrent layer into panels of columns, once per call.

import { Forward, bytes, gateCount, rowsGoAlone } from './recurrent-parameters';
import {
  candidateColumns, candidatePart, gateColumns, mainColumns, mainGates, packedBytes, recurrentCandidatePart,
  recurrentPart, resetsBefore,
} from './recurrent-forward-areas';
import { WIDE } from './recurrent-rows';

/** Bytes of the packed kernels. */
export function recurrent_forward_packed_bytes(parameters: usize): usize {
  return packedBytes(changetype<Forward>(parameters));
}

/** Packs both kernels into p.packed, once per call. */
export function recurrent_forward_pack(parameters: usize): void {
  const p = changetype<Forward>(parameters);
  const inputs = p.inputSize, units = p.units, k = inputs + units;
  if (rowsGoAlone(p.batch, units)) {
    packMain(p, p.kernel, inputs, 8, p.packed, inputs);
    packCandidate(p, p.kernel, inputs, 8, candidatePart(p), inputs);
    packMain(p, p.recurrentKernel, units, WIDE, recurrentPart(p), units);
    packCandidate(p, p.recurrentKernel, units, WIDE, recurrentPart(p) + bytes(mainColumns(p) * units), units);
    return;
  }
  packMain(p, p.kernel, inputs, 8, p.packed, k);
  packMain(p, p.recurrentKernel, units, 8, p.packed + bytes(inputs * 8), k);
  if (resetsBefore(p)) {
    packCandidate(p, p.kernel, inputs, 8, candidatePart(p), k);
    packCandidate(p, p.recurrentKernel, units, 8, candidatePart(p) + bytes(inputs * 8), k);
  } else {
    packCandidate(p, p.kernel, inputs, 8, candidatePart(p), inputs);
    packCandidate(p, p.recurrentKernel, units, 8, recurrentCandidatePart(p), units);
  }
}

function packMain(p: Forward, kernel: usize, k: i32, width: i32, to: usize, depth: i32): void {
  packGates(p, kernel, mainColumns(p), gateColumns(p), k, width, to, depth);
}

function packCandidate(p: Forward, kernel: usize, k: i32, width: i32, to: usize, depth: i32): void {
  const columns = candidateColumns(p);
  packGates(p, kernel + bytes(mainGates(p.kind) * p.units), columns, columns, k, width, to, depth);
}

/**
 * Gates of `kernel` [k, gates·units], each padded to `gateColumns`, → panels [depth, width], of which k rows are
 * written; padding columns are 0.
 */
function packGates(
  p: Forward, kernel: usize, total: i32, gateColumns: i32, k: i32, width: i32, to: usize, depth: i32,
): void {
  const fromStep = bytes(gateCount(p.kind) * p.units);
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
