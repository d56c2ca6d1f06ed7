import type { Heap, Kernels } from '../kernels.ts'

/** Each element is a sum of sums over this many consecutive k, so that rounding is the same in every library. */
const BLOCK = 256

export function createGemm(heap: Heap): Kernels['gemm'] {
  return (transA, transB, m, n, k, a, lda, b, ldb, c, ldc, accumulate) => {
    const { float, floatShift } = heap
    const [a0, b0, c0] = [a >>> floatShift, b >>> floatShift, c >>> floatShift]
    const [aRow, aCol] = transA ? [1, lda] : [lda, 1]
    const [bRow, bCol] = transB ? [1, ldb] : [ldb, 1]
    // One row of block sums: writing to a float array rounds them to the precision of the heap.
    const sums = float instanceof Float32Array ? new Float32Array(n) : new Float64Array(n)

    for (let i = 0; i < m; i++) {
      const row = c0 + i * ldc
      if (!accumulate) float.fill(0, row, row + n)
      for (let start = 0; start < k; start += BLOCK) {
        sums.fill(0)
        for (let p = start; p < Math.min(start + BLOCK, k); p++) {
          const x = float[a0 + i * aRow + p * aCol]
          for (let j = 0; j < n; j++) sums[j] += x * float[b0 + p * bRow + j * bCol]
        }
        for (let j = 0; j < n; j++) float[row + j] += sums[j]
      }
    }
  }
}
