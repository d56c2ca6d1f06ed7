import type { Heap } from '../../../kernels/kernels.ts'
import type { Adapter } from './adapter.ts'
import type { GpuMode } from './library.ts'
import type { Product } from './product.ts'

/** Something that multiplies matrices of the engine's memory, and answers before it returns. */
export interface Backend {
  readonly mode: GpuMode
  readonly adapter: Adapter
  /** Most rows or columns of an operand. */
  readonly maxSide: number
  /** Kernels that are built. */
  readonly kernelCount: number
  /**
   * C as m rows of n numbers, good until the next call.
   * @throws DeviceFault when the device cannot be relied on
   */
  run(product: Product, heap: Heap): Float32Array
  /** Starts over after a loss: nothing is loaded any more. */
  reset(): void
  /** Loses the device, as a reset of its driver would: a drill. */
  lose(): void
  close(): Promise<void>
}
