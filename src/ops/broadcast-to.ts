import { ShapeError } from '../errors.ts'
import { checkShape, formatShape, requireList, sameShape, type Shape, stridesOf } from '../tensor/shape.ts'
import type { Sizes } from '../tensor/shape-types.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { defineOp } from './define.ts'
import { padRank } from './map-rules.ts'
import { copyWalk } from './move.ts'
import { requireTensor } from './operand.ts'

const broadcastOp = defineOp<{ shape: Shape }>('broadcastTo', {
  shape: ([x], { shape }) => {
    const lead = shape.length - x.rank
    if (lead < 0 || x.shape.some((size, i) => size !== 1 && size !== shape[lead + i])) {
      throw new ShapeError({
        operation: 'broadcastTo',
        problem: `cannot turn ${formatShape(x.shape)} into ${formatShape(shape)}.`,
        hint: 'counted from the last axis, each size must be equal or 1.',
        shapes: [x.shape, shape],
      })
    }
    return shape
  },
  dtype: ([x]) => x.dtype,
  forward: ([x], out, _, engine) => {
    const own = stridesOf(x.shape)
    const lead = out.rank - x.rank
    const strides = out.shape.map((_size, i) => (i < lead || x.shape[i - lead] === 1 ? 0 : own[i - lead]))
    copyWalk(engine, out, { offset: 0, strides: stridesOf(out.shape) }, x, { offset: 0, strides }, out.shape)
  },
  gradient: ([x], g) => [() => g.sumTo(x.shape)],
  readsValues: false,
  map: ([input], { shape }, run, size) => run([padRank(input, shape.length)], { shape: [size, ...shape] }),
})

/**
 * Repeats along axes of size 1 (and new leading axes) until the tensor has `shape`.
 *
 * @throws ShapeError when a size is neither equal nor 1
 * @example broadcastTo(tensor([[1], [2]]), [2, 3])   // [[1, 1, 1], [2, 2, 2]]
 */
export function broadcastTo<const S extends number[]>(x: Tensor, shape: Sizes<S>): Tensor<S> {
  requireTensor('broadcastTo', x)
  requireList('broadcastTo', 'as shape', shape)
  if (sameShape(x.shape, shape)) return x
  checkShape('broadcastTo', shape)
  return broadcastOp([x], { shape })
}
