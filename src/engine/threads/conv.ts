import type { WasmExports } from '../wasm-modules.ts'
import type { WindowSharing } from '../wasm-conv.ts'
import type { ThreadPool } from './pool.ts'

/** Ranges of fewer operations are done before another thread has begun. */
const LEAST_FLOPS = 4e6
/** Comparisons of max pooling wait for memory: fewer of them are worth sharing. */
const LEAST_COMPARISONS = 5e5
/** Ranges per thread, to even out threads of unequal speed. */
const RANGES_PER_THREAD = 4

/** Shares out the ranges of convolution and pooling among the threads of a pool. Every range may be repeated. */
export function sharedWindows(pool: ThreadPool, exports: WasmExports): WindowSharing {
  return {
    threads: pool.threads,
    run: (kernel, block, scratch, scratchStride, count, flops) => {
      const ranges = Math.min(pool.threads * RANGES_PER_THREAD, count)
      if (ranges < 2 || flops < (kernel === 'max_pool' ? LEAST_COMPARISONS : LEAST_FLOPS)) {
        exports[kernel](block, scratch, 0, count)
        return
      }
      const chunks = Array.from({ length: ranges }, (_, i) => [
        block,
        Math.floor((i * count) / ranges),
        Math.floor(((i + 1) * count) / ranges),
      ])
      pool.run({ kind: kernel, chunks, scratch, scratchStride, repeatable: true })
    },
  }
}
