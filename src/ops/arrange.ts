import { ShapeError, ValueError } from '../errors.ts'
import { formatShape, normalizeAxis, requireList, stridesOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { concat } from './concat.ts'
import { at, defineOp, elementsOf } from './define.ts'
import { mapShifted } from './map-rules.ts'
import { copyWalk } from './move.ts'
import { requireTensor } from './operand.ts'
import { reshape } from './reshape.ts'
import { type Range, slice } from './slice.ts'
import { broadcastTo } from './broadcast-to.ts'

interface PadAttributes {
  readonly pads: readonly (readonly [number, number])[]
  readonly value: number
}

const padOp = defineOp<PadAttributes>('pad', {
  shape: ([x], { pads }) => x.shape.map((size, i) => pads[i][0] + size + pads[i][1]),
  dtype: ([x]) => x.dtype,
  forward: ([x], out, { pads, value }, engine) => {
    elementsOf(engine, out.dtype).fill(at(engine, out), out.size, value)
    const strides = stridesOf(out.shape)
    const offset = pads.reduce((sum, [before], i) => sum + before * strides[i], 0)
    copyWalk(engine, out, { offset, strides }, x, { offset: 0, strides: stridesOf(x.shape) }, x.shape)
  },
  gradient: ([x], g, { pads }) => [
    () => g.slice(pads.map(([before], i): Range => [before, before + x.shape[i]])),
  ],
  readsValues: false,
  map: mapShifted(({ pads, value }) => ({ pads: [[0, 0], ...pads], value })),
})

/**
 * Adds `value` (0 by default) around a tensor: `pads[i]` is how many before and after along axis i.
 *
 * @throws ShapeError unless there is a pair of whole numbers ≥ 0 for every axis
 * @example pad(tensor([1, 2]), [[1, 2]])   // [0, 1, 2, 0, 0]
 */
export function pad(
  x: Tensor,
  pads: readonly (readonly [number, number])[],
  options: { readonly value?: number } = {},
): Tensor {
  requireTensor('pad', x)
  requireList('pad', 'of pairs', pads)
  const isPair = (pair: readonly number[]): boolean =>
    Array.isArray(pair) && pair.length === 2 && pair.every(p => Number.isInteger(p) && p >= 0)
  if (pads.length !== x.rank || !pads.every(isPair)) {
    throw new ShapeError({
      operation: 'pad',
      problem: `needs a pair of whole numbers ≥ 0 for each axis of ${formatShape(x.shape)}, got ${pads.length} of [${pads.map(String).join('], [')}].`,
      hint: '[before, after], and [0, 0] for an axis that stays as it is.',
      shapes: [x.shape],
    })
  }
  return padOp([x], { pads, value: options?.value ?? 0 })
}

/**
 * Repeats a tensor along each axis, like NumPy's tile: missing leading repetitions are 1.
 *
 * @example tile(tensor([1, 2]), [2])   // [1, 2, 1, 2]
 */
export function tile(x: Tensor, repetitions: readonly number[]): Tensor {
  requireTensor('tile', x)
  requireList('tile', 'of repetitions', repetitions)
  if (repetitions.some(r => !Number.isInteger(r) || r < 0)) {
    throw new ShapeError({
      operation: 'tile',
      problem: `needs whole numbers ≥ 0, got [${repetitions.join(', ')}] for ${formatShape(x.shape)}.`,
      hint: 'one number of repetitions for each axis.',
      shapes: [x.shape],
    })
  }
  const rank = Math.max(x.rank, repetitions.length)
  const sizes = [...new Array<number>(rank - x.rank).fill(1), ...x.shape]
  const times = [...new Array<number>(rank - repetitions.length).fill(1), ...repetitions]
  // [a, b] → [1, a, 1, b] → [ta, a, tb, b] → [ta·a, tb·b]
  const apart = reshape(
    x,
    sizes.flatMap(size => [1, size]),
  )
  const repeated = broadcastTo(
    apart,
    sizes.flatMap((size, i) => [times[i], size]),
  )
  return reshape(
    repeated,
    sizes.map((size, i) => size * times[i]),
  )
}

/**
 * Shifts along an axis; what falls off one end comes in at the other. Without an axis the flattened tensor is shifted.
 *
 * @example roll(tensor([1, 2, 3]), 1)   // [3, 1, 2]
 */
export function roll(x: Tensor, shift: number, options: { readonly axis?: number } = {}): Tensor {
  requireTensor('roll', x)
  if (!Number.isInteger(shift)) {
    throw new ValueError({ operation: 'roll', problem: `shifts by a whole number, got ${shift}.` })
  }
  if (options?.axis === undefined) {
    return x.rank === 1
      ? roll(x, shift, { axis: 0 })
      : reshape(roll(reshape(x, [x.size]), shift, { axis: 0 }), x.shape)
  }
  const axis = normalizeAxis('roll', options?.axis, x.shape)
  const size = x.shape[axis]
  if (size === 0) return x
  const start = (((-shift % size) + size) % size) | 0
  const part = (from: number, to: number): Tensor =>
    slice(
      x,
      x.shape.map((_, i): Range => (i === axis ? [from, to] : null)),
    )
  return start === 0 ? x : concat([part(start, size), part(0, start)], { axis })
}
