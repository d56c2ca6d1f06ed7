import { ShapeError } from '../errors.ts'
import {
  checkShape,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  requireList,
  type Shape,
  sizeOf,
} from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { defineView } from './define.ts'
import type { Reshape } from './movement-types.ts'
import { requireTensor } from './operand.ts'

/** Fills in the one size given as −1. */
function inferredShape(from: Shape, shape: Shape): Shape {
  const unknown = shape.indexOf(-1)
  const size = sizeOf(from)
  let result = shape
  if (unknown >= 0) {
    const known = shape.reduce((product, s, i) => (i === unknown ? product : product * s), 1)
    const missing = known === 0 ? 0 : size / known
    if (shape.lastIndexOf(-1) !== unknown || !Number.isInteger(missing)) throw cannotReshape(from, shape)
    result = shape.map((s, i) => (i === unknown ? missing : s))
  }
  checkShape('reshape', result)
  if (sizeOf(result) !== size) throw cannotReshape(from, shape)
  return result
}

const cannotReshape = (from: Shape, to: Shape): ShapeError =>
  new ShapeError({
    operation: 'reshape',
    problem: `cannot turn ${formatShape(from)} (${sizeOf(from)} elements) into ${formatShape(to)}.`,
    hint: 'the number of elements stays the same; at most one size may be -1.',
    shapes: [from, to],
  })

const reshapeOp = defineView<{ shape: Shape }>(
  'reshape',
  (x, { shape }) => inferredShape(x.shape, shape),
  (g, inputShape) => g.reshape(inputShape),
)

/**
 * The same numbers, in the same order, under another shape; nothing is copied. One size may be −1.
 *
 * @throws ShapeError when the number of elements would change
 * @example reshape(arange(6), [2, -1])   // [[0, 1, 2], [3, 4, 5]]
 */
export const reshape: Reshape = (x: Tensor, shape: Shape): Tensor => {
  requireTensor('reshape', x)
  requireList('reshape', 'as shape', shape)
  return reshapeOp(x, { shape })
}

/**
 * Inserts an axis of size 1 at `axis` (−1: after the last).
 *
 * @example expandDims(ones([2, 3]), { axis: 1 }).shape   // [2, 1, 3]
 */
export function expandDims(x: Tensor, options: { readonly axis: number }): Tensor {
  requireTensor('expandDims', x)
  const { axis } = options ?? {}
  const rank = x.rank + 1
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ShapeError({
      operation: 'expandDims',
      problem: `cannot insert an axis at ${axis} into ${formatShape(x.shape)}.`,
      hint: `axis goes from ${-rank} to ${rank - 1}.`,
      shapes: [x.shape],
    })
  }
  const position = axis < 0 ? axis + rank : axis
  return reshape(x, [...x.shape.slice(0, position), 1, ...x.shape.slice(position)])
}

/**
 * Removes axes of size 1: those named, or all of them.
 * @throws ShapeError when a named axis has another size
 * @example squeeze(ones([2, 1, 3])).shape   // [2, 3]
 */
export function squeeze(x: Tensor, options: { readonly axis?: number | readonly number[] } = {}): Tensor {
  requireTensor('squeeze', x)
  const { axis } = options ?? {}
  if (axis === undefined)
    return reshape(
      x,
      x.shape.filter(size => size !== 1),
    )
  const axes = normalizeAxes('squeeze', axis, x.shape)
  for (const a of axes) {
    if (x.shape[a] !== 1) {
      throw new ShapeError({
        operation: 'squeeze',
        problem: `cannot remove axis ${a} of ${formatShape(x.shape)}: its size is ${x.shape[a]} ≠ 1.`,
        hint: 'only axes of size 1 can go; to select one entry use slice or gather.',
        shapes: [x.shape],
      })
    }
  }
  return reshape(
    x,
    x.shape.filter((_, i) => !axes.includes(i)),
  )
}

/** Merges the axes `start` … `end` (inclusive; all by default) into one. */
export function flatten(x: Tensor, options: { readonly start?: number; readonly end?: number } = {}): Tensor {
  requireTensor('flatten', x)
  if (x.rank === 0) return reshape(x, [1])
  const start = normalizeAxis('flatten', options?.start ?? 0, x.shape)
  const end = normalizeAxis('flatten', options?.end ?? -1, x.shape)
  if (start > end) {
    throw new ShapeError({
      operation: 'flatten',
      problem: `needs start ≤ end, got ${start} and ${end} for ${formatShape(x.shape)}.`,
      hint: 'swap them.',
      shapes: [x.shape],
    })
  }
  const merged = sizeOf(x.shape.slice(start, end + 1))
  return reshape(x, [...x.shape.slice(0, start), merged, ...x.shape.slice(end + 1)])
}
