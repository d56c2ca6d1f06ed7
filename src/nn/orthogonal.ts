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

/** G = A·Aᵀ, lower half; four rows of A are read against each other row at a time. */
function gramOf(a: Float64Array, n: number, m: number): Float64Array {
  const gram = new Float64Array(n * n)
  for (let j = 0; j < n; j += 4) {
    const [p, q, r, s] = [0, 1, 2, 3].map(offset => Math.min(j + offset, n - 1) * m)
    for (let i = j; i < n; i++) {
      const row = i * m
      let [u, v, w, x] = [0, 0, 0, 0]
      for (let k = 0; k < m; k++) {
        const value = a[row + k]
        u += value * a[p + k]
        v += value * a[q + k]
        w += value * a[r + k]
        x += value * a[s + k]
      }
      gram[i * n + j] = u
      if (j + 1 < n) gram[i * n + j + 1] = v
      if (j + 2 < n) gram[i * n + j + 2] = w
      if (j + 3 < n) gram[i * n + j + 3] = x
    }
  }
  return gram
}

/** row[i] −= Σ_j factors[j]·row[j] over the four rows from j on. */
function subtractFour(a: Float64Array, m: number, i: number, j: number, l: Float64Array, at: number): void {
  const [row, p, q, r, s] = [i * m, j * m, (j + 1) * m, (j + 2) * m, (j + 3) * m]
  const [u, v, w, x] = [l[at], l[at + 1], l[at + 2], l[at + 3]]
  for (let k = 0; k < m; k++) a[row + k] -= u * a[p + k] + v * a[q + k] + w * a[r + k] + x * a[s + k]
}

/** Makes the rows of a [n, m], n ≤ m, orthonormal: A = L·Q with G = A·Aᵀ = L·Lᵀ, so Q = L⁻¹·A. */
function orthonormalizeRows(a: Float64Array, n: number, m: number): void {
  const l = gramOf(a, n, m)
  cholesky(l, n)
  for (let i = 0; i < n; i++) {
    let j = 0
    for (; j + 4 <= i; j += 4) subtractFour(a, m, i, j, l, i * n + j)
    for (; j < i; j++) {
      const factor = l[i * n + j]
      for (let k = 0; k < m; k++) a[i * m + k] -= factor * a[j * m + k]
    }
    const scale = 1 / l[i * n + i]
    for (let k = 0; k < m; k++) a[i * m + k] *= scale
  }
}

/**
 * A random matrix with orthonormal rows (or columns, where there are fewer of them), by Cholesky QR in double
 * precision: its error is ε·κ², far below float32's for random matrices, and it is much cheaper than Householder.
 */
export function orthogonal(shape: Shape, generator: Generator): Float32Array {
  if (shape.length < 2) {
    throw new ShapeError({
      operation: 'initializer orthogonal',
      problem: `needs at least two axes, got ${formatShape(shape)}.`,
      hint: 'use another initializer for vectors, such as zeros.',
      shapes: [shape],
    })
  }
  const columns = shape[shape.length - 1]
  const rows = columns === 0 ? 0 : sizeOf(shape) / columns
  const n = Math.min(rows, columns)
  const m = Math.max(rows, columns)
  const a = Float64Array.from(generator.normal(n * m))
  orthonormalizeRows(a, n, m)
  if (rows <= columns) return Float32Array.from(a)
  return Float32Array.from({ length: n * m }, (_, i) => a[(i % columns) * m + Math.floor(i / columns)])
}
