import { readStorage } from '../../engine/engine.ts'
import { zeros } from '../../tensor/creation.ts'
import { levelOf, unwrapMapped } from '../../tensor/mapped.ts'
import { fromCold, type Tensor } from '../../tensor/tensor.ts'
import { at, defineOp, type Op } from '../define.ts'
import { gather } from '../gather.ts'
import { mapLeading } from '../map-rules.ts'
import { toFloat } from '../operand.ts'
import { inverse } from './inverse.ts'
import { factorLu, type Lu } from './lu.ts'
import { batchOf, batchSize, numbersOf, readMatrix, requireSquare } from './matrices.ts'

/** The diagonal of U. */
const pivots = ({ n, factors }: Lu): Float64Array => factors.filter((_, i) => i % (n + 1) === 0)

/** Defines a number per matrix, from its factors. */
const numberOf = (
  name: string,
  value: (lu: Lu) => number,
  gradient: (a: Tensor, g: Tensor, y: Tensor) => Tensor,
): Op<null> =>
  defineOp(name, {
    shape: ([a]) => batchOf(a),
    forward: ([a], out, _, engine) => {
      at(engine, a)
      const [to, from] = [numbersOf(engine, out), numbersOf(engine, a)]
      const n = a.shape[a.rank - 1]
      for (let i = 0; i < batchSize(a); i++) {
        to.view[to.start + i] = value(factorLu(readMatrix(from, n * n, i), n))
      }
    },
    gradient: ([a], g, _, y) => [() => gradient(a, g, y)],
    map: mapLeading,
  })

const perMatrix = (g: Tensor): Tensor => g.reshape([...g.shape, 1, 1])

/** Whether one matrix of the batch (of any example, inside `vmap`) has no inverse. */
function holdsSingular(a: Tensor): boolean {
  const level = levelOf([a])
  if (level !== null) return holdsSingular(unwrapMapped(a, level).x)
  const n = a.shape[a.rank - 1]
  const numbers = { view: Float64Array.from(readStorage(a.storage)), start: 0 }
  for (let i = 0; i < batchSize(a); i++)
    if (factorLu(readMatrix(numbers, n * n, i), n).isSingular) return true
  return false
}

/** All cofactors from the minors: slower than det(A)·A⁻ᵀ, and there is one for singular matrices too. */
function cofactors(a: Tensor): Tensor {
  const n = a.shape[a.rank - 1]
  if (n === 1) return a.mul(0).add(1)
  const m = n - 1
  const others = new Int32Array(n * m)
  for (let i = 0; i < n; i++) for (let k = 0; k < m; k++) others[i * m + k] = k < i ? k : k + 1
  const index = fromCold(others, [n, m], 'int32')
  const rank = a.rank
  // [..., i, m, n], then [..., i, m, j, m]
  const rows = gather(a, index, { axis: rank - 2 })
  const minors = gather(rows, index, { axis: rank })
  const lead = a.shape.slice(0, -2).map((_, axis) => axis)
  const arranged = minors.permute([...lead, rank - 2, rank, rank - 1, rank + 1])
  return determinantOp([arranged], null).mul(fromCold(checkerboard(n), [n, n], 'float32'))
}

/** (−1)^(row + column) */
const checkerboard = (n: number): Float32Array =>
  Float32Array.from({ length: n * n }, (_, i) => ((Math.floor(i / n) + (i % n)) % 2 === 0 ? 1 : -1))

const determinantOp: Op<null> = numberOf(
  'determinant',
  lu => pivots(lu).reduce((product, pivot) => product * pivot, lu.sign),
  (a, g, y) => perMatrix(g).mul(holdsSingular(a) ? cofactors(a) : perMatrix(y).mul(inverse(a).transpose())),
)

const logDeterminantOp = numberOf(
  'logDeterminant',
  lu => pivots(lu).reduce((sum, pivot) => sum + Math.log(Math.abs(pivot)), 0),
  (a, g) => perMatrix(g).mul(inverse(a).transpose()),
)

const determinantSignOp = numberOf(
  'determinantSign',
  lu => pivots(lu).reduce((sign, pivot) => sign * Math.sign(pivot), lu.sign) + 0,
  a => zeros(a.shape),
)

/**
 * The determinant of square matrices; where a matrix is singular, the gradient is that of its cofactors.
 *
 *   [..., n, n] → [...]
 *
 * @throws ShapeError for matrices that are not square
 * @example linalg.determinant(tensor([[1, 2], [3, 4]]))   // -2
 */
export function determinant(a: Tensor): Tensor {
  const matrices = toFloat('linalg.determinant', a)
  requireSquare('determinant', matrices)
  return determinantOp([matrices], null)
}

/** The determinant as sign · e^logAbs. */
export interface LogDeterminant {
  /** 1 or −1, and 0 for a singular matrix. */
  readonly sign: Tensor
  /** ln |det A|: −∞ for a singular matrix. */
  readonly logAbs: Tensor
}

/**
 * Sign and logarithm of the determinant of square matrices, where the determinant itself would overflow.
 *
 *   [..., n, n] → sign [...], logAbs [...]
 *
 * @throws ShapeError for matrices that are not square; ValueError in the gradient of a singular one
 * @example linalg.logDeterminant(tensor([[1, 0], [0, -1]])).sign   // -1
 */
export function logDeterminant(a: Tensor): LogDeterminant {
  const matrices = toFloat('linalg.logDeterminant', a)
  requireSquare('logDeterminant', matrices)
  return { sign: determinantSignOp([matrices], null), logAbs: logDeterminantOp([matrices], null) }
}
