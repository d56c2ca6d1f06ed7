import { ValueError } from '../../errors.ts'
import { engineOf } from '../device.ts'
import type { Engine } from '../engine.ts'
import { hasSimd, instantiate, type WasmVariant, wasmModule } from '../wasm-modules.ts'
import { createWasmConv } from '../wasm-conv.ts'
import { createWasmRecurrent } from '../wasm-recurrent.ts'
import { sharedWindows } from './conv.ts'
import { sharedElements } from './elements.ts'
import { createThreadedGemm } from './gemm.ts'
import { sharedRanges } from './recurrent.ts'
import { ThreadPool } from './pool.ts'
import { coreCount } from './spawn.ts'

export interface ThreadOptions {
  /** Threads that compute, the calling one included; 1 switches off. Default: one per core, at most 8. */
  readonly threads?: number
}

export interface ThreadInfo {
  /** Threads that compute now, the calling one included. */
  readonly threads: number
  /** Why there is only one; null when there are more. */
  readonly reason: string | null
}

const MOST_BY_DEFAULT = 8
const MOST = 64

/** What is running, and how to undo it. */
interface Running {
  readonly pool: ThreadPool
  readonly switchOff: () => void
}

let running: Running | null = null
let reason: string | null = 'they are off: call useThreads()'
/** Calls take their turns. */
let turn: Promise<unknown> = Promise.resolve()

/**
 * How many threads compute, and why not more.
 *
 * @example threadInfo().threads   // 1, until useThreads()
 */
export const threadInfo = (): ThreadInfo =>
  running === null ? { threads: 1, reason } : { threads: running.pool.threads, reason: null }

/**
 * Lets large matrix products, convolutions, recurrent layers, and maps over many numbers run on several threads of the
 * `wasm` device. Results are the same, bit for bit, for any number of threads. The workers sleep when there is nothing to do and never keep a process alive.
 *
 * Where threads cannot be had (memory that is not shared, as in a page that is not cross-origin isolated; one core)
 * everything goes on with one, and the result says why.
 *
 * @throws ValueError when `threads` is not a whole number from 1 to 64
 * @example const { threads, reason } = await useThreads()
 */
export function useThreads(options: ThreadOptions = {}): Promise<ThreadInfo> {
  const { threads } = options
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST)) {
    throw new ValueError({
      operation: 'useThreads',
      problem: `needs a whole number of threads from 1 to ${MOST}, got ${threads}.`,
      argument: 'threads',
      received: threads,
    })
  }
  const next = turn.then(async () => {
    await switchOff('they are off: useThreads({ threads: 1 })')
    const count = threads ?? Math.min(MOST_BY_DEFAULT, await coreCount())
    if (count > 1) await switchOn(count)
    else if (threads === undefined) reason = 'there is only one core'
    return threadInfo()
  })
  turn = next.catch(() => undefined)
  return next
}

async function switchOff(why: string): Promise<void> {
  const { pool } = running ?? {}
  running?.switchOff()
  running = null
  reason = why
  await pool?.stop()
}

async function switchOn(threads: number): Promise<void> {
  if (!hasSimd()) {
    reason = 'this runtime has no WebAssembly with 128-bit SIMD'
    return
  }
  const engine = engineOf('wasm')
  if (!engine.memory.shared) {
    reason =
      'the memory is not shared: this runtime has no SharedArrayBuffer here (pages must be cross-origin isolated)'
    return
  }
  let failure: string | null = null
  const failed = (why: string): void => {
    failure = why
    if (running !== null) void switchOff(why)
  }
  const started = await startPool(engine, threads, failed)
  if (failure === null) running = started
  else {
    started.switchOff()
    await started.pool.stop()
    reason = failure
  }
}

/** Starts a pool and puts its kernels in the place of the engine's. */
async function startPool(engine: Engine, threads: number, failed: (why: string) => void): Promise<Running> {
  const { memory } = engine
  const variant = engine.variant as WasmVariant
  const exports = instantiate(variant, memory.wasm as WebAssembly.Memory, true)
  const module = wasmModule(variant, true)
  const pool = await ThreadPool.start({ threads, memory, module, exports, failed })
  const stride = exports.gemm_workspace() >>> 0
  const scratch = memory.allocate(stride * threads)
  engine.overlay('threads', single => ({
    ...single,
    ...sharedElements(pool, exports, single),
    gemm: createThreadedGemm(pool, single.gemm, scratch, stride),
    ...createWasmRecurrent(exports, memory, sharedRanges(pool, exports)),
    ...createWasmConv(exports, memory, sharedWindows(pool, exports)),
  }))
  return {
    pool,
    switchOff: () => {
      engine.overlay('threads', null)
      memory.release(scratch)
    },
  }
}
