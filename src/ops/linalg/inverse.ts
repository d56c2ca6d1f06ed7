import type { Tensor } from '../../tensor/tensor.ts'
import { at, defineOp } from '../define.ts'
import { mapLeading } from '../map-rules.ts'
import { toFloat } from '../operand.ts'
import { factorLu, invertLu } from './lu.ts'
import { batchSize, numbersOf, readMatrix, requireSquare, singular, writeMatrix } from './matrices.ts'

const inverseOp = defineOp<null>('inverse', {
  shape: ([a]) => a.shape,
  forward: ([a], out, _, engine) => {
    at(engine, a)
    const [to, from] = [numbersOf(engine, out), numbersOf(engine, a)]
    const n = a.shape[a.rank - 1]
    for (let i = 0; i < batchSize(a); i++) {
      const lu = factorLu(readMatrix(from, n * n, i), n)
      if (lu.isSingular) throw singular('inverse', a, i)
      writeMatrix(to, invertLu(lu), i)
    }
  },
  // A·Y = I: dY = −Y dA Y, so the gradient is −Yᵀ G Yᵀ.
  gradient: (_inputs, g, _attributes, y) => [
    () => y.matmul(g, { transposeA: true }).matmul(y, { transposeB: true }).neg(),
  ],
  map: mapLeading,
})

/**
 * A⁻¹ of square matrices, eliminated in double precision. To solve a system use `solve`, which is more exact.
 *
 *   [..., n, n] → [..., n, n]
 *
 * @throws ShapeError for matrices that are not square; ValueError for a singular one
 * @example linalg.inverse(tensor([[2, 0], [0, 4]]))   // [[0.5, 0], [0, 0.25]]
 */
export function inverse(a: Tensor): Tensor {
  const matrices = toFloat('linalg.inverse', a)
  requireSquare('inverse', matrices)
  return inverseOp([matrices], null)
}
