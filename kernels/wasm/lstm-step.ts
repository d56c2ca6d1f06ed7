// A step of the LSTM for one row, forward and backward. The last units, fewer than a vector, go by way of the stage.

import { lstmGates, lstmGradients, lstmHardGates, lstmHardGradients } from './lstm-gates';
import { Areas } from './recurrent-forward-areas';
import { Forward, bytes, padded } from './recurrent-parameters';
import { copyRow } from './recurrent-rows';

/** Row r of the chunk from its sums to h and c; `row` is its place in [batch, time]. */
export function lstmStep(p: Forward, a: Areas, z: usize, r: i32, row: i32): void {
  const units = p.units, gate = padded(units), whole = bytes(units & ~3), rest = units & 3;
  const h = a.h + <usize>r * gate, c = a.c + <usize>r * gate, bias = a.bias;
  const gates = p.gates != 0 ? p.gates + bytes(row * units * 4) : a.discard;
  const cells = p.cells != 0 ? p.cells + bytes(row * units) : a.discard;
  const out = p.out != 0 ? p.out + bytes(row * units) : a.discard;
  if (whole > 0) applyGates(p, a.coefficients, whole, z, bias, c, h, gates, bytes(units), cells, out);
  if (rest == 0) return;
  const staged = a.stage;
  applyGates(p, a.coefficients, 16, z + whole, bias + whole, c + whole, h + whole, staged, 16, staged + 64, staged + 80);
  for (let n = 0; n < 4; n++) copyRow(gates + bytes(n * units) + whole, staged + <usize>n * 16, rest);
  copyRow(cells + whole, staged + 64, rest);
  copyRow(out + whole, staged + 80, rest);
}

@inline
function applyGates(
  p: Forward, k: usize, size: usize, z: usize, bias: usize, c: usize, h: usize,
  gates: usize, gateStep: usize, cells: usize, out: usize,
): void {
  if (p.activation) lstmHardGates(k, size, z, padded(p.units), bias, c, h, gates, gateStep, cells, out);
  else lstmGates(k, size, z, padded(p.units), bias, c, h, gates, gateStep, cells, out);
}

/**
 * dz of a row and, in place, its dc; `dh` gets dOut added. `gates` and dz are [4·units], `staged` has 128 bytes and `k`
 * the coefficients.
 */
export function lstmGradient(
  hard: bool, k: usize, staged: usize, units: i32, gates: usize, cells: usize, before: usize, dOut: usize,
  dh: usize, dc: usize, dz: usize,
): void {
  const whole = bytes(units & ~3), rest = units & 3, step = bytes(units);
  if (whole > 0) applyGradients(hard, k, whole, gates, step, cells, before, dOut, dh, dc, dz);
  if (rest == 0) return;
  for (let n = 0; n < 4; n++) stagePart(staged + <usize>n * 16, gates + <usize>n * step + whole, rest);
  stagePart(staged + 64, cells + whole, rest);
  stagePart(staged + 80, before + whole, rest);
  stagePart(staged + 96, dOut + whole, rest);
  applyGradients(hard, k, 16, staged, 16, staged + 64, staged + 80, staged + 96, dh + whole, dc + whole, staged);
  for (let n = 0; n < 4; n++) copyRow(dz + <usize>n * step + whole, staged + <usize>n * 16, rest);
}

@inline
function applyGradients(
  hard: bool, k: usize, size: usize, gates: usize, step: usize, cells: usize, before: usize, dOut: usize,
  dh: usize, dc: usize, dz: usize,
): void {
  if (hard) lstmHardGradients(k, size, gates, step, cells, before, dOut, dh, dc, dz);
  else lstmGradients(k, size, gates, step, cells, before, dOut, dh, dc, dz);
}

function stagePart(to: usize, from: usize, rest: i32): void {
  v128.store(to, i32x4.splat(0));
  copyRow(to, from, rest);
}
