import type { ProductOp, ProductSizes } from '../../../kernels/gpu/program.ts'

/** One matrix product: where it ran, how long it took, and why there. */
export interface ProductRow extends ProductSizes {
  /** The operation that asked for it. */
  readonly operation: string
  readonly op: ProductOp
  readonly device: 'wasm' | 'gpu'
  /** The kernel that ran. */
  readonly kernel: string
  /** What each was expected to take, in ms; null where nothing is known. */
  readonly predicted: { readonly wasm: number | null; readonly gpu: number | null }
  /** ms; null where the product is part of a larger kernel. */
  readonly measured: number | null
  readonly reason: string
}

/** What a GPU was asked, and how it went. */
export interface OffloadCounters {
  /** Products that the GPU computed. */
  offloaded: number
  /** Results that were compared with ours. */
  checks: number
  /** Shapes, or the device, that were refused. */
  refusals: number
  /** Products that the GPU began and WebAssembly had to finish. */
  fallbacks: number
  /** Contexts and devices that were lost. */
  losses: number
}

export const freshCounters = (): OffloadCounters => ({
  offloaded: 0,
  checks: 0,
  refusals: 0,
  fallbacks: 0,
  losses: 0,
})
