import type { Heap, Kernels } from '../../kernels/kernels.ts'
import { Part } from '../part.ts'
import type { WasmExports } from './wasm-modules.ts'

/** What kernels/wasm/core.ts leaves out: convolution, pooling, normalisation. */
export type MoreKernels = Pick<
  Kernels,
  | 'convForward'
  | 'convInput'
  | 'convKernel'
  | 'maxPool'
  | 'scatterPositions'
  | 'rowNorm'
  | 'rowNormGrad'
  | 'groupNorm'
  | 'groupNormGrad'
>

/** See `MoreKernels`. */
export const moreKernels = new Part<(exports: WasmExports, heap: Heap) => MoreKernels>(
  'a convolution, pooling or normalisation',
)

const refuse = (): never => moreKernels.refuse()

/** They stand where there are none. */
export const withoutMoreKernels: MoreKernels = {
  convForward: refuse,
  convInput: refuse,
  convKernel: refuse,
  maxPool: refuse,
  scatterPositions: refuse,
  rowNorm: refuse,
  rowNormGrad: refuse,
  groupNorm: refuse,
  groupNormGrad: refuse,
}

/** The exports that are kernels as the interface wants them. */
export function pick<K extends keyof Kernels>(exports: WasmExports, names: readonly K[]): Pick<Kernels, K> {
  return Object.fromEntries(names.map(name => [name, exports[name]])) as Pick<Kernels, K>
}
