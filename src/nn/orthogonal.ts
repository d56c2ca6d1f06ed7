import { ShapeError } from '../errors.ts'
import type { Generator } from '../tensor/random.ts'
import { formatShape, type Shape, sizeOf } from '../tensor/shape.ts'

/** Lower triangular L with L·Lᵀ = the symmetric positive definite g [n, n], in place. */
function cholesky(g: Float64Array, n: number): void {
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = g[i * n + j]
      for (let k = 0; k < j; k++) sum -= g[i * n + k] * g[j * n + k]
      g[i * n + j] = i === j ? Math.sqrt(sum) : sum / g[j * n + j]
    }
  }
}

/** Makes the rows of a [n, m], n ≤ m, orthonormal: A = L·Q with G = A·Aᵀ = L·Lᵀ, so Q = L⁻¹·A. */
function orthonormalizeRows(a: Float64Array, n: number, m: number): void {
  const gram = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let k = 0; k < m; k++) sum += a[i * m + k] * a[j * m + k]
      gram[i * n + j] = sum
    }
  }
  cholesky(gram, n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const factor = gram[i * n + j]
      for (let k = 0; k < m; k++) a[i * m + k] -= factor * a[j * m + k]
    }
    const scale = 1 / gram[i * n + i]
    for (let k = 0; k < m; k++) a[i * m + k] *= scale
  }
}

/**
 * A random matrix with orthonormal rows (or columns, where there are fewer of them), by Cholesky QR twice: the
 * second round removes the rounding error of the first (Yamamoto et al. 2015). Much cheaper than Householder here.
 */
export function orthogonal(shape: Shape, generator: Generator): Float32Array {
  if (shape.length < 2) {
    throw new ShapeError({
      operation: 'initializer orthogonal',
      problem: `needs at least two axes, got ${formatShape(shape)}.`,
      shapes: [shape],
    })
  }
  const columns = shape[shape.length - 1]
  const rows = columns === 0 ? 0 : sizeOf(shape) / columns
  const n = Math.min(rows, columns)
  const m = Math.max(rows, columns)
  const a = Float64Array.from(generator.normal(n * m))
  orthonormalizeRows(a, n, m)
  orthonormalizeRows(a, n, m)
  if (rows <= columns) return Float32Array.from(a)
  return Float32Array.from({ length: n * m }, (_, i) => a[(i % columns) * m + Math.floor(i / columns)])
}
