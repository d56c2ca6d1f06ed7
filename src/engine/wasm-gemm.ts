import type { Heap, Kernels, Pointer } from '../../kernels/kernels.ts'
import type { WasmExports } from './wasm-modules.ts'

type Gemm = Kernels['gemm']
type Scratch = Pick<Heap, 'allocate' | 'release'>

/** The WebAssembly matrix product; its packing workspace is taken from the heap on the first call and kept. */
export function createWasmGemm(exports: WasmExports, heap: Scratch): Gemm {
  const { gemm } = exports
  const workspace = lazyWorkspace(exports, heap)
  return (transA, transB, m, n, k, a, lda, b, ldb, c, ldc, accumulate) => {
    gemm(+transA, +transB, m, n, k, a, lda, b, ldb, c, ldc, +accumulate, workspace())
  }
}

function lazyWorkspace(exports: WasmExports, heap: Scratch): () => Pointer {
  let pointer: Pointer | undefined
  return () => {
    pointer ??= heap.allocate(exports.gemm_workspace() >>> 0)
    return pointer
  }
}
