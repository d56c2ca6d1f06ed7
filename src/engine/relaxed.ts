import * as kernels from './generated/relaxed.ts'
import type { EmbeddedKernels } from './wasm-modules.ts'

/**
 * The kernels with fused multiply-add. Bundlers for browsers take relaxed-absent.ts instead, as the field `browser` of
 * package.json says: one set of kernels is enough, and half as much to download.
 */
export const relaxed: EmbeddedKernels | null = kernels
