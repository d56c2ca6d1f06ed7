import type { Kernels, Pointer } from '../../../kernels/kernels.ts'
import type { ThreadPool } from './pool.ts'

type Gemm = Kernels['gemm']

/** Products of fewer operations are done before another thread has begun. */
const LEAST_FLOPS = 4e6
/** Chunks per thread, to even out threads of unequal speed. */
const CHUNKS_PER_THREAD = 4
/** Least columns of a chunk, a multiple of 16 so that threads rarely write to one cache line. */
const COLUMNS = 32
/** The same where each chunk packs all of A (see packsA in kernels/wasm/gemm.ts), which must pay. */
const COLUMNS_PACKING = 256
/** Least rows of a chunk (a multiple of the micro-kernels' 5 and 6): each chunk packs its columns of B. */
const ROWS = 60

const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple

/**
 * How a product m × n is cut: [rows, columns] of a chunk. Columns are cut first, since then every part of B is packed
 * by one thread only; rows where there are too few columns to go round.
 */
export function cutProduct(m: number, n: number, packsA: boolean, threads: number): [number, number] {
  const wish = threads * CHUNKS_PER_THREAD
  const grain = packsA ? COLUMNS_PACKING : COLUMNS
  const columnChunks = Math.min(wish, Math.floor(n / grain))
  const rowChunks = Math.min(wish, Math.floor(m / ROWS))
  if (columnChunks >= 2 * threads || columnChunks >= rowChunks) {
    return [m, Math.min(n, roundUp(n / Math.max(1, columnChunks), 16))]
  }
  return [Math.min(m, roundUp(m / rowChunks, 30)), n]
}

/** The matrix product on all threads of a pool, where it is large enough; the bits are those of `single`. */
export function createThreadedGemm(
  pool: ThreadPool,
  single: Gemm,
  scratch: Pointer,
  scratchStride: number,
): Gemm {
  return (transA, transB, m, n, k, a, lda, b, ldb, c, ldc, accumulate) => {
    if (2 * m * n * k < LEAST_FLOPS) {
      single(transA, transB, m, n, k, a, lda, b, ldb, c, ldc, accumulate)
      return
    }
    const [height, width] = cutProduct(m, n, transA && lda > 512, pool.threads)
    const chunks: number[][] = []
    for (let j = 0; j < n; j += width) {
      for (let i = 0; i < m; i += height) {
        chunks.push([
          +transA,
          +transB,
          Math.min(height, m - i),
          Math.min(width, n - j),
          k,
          a + (transA ? i : i * lda) * 4,
          lda,
          b + (transB ? j * ldb : j) * 4,
          ldb,
          c + (i * ldc + j) * 4,
          ldc,
          +accumulate,
        ])
      }
    }
    pool.run({ kind: 'gemm', chunks, scratch, scratchStride, repeatable: !accumulate })
  }
}
