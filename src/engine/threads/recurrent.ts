import type { WasmExports } from '../wasm-modules.ts'
import type { Sharing } from '../wasm-recurrent.ts'
import type { ThreadPool } from './pool.ts'

/** Ranges of fewer operations are done before another thread has begun. */
const LEAST_FLOPS = 4e6
/** Each range passes over all time steps, or all of x and h: few of them, but enough that a slow thread can take less. */
const RANGES_PER_THREAD = 2
/** Batches of up to so many rows take each row alone (see rowsGoAlone in kernels/wasm/recurrent-parameters.ts). */
const FEW_ROWS = 4
/** Least rows of a range otherwise: lower tiles of the micro-kernel idle. */
const LEAST_ROWS = 3

/** Shares out the ranges of the recurrent kernels among the threads of a pool. */
export function sharedRanges(pool: ThreadPool, exports: WasmExports): Sharing {
  const most = pool.threads * RANGES_PER_THREAD
  return {
    threads: pool.threads,
    run: (kernel, block, scratch, scratchStride, count, flops) => {
      const least = kernel === 'recurrent_backward_kernels' || count <= FEW_ROWS ? 1 : LEAST_ROWS
      const ranges = Math.min(most, Math.floor(count / least))
      if (ranges < 2 || flops < LEAST_FLOPS) {
        exports[kernel](block, scratch, 0, count)
        return
      }
      const size = Math.ceil(count / ranges)
      const chunks: number[][] = []
      for (let from = 0; from < count; from += size) chunks.push([block, from, Math.min(count, from + size)])
      // Going back, dz may take the place of the gates that it is made from.
      const repeatable = kernel !== 'recurrent_backward_rows'
      pool.run({ kind: kernel, chunks, scratch, scratchStride, repeatable })
    },
  }
}
