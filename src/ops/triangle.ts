import { ShapeError } from '../errors.ts'
import { formatShape } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { cast } from './cast.ts'
import { requireTensor } from './operand.ts'
import { where } from './where.ts'

export interface TriangleOptions {
  /** Which diagonal bounds the triangle: 0 the main one, positive above, negative below. Default 0. */
  readonly diagonal?: number
}

function triangle(
  name: string,
  x: Tensor,
  keeps: (row: number, column: number, diagonal: number) => boolean,
  options: TriangleOptions,
): Tensor {
  const { diagonal = 0 } = options ?? {}
  requireTensor(name, x)
  if (x.rank < 2) {
    throw new ShapeError({
      operation: name,
      problem: `needs at least two axes, got ${formatShape(x.shape)}.`,
      hint: 'expandDims adds one.',
      shapes: [x.shape],
    })
  }
  const [rows, columns] = x.shape.slice(-2)
  const mask = Int32Array.from({ length: rows * columns }, (_, i) =>
    keeps(Math.floor(i / columns), i % columns, diagonal) ? 1 : 0,
  )
  return cast(where(fromCold(mask, [rows, columns], 'bool'), x, 0), x.dtype)
}

/**
 * The lower triangle of the last two axes, including `diagonal`; zeros above.
 *
 * @example tril(tensor([[1, 2], [3, 4]]))   // [[1, 0], [3, 4]]
 */
export const tril = (x: Tensor, options: TriangleOptions = {}): Tensor =>
  triangle('tril', x, (row, column, diagonal) => column - row <= diagonal, options)

/**
 * The upper triangle of the last two axes, including `diagonal`; zeros below.
 *
 * @example triu(tensor([[1, 2], [3, 4]]))   // [[1, 2], [0, 4]]
 */
export const triu = (x: Tensor, options: TriangleOptions = {}): Tensor =>
  triangle('triu', x, (row, column, diagonal) => column - row >= diagonal, options)
