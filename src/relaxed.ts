import * as kernels from './engine/generated/relaxed.ts'
import { embed } from './engine/wasm-modules.ts'

embed('relaxed', kernels)

/**
 * Importing this module adds the kernels with fused multiply-add to a bundle for browsers: matrix products run up to a
 * tenth faster where the browser has relaxed SIMD, and 30 KB more are downloaded. Elsewhere they are there anyway.
 *
 * Import it before the first operation.
 *
 * @example import 'tensorloom/relaxed'
 */
export const hasRelaxedKernels = true
