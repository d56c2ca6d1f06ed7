import { ShapeError } from '../errors.ts'
import { formatShape, normalizeAxis, requireList, type Shape, stridesOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { defineOp } from './define.ts'
import { mapShifted } from './map-rules.ts'
import { copyWalk } from './move.ts'
import type { Transpose } from './movement-types.ts'
import { requireTensor } from './operand.ts'

function inverse(axes: readonly number[]): number[] {
  const result = new Array<number>(axes.length)
  axes.forEach((axis, i) => {
    result[axis] = i
  })
  return result
}

const permuteOp = defineOp<{ axes: readonly number[] }>('permute', {
  shape: ([x], { axes }) => axes.map(axis => x.shape[axis]),
  dtype: ([x]) => x.dtype,
  forward: ([x], out, { axes }, engine) => {
    const own = stridesOf(x.shape)
    const from = { offset: 0, strides: axes.map(axis => own[axis]) }
    copyWalk(engine, out, { offset: 0, strides: stridesOf(out.shape) }, x, from, out.shape)
  },
  gradient: (_, g, { axes }) => [() => g.permute(inverse(axes))],
  readsValues: false,
  map: mapShifted(({ axes }) => ({ axes: [0, ...axes.map(axis => axis + 1)] })),
})

/**
 * Reorders the axes: axis i of the result is axis `axes[i]` of x.
 *
 * @throws ShapeError unless `axes` names every axis once
 * @example permute(zeros([2, 3, 4]), [2, 0, 1]).shape   // [4, 2, 3]
 */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  requireTensor('permute', x)
  requireList('permute', 'of axes', axes)
  const normal = axes.map(axis => normalizeAxis('permute', axis, x.shape))
  if (normal.length !== x.rank || new Set(normal).size !== x.rank) {
    throw new ShapeError({
      operation: 'permute',
      problem: `needs every axis of ${formatShape(x.shape)} once, got [${axes.join(', ')}].`,
      hint: 'for two axes only, use transpose(x, { axes: [a, b] }).',
      shapes: [x.shape],
    })
  }
  return normal.every((axis, i) => axis === i) ? x : permuteOp([x], { axes: normal })
}

/**
 * Swaps two axes, the last two by default.
 *
 *   [..., m, n] → [..., n, m]
 *
 * @throws ShapeError for a tensor with fewer than two axes
 * @example transpose(tensor([[1, 2], [3, 4]]))   // [[1, 3], [2, 4]]
 */
export const transpose: Transpose = (
  x: Tensor,
  options: { readonly axes?: readonly [number, number] } = {},
): Tensor => {
  requireTensor('transpose', x)
  if (options?.axes !== undefined) requireList('transpose', 'of two axes', options.axes)
  else if (x.rank < 2) {
    throw new ShapeError({
      operation: 'transpose',
      problem: `needs at least two axes, got ${formatShape(x.shape)}.`,
      hint: 'reshape or expandDims it to [1, n] or [n, 1] first.',
      shapes: [x.shape],
    })
  }
  const [a, b] = (options?.axes ?? [-2, -1]).map(axis => normalizeAxis('transpose', axis, x.shape))
  const axes: number[] = x.shape.map((_, i): number => (i === a ? b : i === b ? a : i))
  return permute(x, axes)
}

/** The shape of a matrix product's operand seen transposed. */
export const transposedShape = (shape: Shape): Shape => [
  ...shape.slice(0, -2),
  shape[shape.length - 1],
  shape[shape.length - 2],
]
