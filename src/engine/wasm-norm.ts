import type { Heap, Kernels } from '../../kernels/kernels.ts'
import type { WasmExports } from './wasm-modules.ts'

type Norms = Pick<Kernels, 'rowNormGrad' | 'groupNorm' | 'groupNormGrad'>

/** Bytes of scratch per column, which the kernels ask for at most. */
const BYTES_PER_COLUMN = 32

/** The normalisations that need scratch: numbers per column. */
export function createWasmNorm(exports: WasmExports, heap: Heap): Norms {
  const withScratch = (kernel: (...args: number[]) => unknown, cols: number, args: number[]): void => {
    const scratch = heap.allocate(BYTES_PER_COLUMN * ((cols + 3) & ~3))
    kernel(...args, scratch)
    heap.release(scratch)
  }
  const { rowNormGrad, groupNorm, groupNormGrad } = exports
  return {
    rowNormGrad: (...args) => withScratch(rowNormGrad, args[9], args),
    groupNorm: (...args) => withScratch(groupNorm, args[8], args),
    groupNormGrad: (...args) => withScratch(groupNormGrad, args[10], args),
  }
}
