import { zerosLike } from '../../tensor/creation.ts'
import { emptyTensor, fromCold, type Tensor } from '../../tensor/tensor.ts'
import { concat } from '../concat.ts'
import { at, defineFused } from '../define.ts'
import { toFloat } from '../operand.ts'
import { type Range, slice } from '../slice.ts'
import { inverse } from './inverse.ts'
import { batchOf, batchSize, numbersOf, readMatrix, requireMatrices, writeMatrix } from './matrices.ts'

/** Householder reflections of one matrix [m, n], m ≥ n; the signs are those of LAPACK. */
function reflect(a: Float64Array, m: number, n: number): { q: Float64Array; r: Float64Array } {
  const vectors: Float64Array[] = []
  for (let k = 0; k < n; k++) {
    const v = new Float64Array(m)
    let tail = 0
    for (let i = k + 1; i < m; i++) tail += a[i * n + k] ** 2
    if (tail > 0) {
      const first = a[k * n + k]
      const norm = Math.sqrt(first * first + tail)
      v[k] = first + (first < 0 ? -norm : norm)
      for (let i = k + 1; i < m; i++) v[i] = a[i * n + k]
      applyReflection(a, v, m, n, k)
    }
    vectors.push(v)
  }
  const r = new Float64Array(n * n)
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) r[i * n + j] = a[i * n + j]
  const q = new Float64Array(m * n)
  for (let i = 0; i < n; i++) q[i * n + i] = 1
  for (let k = n - 1; k >= 0; k--) applyReflection(q, vectors[k], m, n, k)
  return { q, r }
}

/** A ← (I − 2 v vᵀ / vᵀv) A, where v is 0 before `from`; a v of zeros stands for the identity. */
function applyReflection(a: Float64Array, v: Float64Array, m: number, n: number, from: number): void {
  let squared = 0
  for (let i = from; i < m; i++) squared += v[i] * v[i]
  if (squared === 0) return
  for (let j = 0; j < n; j++) {
    let dot = 0
    for (let i = from; i < m; i++) dot += v[i] * a[i * n + j]
    const factor = (2 * dot) / squared
    for (let i = from; i < m; i++) a[i * n + j] -= factor * v[i]
  }
}

/** Ones below the diagonal and on it where `withDiagonal`. */
const lowerTriangle = (n: number, withDiagonal: boolean): Tensor =>
  fromCold(
    Float32Array.from({ length: n * n }, (_, i) => {
      const below = Math.floor(i / n) - (i % n)
      return below > 0 || (withDiagonal && below === 0) ? 1 : 0
    }),
    [n, n],
    'float32',
  )

/** Tall matrices [..., m, n], m ≥ n, to Q [..., m, n] and R [..., n, n]. */
const qrOp = defineFused<null>('qr', {
  forward: ([a], _attributes, engine) => {
    const [m, n] = a.shape.slice(-2)
    const q = emptyTensor(a.shape, 'float32')
    const r = emptyTensor([...batchOf(a), n, n], 'float32')
    at(engine, a)
    const [toQ, toR, from] = [numbersOf(engine, q), numbersOf(engine, r), numbersOf(engine, a)]
    for (let i = 0; i < batchSize(a); i++) {
      const factors = reflect(readMatrix(from, m * n, i), m, n)
      writeMatrix(toQ, factors.q, i)
      writeMatrix(toR, factors.r, i)
    }
    return { outputs: [q, r], saved: [] }
  },
  // M = R Gᵣᵀ − G_qᵀ Q; dA = (G_q + Q·sym(M)) R⁻ᵀ, where sym mirrors the lower triangle (Walter & Lehmann 2010).
  gradient: ({ outputs: [q, r] }, _, [gq, gr]) => [
    () => {
      const n = r.shape[r.rank - 1]
      const toQ = gq ?? zerosLike(q)
      const toR = gr ?? zerosLike(r)
      const m = r.matmul(toR, { transposeB: true }).sub(toQ.matmul(q, { transposeA: true }))
      const mirrored = m.mul(lowerTriangle(n, true)).add(m.mul(lowerTriangle(n, false)).transpose())
      return toQ.add(q.matmul(mirrored)).matmul(inverse(r), { transposeB: true })
    },
  ],
})

/** Q with orthonormal columns, and R upper triangular. */
export interface Qr {
  readonly q: Tensor
  readonly r: Tensor
}

/** All of a matrix but columns outside start … stop. */
const columns = (a: Tensor, start: number, stop: number): Tensor =>
  slice(a, [...a.shape.slice(0, -1).map((): Range => null), [start, stop]])

/**
 * The reduced factorisation A = Q·R by Householder reflections in double precision, k = min(m, n).
 *
 *   [..., m, n] → q [..., m, k], r [..., k, n]
 *
 * @throws ShapeError without two axes; ValueError in the gradient where the first k columns depend on each other
 * @example linalg.qr(tensor([[3, 0], [4, 5]])).r   // [[-5, -4], [0, 3]]
 */
export function qr(a: Tensor): Qr {
  const matrices = toFloat('linalg.qr', a)
  requireMatrices('qr', matrices)
  const [m, n] = matrices.shape.slice(-2)
  if (m >= n) {
    const [q, r] = qrOp([matrices], null)
    return { q, r }
  }
  // The first m columns decide Q; the others are its coordinates.
  const { q, r } = qr(columns(matrices, 0, m))
  const rest = q.matmul(columns(matrices, m, n), { transposeA: true })
  return { q, r: concat([r, rest], { axis: -1 }) }
}
