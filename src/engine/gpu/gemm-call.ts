import type { ProductOp } from '../../../kernels/gpu/program.ts'
import type { Heap, Kernels, Pointer } from '../../../kernels/kernels.ts'
import type { OperandCache } from './operand-cache.ts'
import type { Operand } from './product.ts'

/** The engine's matrix product, and the arguments of a call. */
export type Gemm = Kernels['gemm']
export type GemmCall = Parameters<Gemm>

const OPS: readonly (readonly ProductOp[])[] = [
  ['nn', 'nt'],
  ['tn', 'tt'],
]

export const opOf = ([transA, transB]: readonly [boolean, boolean, ...unknown[]]): ProductOp =>
  OPS[+transA][+transB]

/** Both operands as they lie in memory, and whether the device has them already. */
export function operandsOf(
  cache: OperandCache,
  [transA, transB, m, n, k, a, lda, b, ldb]: GemmCall,
): readonly [Operand, Operand] {
  const left = transA ? cache.operand(a, lda, k, m) : cache.operand(a, lda, m, k)
  return [left, transB ? cache.operand(b, ldb, n, k) : cache.operand(b, ldb, k, n)]
}

/** What our own product gives for a call, rows of n numbers; memory is left as it is. */
export function computeAside(ours: Gemm, heap: Heap, call: GemmCall): Float32Array {
  const [transA, transB, m, n, k, a, lda, b, ldb] = call
  const scratch: Pointer = heap.allocate(4 * m * n)
  try {
    ours(transA, transB, m, n, k, a, lda, b, ldb, scratch, n, false)
    return (heap.float as Float32Array).slice(scratch / 4, scratch / 4 + m * n)
  } finally {
    heap.release(scratch)
  }
}

/** Writes a product, rows of n numbers, to where a call wants it. */
export function writeProduct(
  memory: Float32Array | Float64Array,
  result: Float32Array,
  [, , m, n, , , , , , c, ldc, accumulate]: GemmCall,
): void {
  const first = c / 4
  if (!accumulate && ldc === n) {
    memory.set(result, first)
    return
  }
  for (let i = 0; i < m; i++) {
    const row = first + i * ldc
    if (!accumulate) memory.set(result.subarray(i * n, i * n + n), row)
    else for (let j = 0; j < n; j++) memory[row + j] += result[i * n + j]
  }
}
