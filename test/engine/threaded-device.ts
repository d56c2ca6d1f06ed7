import { type EngineMemory, wasmMemory } from '../../src/engine/memory.ts'
import { ThreadPool } from '../../src/engine/threads/pool.ts'
import { hasRelaxedSimd, instantiate, type WasmExports, wasmModule } from '../../src/engine/wasm.ts'
import type { TestHeap } from '../kernels/harness.ts'

export interface ThreadedDevice {
  readonly memory: EngineMemory
  readonly heap: TestHeap
  readonly exports: WasmExports
  readonly pool: ThreadPool
  /** Reasons for which the pool gave up. */
  readonly failures: readonly string[]
}

/** A pool on a shared memory of its own. */
export async function threadedDevice(threads: number): Promise<ThreadedDevice> {
  const memory = wasmMemory()
  const variant = hasRelaxedSimd() ? 'relaxed' : 'muladd'
  const exports = instantiate(variant, memory.wasm as WebAssembly.Memory, true)
  const failures: string[] = []
  const module = wasmModule(variant, true)
  const failed = (reason: string): void => void failures.push(reason)
  const pool = await ThreadPool.start({ threads, memory, module, exports, failed })
  return { memory, heap: testHeap(memory), exports, pool, failures }
}

/** The test heap's conveniences over the engine's memory, whose views change when it grows. */
function testHeap(memory: EngineMemory): TestHeap {
  const space = (n: number): number => {
    const pointer = memory.allocate(Math.max(16, n * 4))
    memory.float.fill(Number.NaN, pointer >>> 2, (pointer >>> 2) + n)
    return pointer
  }
  return {
    get float() {
      return memory.float
    },
    get int() {
      return memory.int
    },
    floatShift: 2,
    allocate: memory.allocate,
    release: memory.release,
    space,
    put: values => {
      const pointer = space(values.length)
      memory.float.set(values, pointer >>> 2)
      return pointer
    },
    putInt: values => {
      const pointer = space(values.length)
      memory.int.set(values, pointer >>> 2)
      return pointer
    },
    get: (pointer, n) => Array.from(memory.float.subarray(pointer >>> 2, (pointer >>> 2) + n)),
    getInt: (pointer, n) => Array.from(memory.int.subarray(pointer >>> 2, (pointer >>> 2) + n)),
  }
}

/** Numbers 0 … n−1 that look random, the same in every run. */
export function drawer(seed: number): (n: number) => number {
  let state = seed >>> 0
  return n => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}
