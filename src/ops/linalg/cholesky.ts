import { ValueError } from '../../errors.ts'
import { formatShape } from '../../tensor/shape.ts'
import { fromCold, type Tensor } from '../../tensor/tensor.ts'
import { at, defineOp } from '../define.ts'
import { mapLeading } from '../map-rules.ts'
import { toFloat } from '../operand.ts'
import { inverse } from './inverse.ts'
import { batchSize, numbersOf, readMatrix, requireSquare, whichMatrix, writeMatrix } from './matrices.ts'

/** How far, relative to the largest element, an element may be from its mirror image: rounding of float32 products. */
const ASYMMETRY = 1e-4

function requireSymmetric(a: Tensor, values: Float64Array, n: number, index: number): void {
  const largest = values.reduce((m, value) => Math.max(m, Math.abs(value)), 0)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const [low, high] = [values[i * n + j], values[j * n + i]]
      if (!(Math.abs(low - high) > ASYMMETRY * largest)) continue
      throw new ValueError({
        operation: 'linalg.cholesky',
        problem: `needs symmetric matrices, got ${low} at [${i}, ${j}] and ${high} at [${j}, ${i}]${whichMatrix(a, index)} of ${formatShape(a.shape)}.`,
        hint: 'symmetrise it: add(a, transpose(a)).mul(0.5).',
        argument: 'a',
      })
    }
  }
}

/** The lower factor of one matrix, from its lower triangle. */
function factor(a: Tensor, values: Float64Array, n: number, index: number): Float64Array {
  const l = new Float64Array(n * n)
  for (let j = 0; j < n; j++) {
    let rest = values[j * n + j]
    for (let k = 0; k < j; k++) rest -= l[j * n + k] ** 2
    if (rest <= 0) {
      throw new ValueError({
        operation: 'linalg.cholesky',
        problem: `needs positive definite matrices: the leading block of ${j + 1} rows is not, in the matrix${whichMatrix(a, index)} of ${formatShape(a.shape)}.`,
        hint: 'add a small multiple of eye(n) to a covariance that is nearly singular.',
        argument: 'a',
      })
    }
    const diagonal = Math.sqrt(rest)
    l[j * n + j] = diagonal
    for (let i = j + 1; i < n; i++) {
      let sum = values[i * n + j]
      for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k]
      l[i * n + j] = sum / diagonal
    }
  }
  return l
}

/** Ones below the diagonal and halves on it. */
const halfTriangle = (n: number): Tensor =>
  fromCold(
    Float32Array.from({ length: n * n }, (_, i) => {
      const below = Math.floor(i / n) - (i % n)
      return below > 0 ? 1 : below === 0 ? 0.5 : 0
    }),
    [n, n],
    'float32',
  )

const choleskyOp = defineOp<null>('cholesky', {
  shape: ([a]) => a.shape,
  forward: ([a], out, _, engine) => {
    at(engine, a)
    const [to, from] = [numbersOf(engine, out), numbersOf(engine, a)]
    const n = a.shape[a.rank - 1]
    for (let i = 0; i < batchSize(a); i++) {
      const values = readMatrix(from, n * n, i)
      requireSymmetric(a, values, n, i)
      writeMatrix(to, factor(a, values, n, i), i)
    }
  },
  // S = L⁻ᵀ Φ(Lᵀ G) L⁻¹ with Φ the lower triangle, its diagonal halved; dA = (S + Sᵀ)/2 (Murray 2016).
  gradient: (_inputs, g, _attributes, l) => [
    () => {
      const n = l.shape[l.rank - 1]
      const phi = l.matmul(g, { transposeA: true }).mul(halfTriangle(n))
      const inverted = inverse(l)
      const s = inverted.matmul(phi, { transposeA: true }).matmul(inverted)
      return s.add(s.transpose()).mul(0.5)
    },
  ],
  map: mapLeading,
})

/**
 * The lower triangular L with L·Lᵀ = A, for symmetric positive definite matrices. Only the lower triangle is read,
 * and the gradient is symmetric.
 *
 *   [..., n, n] → [..., n, n]
 *
 * @throws ShapeError for matrices that are not square; ValueError for one that is not symmetric or not positive definite
 * @example linalg.cholesky(tensor([[4, 2], [2, 5]]))   // [[2, 0], [1, 2]]
 */
export function cholesky(a: Tensor): Tensor {
  const matrices = toFloat('linalg.cholesky', a)
  requireSquare('cholesky', matrices)
  return choleskyOp([matrices], null)
}
