import { ShapeError } from '../../errors.ts'
import { broadcastShapes, formatShape, sameShape } from '../../tensor/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { broadcastTo } from '../broadcast-to.ts'
import { at, defineOp, type Op } from '../define.ts'
import { mapLeading } from '../map-rules.ts'
import { toFloat } from '../operand.ts'
import { reshape } from '../reshape.ts'
import { factorLu, solveLu } from './lu.ts'
import {
  batchOf,
  batchSize,
  numbersOf,
  readMatrix,
  requireSquare,
  singular,
  writeMatrix,
} from './matrices.ts'

/** a [..., n, n] and b [..., n, k], of one batch shape. */
const solveOp: Op<null> = defineOp('solve', {
  shape: ([, b]) => b.shape,
  forward: ([a, b], out, _, engine) => {
    at(engine, a)
    at(engine, b)
    const to = numbersOf(engine, out)
    const [left, right] = [numbersOf(engine, a), numbersOf(engine, b)]
    const [n, columns] = b.shape.slice(-2)
    for (let i = 0; i < batchSize(a); i++) {
      const lu = factorLu(readMatrix(left, n * n, i), n)
      if (lu.isSingular) throw singular('solve', a, i)
      writeMatrix(to, solveLu(lu, readMatrix(right, n * columns, i), columns), i)
    }
  },
  // A·X = B: dB = A⁻ᵀ G, dA = −dB Xᵀ.
  gradient: ([a], g, _, x) => {
    const toRight = (): Tensor => solveOp([a.transpose(), g], null)
    return [() => toRight().matmul(x, { transposeB: true }).neg(), toRight]
  },
  map: mapLeading,
})

/**
 * X in A·X = B, by elimination with pivoting in double precision; leading axes broadcast.
 *
 *   [..., n, n], [..., n, k] → [..., n, k]      [..., n, n], [n] → [..., n]
 *
 * A right side counts as vectors where it has one axis, or the shape of A without its last axis.
 *
 * @throws ShapeError when the sizes do not fit; ValueError for a singular matrix
 * @example linalg.solve(tensor([[2, 0], [0, 4]]), tensor([2, 4]))   // [1, 1]
 */
export function solve(a: Tensor, b: Tensor): Tensor {
  const left = toFloat('linalg.solve', a)
  const right = toFloat('linalg.solve', b)
  requireSquare('solve', left)
  const n = left.shape[left.rank - 1]
  const isVector = right.rank === 1 || sameShape(right.shape, left.shape.slice(0, -1))
  const columns = isVector ? reshape(right, [...right.shape, 1]) : right
  if (columns.rank < 2 || columns.shape[columns.rank - 2] !== n) {
    throw new ShapeError({
      operation: 'linalg.solve',
      problem: `needs right sides with ${n} rows, got ${formatShape(right.shape)} for ${formatShape(left.shape)}.`,
      hint: 'the right side is [..., n, k], or [n] for one vector.',
      shapes: [left.shape, right.shape],
    })
  }
  const batch = broadcastShapes('linalg.solve', batchOf(left), batchOf(columns))
  const x = solveOp(
    [
      broadcastTo(left, [...batch, n, n]),
      broadcastTo(columns, [...batch, n, columns.shape[columns.rank - 1]]),
    ],
    null,
  )
  return isVector ? reshape(x, x.shape.slice(0, -1)) : x
}
