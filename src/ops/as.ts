import { ShapeError } from '../errors.ts'
import { formatShape, requireList, sameShape } from '../tensor/shape.ts'
import type { Sizes } from '../tensor/shape-types.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { requireTensor } from './operand.ts'

/**
 * The tensor itself, with a shape that the types know from here on; nothing is copied or changed.
 *
 * @throws ShapeError when it has another shape
 * @example as(tensor([[1, 2], [3, 4]]), [2, 2])   // Tensor<[2, 2]>
 */
export function as<const S extends number[]>(x: Tensor, shape: Sizes<S>): Tensor<S> {
  requireTensor('as', x)
  requireList('as', 'as shape', shape)
  if (!sameShape(x.shape, shape)) {
    throw new ShapeError({
      operation: 'as',
      problem: `needs the shape ${formatShape(shape)}, got ${formatShape(x.shape)}.`,
      hint: 'reshape() changes a shape, as() only checks it.',
      shapes: [shape, x.shape],
    })
  }
  return x
}
