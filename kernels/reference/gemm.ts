import type { Heap, Kernels } from '../kernels.ts'

const block = 256

/** C (+)= op(A)·op(B), each element summed in blocks of 256 consecutive k. */
export const createGemm =
  (heap: Heap): Kernels['gemm'] =>
  (transA, transB, m, n, k, a, lda, b, ldb, c, ldc, accumulate) => {
    const v = heap.float
    const shift = heap.floatShift
    const [aRow, aCol] = transA ? [1, lda] : [lda, 1]
    const [bRow, bCol] = transB ? [1, ldb] : [ldb, 1]
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        const at = (c >>> shift) + i * ldc + j
        let total = accumulate ? v[at] : 0
        for (let start = 0; start < k; start += block) {
          let sum = 0
          for (let t = start; t < Math.min(k, start + block); t++) {
            sum += v[(a >>> shift) + i * aRow + t * aCol] * v[(b >>> shift) + t * bRow + j * bCol]
          }
          total += sum
        }
        v[at] = total
      }
    }
  }
