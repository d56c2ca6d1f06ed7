import type { Engine } from '../engine/engine.ts'
import { ShapeError } from '../errors.ts'
import { broadcastShapes, formatShape, type Shape, sizeOf, stridesOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { at, defineOp } from './define.ts'
import type { Matmul } from './matmul-types.ts'
import { padRank, rankOf } from './map-rules.ts'
import { requireTensor, toFloat } from './operand.ts'
import { transposedShape } from './permute.ts'
import { reshape } from './reshape.ts'

export interface MatmulOptions {
  /** Use the left operand with its last two axes swapped (without copying it). Default false. */
  readonly transposeA?: boolean
  /** Use the right operand with its last two axes swapped (without copying it). Default false. */
  readonly transposeB?: boolean
}

type Flags = Required<MatmulOptions>

function matmulShape(a: Tensor, b: Tensor, { transposeA, transposeB }: Flags): Shape {
  const left = transposeA ? transposedShape(a.shape) : a.shape
  const right = transposeB ? transposedShape(b.shape) : b.shape
  const inner = left[left.length - 1]
  if (inner !== right[right.length - 2]) throw unequalInner(a, b, inner, right[right.length - 2])
  const batch = broadcastShapes('matmul', left.slice(0, -2), right.slice(0, -2))
  return [...batch, left[left.length - 2], right[right.length - 1]]
}

const unequalInner = (a: Tensor, b: Tensor, left: number, right: number): ShapeError =>
  new ShapeError({
    operation: 'matmul',
    problem: `needs equal inner sizes, got ${formatShape(a.shape)} · ${formatShape(b.shape)} (${left} ≠ ${right}).`,
    hint: 'the last axis of the left operand meets the second last of the right; transposeA and transposeB swap them.',
    shapes: [a.shape, b.shape],
  })

/** How far operand `shape` moves, in elements, along each batch axis of the result (0 where it is repeated). */
function batchStrides(shape: Shape, batch: Shape): number[] {
  const own = stridesOf(shape)
  const lead = batch.length - (shape.length - 2)
  return batch.map((_, i) => (i < lead || shape[i - lead] === 1 ? 0 : own[i - lead]))
}

function runMatmul(
  a: Tensor,
  b: Tensor,
  out: Tensor,
  { transposeA, transposeB }: Flags,
  engine: Engine,
): void {
  const [m, n] = out.shape.slice(-2)
  const k = a.shape[a.rank - (transposeA ? 2 : 1)]
  const target = at(engine, out)
  const left = at(engine, a)
  const right = at(engine, b)
  const lda = transposeA ? m : k
  const ldb = transposeB ? k : n
  const { gemm } = engine.kernels
  const batch = out.shape.slice(0, -2)
  const count = sizeOf(batch)
  if (count === 1) {
    gemm(transposeA, transposeB, m, n, k, left, lda, right, ldb, target, n, false)
    return
  }
  const bytes = 1 << engine.memory.floatShift
  const leftStrides = batchStrides(a.shape, batch)
  const rightStrides = batchStrides(b.shape, batch)
  for (let i = 0; i < count; i++) {
    let rest = i
    let p = 0
    let q = 0
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      const position = rest % batch[axis]
      rest = (rest - position) / batch[axis]
      p += position * leftStrides[axis]
      q += position * rightStrides[axis]
    }
    const to = target + i * m * n * bytes
    gemm(transposeA, transposeB, m, n, k, left + p * bytes, lda, right + q * bytes, ldb, to, n, false)
  }
}

const matmulOp = defineOp<Flags>('matmul', {
  shape: ([a, b], flags) => matmulShape(a, b, flags),
  forward: ([a, b], out, flags, engine) => runMatmul(a, b, out, flags, engine),
  gradient: ([a, b], g, { transposeA, transposeB }) => [
    // C = A·B: dA = G·Bᵀ. With A transposed: dA = B·Gᵀ.
    () =>
      transposeA
        ? b.matmul(g, { transposeA: transposeB, transposeB: true })
        : g.matmul(b, { transposeB: !transposeB }),
    // dB = Aᵀ·G. With B transposed: dB = Gᵀ·A.
    () =>
      transposeB
        ? g.matmul(a, { transposeA: true, transposeB: transposeA })
        : a.matmul(g, { transposeA: !transposeA }),
  ],
  map: (inputs, flags) => {
    const rank = Math.max(...inputs.map(rankOf))
    const [a, b] = inputs.map(input => padRank(input, rank))
    return matmul(a, b, flags)
  },
})

/**
 * Matrix product of the last two axes; leading axes broadcast. A vector on the left counts as one row, on the
 * right as one column, and that axis is dropped again.
 *
 *   [..., m, k] · [..., k, n] → [..., m, n]
 *
 * @throws ShapeError when the inner sizes differ, or an operand is a scalar
 * @example matmul(ones([2, 3]), ones([3, 4]))   // [2, 4], every entry 3
 */
export const matmul: Matmul = (a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor => {
  const left = toFloat('matmul', a)
  const right = toFloat('matmul', b)
  const flags: Flags = { transposeA: options?.transposeA ?? false, transposeB: options?.transposeB ?? false }
  if (left.rank === 0 || right.rank === 0) {
    throw new ShapeError({
      operation: 'matmul',
      problem: `needs operands with axes, got ${formatShape(left.shape)} · ${formatShape(right.shape)}.`,
      hint: 'multiply by a scalar with mul.',
      shapes: [left.shape, right.shape],
    })
  }
  if (left.rank === 2 && right.rank === 2) return matmulOp([left, right], flags)
  return matmulOfRanks(left, right, flags)
}

/** Vectors become matrices, and rows of a batch that meet one matrix are multiplied in one go. */
function matmulOfRanks(left: Tensor, right: Tensor, flags: Flags): Tensor {
  if (right.rank === 1) {
    const column = matmul(left, reshape(right, [right.shape[0], 1]), { ...flags, transposeB: false })
    return reshape(column, column.shape.slice(0, -1))
  }
  if (left.rank === 1) {
    const row = matmul(reshape(left, [1, left.shape[0]]), right, { ...flags, transposeA: false })
    return reshape(
      row,
      row.shape.filter((_, i) => i !== row.rank - 2),
    )
  }
  if (right.rank === 2 && !flags.transposeA) {
    const shape = matmulShape(left, right, flags)
    const k = left.shape[left.rank - 1]
    const rows = matmulOp([reshape(left, [sizeOf(left.shape.slice(0, -1)), k]), right], flags)
    return reshape(rows, shape)
  }
  return matmulOp([left, right], flags)
}

/**
 * Outer product: [m] ⊗ [n] → [m, n].
 *
 * @example outer(tensor([1, 2]), tensor([3, 4]))   // [[3, 4], [6, 8]]
 */
export function outer(a: Tensor, b: Tensor): Tensor {
  requireTensor('outer', a)
  requireTensor('outer', b)
  if (a.rank !== 1 || b.rank !== 1) {
    throw new ShapeError({
      operation: 'outer',
      problem: `needs two vectors, got ${formatShape(a.shape)} and ${formatShape(b.shape)}.`,
      hint: 'flatten() them first, or use matmul.',
      shapes: [a.shape, b.shape],
    })
  }
  return matmul(reshape(a, [a.size, 1]), reshape(b, [1, b.size]))
}
