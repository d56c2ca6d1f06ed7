import { ShapeError, ValueError } from '../errors.ts'
import { formatShape, normalizeAxis, requireList, sameShape, type Shape, stridesOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { cast } from './cast.ts'
import { defineOp } from './define.ts'
import { mapShifted } from './map-rules.ts'
import { copyWalk } from './move.ts'
import { requireTensor } from './operand.ts'
import { expandDims } from './reshape.ts'
import { type Range, slice } from './slice.ts'

/** A range of one axis, everything of the others. */
const rangeOf = (x: Tensor, axis: number, start: number, stop: number): Range[] =>
  x.shape.map((_, i): Range => (i === axis ? [start, stop] : null))

function concatShape(inputs: readonly Tensor[], axis: number): Shape {
  const [first] = inputs
  let size = 0
  for (const x of inputs) {
    const fits = x.rank === first.rank && x.shape.every((s, i) => i === axis || s === first.shape[i])
    if (!fits) {
      throw new ShapeError({
        operation: 'concat',
        problem: `needs equal sizes but for axis ${axis}, got ${formatShape(first.shape)} and ${formatShape(x.shape)}.`,
        hint: 'choose another axis, or join along a new one with stack.',
        shapes: [first.shape, x.shape],
      })
    }
    size += x.shape[axis]
  }
  return first.shape.map((s, i) => (i === axis ? size : s))
}

const concatOp = defineOp<{ axis: number }>('concat', {
  shape: (inputs, { axis }) => concatShape(inputs, axis),
  dtype: ([x]) => x.dtype,
  forward: (inputs, out, { axis }, engine) => {
    const strides = stridesOf(out.shape)
    let start = 0
    for (const x of inputs) {
      const to = { offset: start * strides[axis], strides }
      copyWalk(engine, out, to, x, { offset: 0, strides: stridesOf(x.shape) }, x.shape)
      start += x.shape[axis]
    }
  },
  gradient: (inputs, g, { axis }) => {
    let start = 0
    return inputs.map(x => {
      const from = start
      start += x.shape[axis]
      return () => g.slice(rangeOf(g, axis, from, from + x.shape[axis]))
    })
  },
  readsValues: false,
  map: mapShifted(({ axis }) => ({ axis: axis + 1 })),
})

/** float32 if any of them is, else int32, else bool. */
function alike(operation: string, tensors: readonly Tensor[]): Tensor[] {
  requireList(operation, 'of tensors', tensors)
  if (tensors.length === 0) {
    throw new ValueError({ operation, problem: 'needs at least one tensor, got none.' })
  }
  const types = tensors.map(t => requireTensor(operation, t).dtype)
  const type = types.includes('float32') ? 'float32' : types.includes('int32') ? 'int32' : 'bool'
  return tensors.map(t => cast(t, type))
}

/**
 * Joins tensors along an existing axis (0 by default).
 *
 * @throws ShapeError when another axis differs
 * @example concat([ones([2, 3]), zeros([1, 3])]).shape   // [3, 3]
 */
export function concat(tensors: readonly Tensor[], options: { readonly axis?: number } = {}): Tensor {
  const inputs = alike('concat', tensors)
  return concatOp(inputs, { axis: normalizeAxis('concat', options?.axis ?? 0, inputs[0].shape) })
}

/**
 * Joins tensors of one shape along a new axis (0 by default).
 *
 * @throws ShapeError when the shapes differ
 * @example stack([zeros([3]), ones([3])]).shape   // [2, 3]
 */
export function stack(tensors: readonly Tensor[], options: { readonly axis?: number } = {}): Tensor {
  const inputs = alike('stack', tensors)
  const [first] = inputs
  const other = inputs.find(x => !sameShape(x.shape, first.shape))
  if (other !== undefined) {
    throw new ShapeError({
      operation: 'stack',
      problem: `needs equal shapes, got ${formatShape(first.shape)} and ${formatShape(other.shape)}.`,
      hint: 'pad or slice them first, or join them along an existing axis with concat.',
      shapes: [first.shape, other.shape],
    })
  }
  const { axis = 0 } = options ?? {}
  return concat(
    inputs.map(x => expandDims(x, { axis })),
    { axis: axis < 0 ? axis + first.rank + 1 : axis },
  )
}

/**
 * Cuts a tensor along an axis (0 by default): into `parts` equal parts, or into parts of the given sizes.
 *
 * @throws ShapeError when the parts do not make up the axis
 * @example split(arange(6), [2, 4])   // [0, 1] and [2, 3, 4, 5]
 */
export function split(
  x: Tensor,
  parts: number | readonly number[],
  options: { readonly axis?: number } = {},
): Tensor[] {
  requireTensor('split', x)
  const axis = normalizeAxis('split', options?.axis ?? 0, x.shape)
  const length = x.shape[axis]
  const isCount = typeof parts === 'number'
  const count = isCount && Number.isInteger(parts) && parts > 0 ? parts : 0
  const sizes = isCount ? new Array<number>(count).fill(length / count) : parts
  requireList('split', 'as parts a number or', sizes)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  if (
    (isCount && count === 0) ||
    total !== length ||
    sizes.some(size => !Number.isInteger(size) || size < 0)
  ) {
    throw new ShapeError({
      operation: 'split',
      problem: `cannot cut axis ${axis} of ${formatShape(x.shape)} (${length}) into ${isCount ? `${parts} equal parts` : `[${sizes.join(', ')}]`}.`,
      hint: 'give sizes that sum to the axis, or a number that divides it.',
      shapes: [x.shape],
    })
  }
  let start = 0
  return sizes.map(size => {
    const part = slice(x, rangeOf(x, axis, start, start + size))
    start += size
    return part
  })
}
