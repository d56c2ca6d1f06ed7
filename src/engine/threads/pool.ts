import type { Pointer } from '../../../kernels/kernels.ts'
import { DeviceError } from '../../errors.ts'
import type { EngineMemory } from '../memory.ts'
import type { WasmExports } from '../wasm-modules.ts'
import { CHUNK_KINDS, type ChunkKind, chunkRunner, failureMessage, recordFailure } from './chunk.ts'
import { CONTROL_WORDS, ENTRY_FAILED, ENTRY_WORDS, MAX_CHUNKS, word } from './layout.ts'
import { type Spawned, spawn } from './spawn.ts'
import { finish, join, publish, stumble, take } from './tickets.ts'

/** A piece of work for all threads. */
export interface Job {
  readonly kind: ChunkKind
  /** Arguments of each chunk, as chunk.ts lists them for the kind; at most MAX_CHUNKS. */
  readonly chunks: readonly (readonly number[])[]
  /** Scratch space of thread 0; that of thread t lies t·scratchStride bytes further. */
  readonly scratch: Pointer
  readonly scratchStride: number
  /** Whether a chunk that failed halfway can simply be run again. */
  readonly repeatable: boolean
}

export interface PoolOptions {
  /** Threads, the main one included. */
  readonly threads: number
  readonly memory: EngineMemory
  readonly module: WebAssembly.Module
  readonly exports: WasmExports
  /** Called once when a worker has failed: the pool must not be used any more. */
  readonly failed: (reason: string) => void
}

/** The main thread of a browser may not park. */
function canPark(): boolean {
  try {
    return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1) === 'not-equal'
  } catch {
    return false
  }
}

/** Worker threads on the engine's memory. See tickets.ts for how they share out a job. */
export class ThreadPool {
  readonly threads: number
  private readonly workers: Spawned[] = []
  private readonly runChunk: (chunk: number) => void
  private readonly mayPark = canPark()
  private usable = true

  private constructor(
    private readonly options: PoolOptions,
    private readonly control: Pointer,
    /** The control block, for tests. */
    readonly words: Int32Array,
  ) {
    const { threads, exports, memory } = options
    this.threads = threads
    this.runChunk = chunkRunner(exports, memory.wasm as WebAssembly.Memory, words, 0)
  }

  /** Resolves when all workers are ready. */
  static async start(options: PoolOptions): Promise<ThreadPool> {
    const { memory, module, threads } = options
    if (memory.wasm === null || !memory.shared) throw new Error('internal: threads need shared memory')
    const control = memory.allocate((CONTROL_WORDS + 32) << 2)
    const aligned = Math.ceil(control / 128) * 128
    const words = new Int32Array(memory.wasm.buffer, aligned, CONTROL_WORDS)
    words.fill(0)
    const pool = new ThreadPool(options, control, words)
    const task = { module, memory: memory.wasm, control: aligned }
    const died = (reason: string): void => pool.fail(`a worker thread died: ${reason}`)
    const starts = Array.from({ length: threads - 1 }, (_, i) => spawn({ ...task, thread: i + 1 }, died))
    for (const start of await Promise.allSettled(starts)) {
      if (start.status === 'fulfilled') pool.workers.push(start.value)
      else pool.fail(`a worker thread did not start: ${(start.reason as Error).message}`)
    }
    return pool
  }

  /** Ends the workers. */
  async stop(): Promise<void> {
    this.usable = false
    await Promise.all(this.workers.map(worker => worker.stop()))
    // In a browser a worker may live on for a moment: its control block is not given away.
    if (this.mayPark) this.options.memory.release(this.control)
  }

  private fail(reason: string): void {
    if (!this.usable) return
    this.usable = false
    this.options.failed(reason)
  }

  /**
   * Runs all chunks of a job, on this thread too, and returns when they are done.
   *
   * @throws DeviceError when a worker failed and its chunk could not be repeated here
   */
  run(job: Job): void {
    const { words } = this
    const count = job.chunks.length
    if (count === 0) return
    if (count > MAX_CHUNKS) throw new Error(`internal: a job of ${count} chunks`)
    words[word.kind] = CHUNK_KINDS.indexOf(job.kind)
    words[word.scratch] = job.scratch
    words[word.scratchStride] = job.scratchStride
    words[word.failures] = 0
    for (let i = 0, entry: number = word.entries; i < count; i++, entry += ENTRY_WORDS) {
      const chunk = job.chunks[i]
      for (let j = 0; j < chunk.length; j++) words[entry + j] = chunk[j]
      words[entry + ENTRY_FAILED] = 0
    }
    publish(words, count)
    this.takeChunks()
    join(words, count, this.mayPark)
    if (words[word.failures] > 0) this.recover(job)
  }

  private takeChunks(): void {
    const { words } = this
    for (let chunk = take(words); chunk >= 0; chunk = take(words)) {
      stumble(words)
      try {
        this.runChunk(chunk)
      } catch (error) {
        recordFailure(words, chunk, error)
      }
      finish(words)
    }
  }

  /** After the join, so nobody else works: repeats what failed, or says that it cannot. */
  private recover(job: Job): void {
    const { words } = this
    const message = failureMessage(words)
    try {
      if (!job.repeatable) throw incomplete(job, message)
      for (let chunk = 0; chunk < job.chunks.length; chunk++) {
        if (words[word.entries + chunk * ENTRY_WORDS + ENTRY_FAILED] !== 0) this.runChunk(chunk)
      }
    } finally {
      this.fail(`a thread failed: ${message}`)
    }
  }
}

const incomplete = (job: Job, message: string): DeviceError =>
  new DeviceError({
    operation: job.kind,
    problem: `failed on one of the threads: ${message}. Its result is incomplete.`,
    hint: 'threads are off from now on; run the step again.',
  })
