import type { Pointer } from '../../kernels/kernels.ts'
import type { Engine } from '../engine/engine.ts'

/** Coefficients of a quintic whose slope at 0 is steep (Jordan et al. 2024). */
const [A, B, C] = [3.4445, -4.775, 2.0315]

/** Keeps the division finite for a matrix of zeros. */
const SMALLEST_NORM = 1e-7

/**
 * Moves the singular values of x [rows, cols], in place, towards 1 (to about 0.7 … 1.2 in five turns), without a
 * decomposition: Newton–Schulz.
 *
 *   X ← X/‖X‖        then, each turn,        X ← aX + (bS + cS²)X,  S = XXᵀ
 *
 * Where there are more rows than columns S is XᵀX, on the other side.
 */
export function orthogonalize(engine: Engine, x: Pointer, rows: number, cols: number, turns: number): void {
  const { kernels, memory } = engine
  const { gemm, parametric, axpy, float, sumSquares } = kernels
  const side = Math.min(rows, cols)
  const isTall = rows > cols
  const [size, square] = [rows * cols, side * side]
  const bytes = (count: number): number => Math.ceil((count << memory.floatShift) / 16) * 16
  const scratch = memory.allocate(bytes(size) + 2 * bytes(square) + 16)
  const [s, polynomial, next] = [scratch, scratch + bytes(square), scratch + 2 * bytes(square)]
  try {
    parametric.scale(x, x, size, 1 / Math.max(Math.sqrt(sumSquares(x, size)), SMALLEST_NORM), 0)
    for (let turn = 0; turn < turns; turn++) {
      gemm(isTall, !isTall, side, side, isTall ? rows : cols, x, cols, x, cols, s, side, false)
      gemm(false, false, side, side, side, s, side, s, side, polynomial, side, false)
      parametric.scale(polynomial, polynomial, square, C, 0)
      axpy(polynomial, s, square, B)
      if (isTall) gemm(false, false, rows, cols, side, x, cols, polynomial, side, next, cols, false)
      else gemm(false, false, rows, cols, side, polynomial, side, x, cols, next, cols, false)
      axpy(next, x, size, A)
      float.copy(x, next, size)
    }
  } finally {
    memory.release(scratch)
  }
}
