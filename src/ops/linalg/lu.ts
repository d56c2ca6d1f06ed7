/** P·A = L·U of one matrix, in double precision: L below the diagonal (its own diagonal is 1), U on and above. */
export interface Lu {
  readonly n: number
  readonly factors: Float64Array
  /** Row i of P·A is row order[i] of A. */
  readonly order: Int32Array
  /** The determinant of P: 1 or −1. */
  readonly sign: 1 | -1
  /** Whether a pivot is 0 up to rounding. */
  readonly isSingular: boolean
}

/** Gaussian elimination with partial pivoting; `a` [n, n] is overwritten. */
export function factorLu(a: Float64Array, n: number): Lu {
  const order = Int32Array.from({ length: n }, (_, i) => i)
  const largest = a.reduce((m, value) => Math.max(m, Math.abs(value)), 0)
  // NaN anywhere is not singular: it goes through, as everywhere else.
  const tiny = n * Number.EPSILON * largest
  let sign: 1 | -1 = 1
  let isSingular = false
  for (let k = 0; k < n; k++) {
    let pivot = k
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]) > Math.abs(a[pivot * n + k])) pivot = i
    if (pivot !== k) {
      swapRows(a, n, k, pivot)
      const held = order[k]
      order[k] = order[pivot]
      order[pivot] = held
      sign = sign === 1 ? -1 : 1
    }
    const diagonal = a[k * n + k]
    if (Math.abs(diagonal) <= tiny) isSingular = true
    if (diagonal === 0) continue
    for (let i = k + 1; i < n; i++) {
      const factor = a[i * n + k] / diagonal
      a[i * n + k] = factor
      if (factor === 0) continue
      for (let j = k + 1; j < n; j++) a[i * n + j] -= factor * a[k * n + j]
    }
  }
  return { n, factors: a, order, sign, isSingular }
}

function swapRows(a: Float64Array, n: number, first: number, second: number): void {
  for (let j = 0; j < n; j++) {
    const held = a[first * n + j]
    a[first * n + j] = a[second * n + j]
    a[second * n + j] = held
  }
}

/** X in A·X = B, for B [n, columns]. */
export function solveLu({ n, factors, order }: Lu, b: Float64Array, columns: number): Float64Array {
  const x = new Float64Array(n * columns)
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < columns; c++) {
      let sum = b[order[i] * columns + c]
      for (let j = 0; j < i; j++) sum -= factors[i * n + j] * x[j * columns + c]
      x[i * columns + c] = sum
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let c = 0; c < columns; c++) {
      let sum = x[i * columns + c]
      for (let j = i + 1; j < n; j++) sum -= factors[i * n + j] * x[j * columns + c]
      x[i * columns + c] = sum / factors[i * n + i]
    }
  }
  return x
}

/** A⁻¹ from the factors of A. */
export function invertLu(lu: Lu): Float64Array {
  const identity = new Float64Array(lu.n * lu.n)
  for (let i = 0; i < lu.n; i++) identity[i * lu.n + i] = 1
  return solveLu(lu, identity, lu.n)
}
