// A step of the simple recurrence for one row: h = f(x·W + h·U + b) with f = tanh or relu.

import { activate } from './recurrent-activations';
import { Areas } from './recurrent-forward-areas';
import { Forward, bytes, padded } from './recurrent-parameters';
import { copyRow } from './recurrent-rows';

/** Row r of the chunk from its sums to h; `row` is its place in [batch, time]. */
export function rnnStep(p: Forward, a: Areas, z: usize, r: i32, row: i32): void {
  const size = padded(p.units);
  if (p.activation) relu(size, z, a.bias);
  else activate(a.coefficients, 0, size, z, a.bias);
  copyRow(a.h + <usize>r * size, z, p.units);
  if (p.out != 0) copyRow(p.out + bytes(row * p.units), z, p.units);
}

function relu(size: usize, z: usize, bias: usize): void {
  const zero = f32x4.splat(0);
  for (let u: usize = 0; u < size; u += 16) {
    const sum = f32x4.add(v128.load(z + u), v128.load(bias + u));
    v128.store(z + u, f32x4.pmax(sum, zero)); // NaN stays
  }
}

/**
 * dz = (dh + dOut) ⊙ f′ in terms of y = h, where tanh′ = 1 − y². dh is cleared: only what comes through U follows.
 * A last vector that reaches beyond the row is worked out in `staged`, 64 bytes.
 */
export function rnnGradient(
  relu: bool, staged: usize, units: i32, h: usize, dOut: usize, dh: usize, dz: usize,
): void {
  const whole = bytes(units & ~3), rest = units & 3;
  if (whole > 0) gradient(relu, whole, h, dOut, dh, dz);
  if (rest == 0) return;
  copyRow(staged, h + whole, rest);
  copyRow(staged + 16, dOut + whole, rest);
  gradient(relu, 16, staged, staged + 16, dh + whole, staged + 32);
  copyRow(dz + whole, staged + 32, rest);
}

function gradient(relu: bool, size: usize, h: usize, dOut: usize, dh: usize, dz: usize): void {
  const zero = f32x4.splat(0), one = f32x4.splat(1);
  for (let u: usize = 0; u < size; u += 16) {
    const y = v128.load(h + u), d = f32x4.add(v128.load(dh + u), v128.load(dOut + u));
    const through = relu ? v128.and(d, f32x4.gt(y, zero)) : f32x4.mul(d, f32x4.sub(one, f32x4.mul(y, y)));
    v128.store(dz + u, through);
    v128.store(dh + u, zero);
  }
}
