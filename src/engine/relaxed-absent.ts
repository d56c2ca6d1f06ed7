import type { EmbeddedKernels } from './wasm-modules.ts'

/** Bundles for browsers hold one set of kernels; importing tensorloom/relaxed adds the other. */
export const relaxed: EmbeddedKernels | null = null
