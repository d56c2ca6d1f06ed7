import type { Heap, Kernels } from '../../kernels/kernels.ts'
import { createWasmConv } from './wasm-conv.ts'
import { createWasmNorm } from './wasm-norm.ts'
import { type MoreKernels, pick } from './more-kernels.ts'
import type { WasmExports } from './wasm-modules.ts'

const WHOLE = ['rowNorm', 'scatterPositions'] as const satisfies readonly (keyof Kernels)[]

/** The kernels that the core's binary leaves out, in WebAssembly. */
export const createMoreKernels = (exports: WasmExports, heap: Heap): MoreKernels => ({
  ...pick(exports, WHOLE),
  ...createWasmConv(exports, heap),
  ...createWasmNorm(exports, heap),
})
