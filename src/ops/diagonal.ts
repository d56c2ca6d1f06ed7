import { ShapeError } from '../errors.ts'
import { formatShape } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { gather, scatterRows } from './gather.ts'
import { cast } from './cast.ts'
import { requireTensor } from './operand.ts'
import { reshape } from './reshape.ts'
import type { TriangleOptions } from './triangle.ts'

/** Flat positions of a diagonal in a matrix of `rows` by `columns`. */
function diagonalOf(rows: number, columns: number, diagonal: number): Int32Array {
  const [row, column] = diagonal >= 0 ? [0, diagonal] : [-diagonal, 0]
  const count = Math.max(0, Math.min(rows - row, columns - column))
  return Int32Array.from({ length: count }, (_, i) => (row + i) * columns + column + i)
}

/**
 * A matrix with a vector on its diagonal, or the diagonals of matrices in the last two axes.
 *
 *   [n] → [n + |diagonal|, n + |diagonal|]      [..., m, n] → [..., length of the diagonal]
 *
 * @throws ShapeError for a scalar
 * @example diag(tensor([1, 2]))   // [[1, 0], [0, 2]]
 */
export function diag(x: Tensor, options: TriangleOptions = {}): Tensor {
  requireTensor('diag', x)
  const { diagonal = 0 } = options ?? {}
  if (x.rank === 0 || !Number.isInteger(diagonal)) {
    throw new ShapeError({
      operation: 'diag',
      problem: `needs a vector or matrices and a whole number as diagonal, got ${formatShape(x.shape)} and ${diagonal}.`,
      hint: 'reshape a single number to [1].',
      shapes: [x.shape],
    })
  }
  if (x.rank === 1) {
    const size = x.size + Math.abs(diagonal)
    const positions = fromCold(diagonalOf(size, size, diagonal), [x.size], 'int32')
    const numbers = x.dtype === 'bool' ? cast(x, 'int32') : x
    return cast(reshape(scatterRows(numbers, positions, 0, size * size), [size, size]), x.dtype)
  }
  const [rows, columns] = x.shape.slice(-2)
  const positions = diagonalOf(rows, columns, diagonal)
  const flat = reshape(x, [...x.shape.slice(0, -2), rows * columns])
  return gather(flat, fromCold(positions, [positions.length], 'int32'), { axis: -1 })
}
