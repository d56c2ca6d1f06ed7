import type { Heap, Pointer } from '../../../kernels/kernels.ts'
import { gpuWorkerSource } from '../generated/gpu-worker.ts'
import type { Adapter } from './adapter.ts'
import type { Backend } from './backend.ts'
import {
  ANSWER_WORDS,
  answer,
  type BridgeTask,
  FAULTS,
  type Greeting,
  PENDING,
  type Request,
} from './bridge-layout.ts'
import { DeviceFault } from './fault.ts'
import type { Product } from './product.ts'

/** A worker that may be told things, and that does not keep the process alive. */
interface Channel {
  post(message: BridgeTask | Request): void
  terminate(): Promise<void>
}

/** Longest wait for an answer, and the slowest device that it allows for, in operations per ms. */
const PATIENCE_MS = 20_000
const SLOWEST = 2e4

/** WebGPU in a worker, made synchronous: the calling thread waits for the worker's answer. */
export class BridgeBackend implements Backend {
  readonly mode = 'webgpu'
  /** The device says itself when a buffer is too large. */
  readonly maxSide = 1 << 19
  kernelCount = 0
  private dead: string | null = null
  private scratch: Pointer = 0
  private scratchBytes = 0
  private heap: Heap | null = null

  private constructor(
    private readonly channel: Channel,
    private readonly words: Int32Array,
    readonly adapter: Adapter,
  ) {}

  /** Starts the worker. Rejects with the reason when there is no adapter, or gpu.js cannot be loaded. */
  static async start(task: Omit<BridgeTask, 'words'>): Promise<BridgeBackend> {
    const words = new Int32Array(new SharedArrayBuffer(ANSWER_WORDS * 4))
    let died: (reason: string) => void = () => {}
    const { channel, greeting } = await spawn({ ...task, words }, reason => died(reason))
    if ('problem' in greeting) {
      await channel.terminate()
      throw new DeviceFault('broken', greeting.problem)
    }
    const bridge = new BridgeBackend(channel, words, greeting.adapter)
    died = reason => {
      bridge.dead ??= reason
    }
    return bridge
  }

  run(product: Product, heap: Heap): Float32Array {
    const { m, n, k } = product
    const out = this.room(m * n * 4, heap)
    this.ask({ kind: 'product', product, out }, PATIENCE_MS + (2 * m * n * k) / SLOWEST)
    return (heap.float as Float32Array).subarray(out / 4, out / 4 + m * n)
  }

  /** A block for results; it is kept, since most are of a few sizes. */
  private room(bytes: number, heap: Heap): Pointer {
    if (this.scratchBytes < bytes || this.heap !== heap) {
      this.giveBack()
      this.scratch = heap.allocate(bytes)
      this.scratchBytes = bytes
      this.heap = heap
    }
    return this.scratch
  }

  private giveBack(): void {
    if (this.heap !== null) this.heap.release(this.scratch)
    this.heap = null
    this.scratchBytes = 0
  }

  private ask(request: Request, patience = PATIENCE_MS): void {
    const { words } = this
    if (this.dead !== null) throw new DeviceFault('broken', this.dead)
    Atomics.store(words, answer.state, PENDING)
    this.channel.post(request)
    if (Atomics.wait(words, answer.state, PENDING, patience) === 'timed-out') {
      this.dead = `the worker did not answer within ${Math.round(patience / 1000)} s`
      void this.channel.terminate()
      throw new DeviceFault('broken', this.dead)
    }
    this.kernelCount = words[answer.kernels]
    if (words[answer.fault] === 0) return
    const text = words.subarray(answer.message, answer.message + words[answer.messageLength])
    throw new DeviceFault(FAULTS[words[answer.fault] - 1], String.fromCharCode(...text))
  }

  reset(): void {
    this.ask({ kind: 'reset' })
  }

  lose(): void {
    this.ask({ kind: 'lose' })
  }

  async close(): Promise<void> {
    this.giveBack()
    if (this.dead === null) {
      this.ask({ kind: 'close' })
      this.dead = 'the device was closed'
    }
    await this.channel.terminate()
  }
}

const isNode = (): boolean => typeof process === 'object' && typeof process.versions?.node === 'string'

type Spawned = { readonly channel: Channel; readonly greeting: Greeting }

function spawn(task: BridgeTask, died: (reason: string) => void): Promise<Spawned> {
  return isNode() ? spawnInNode(task, died) : spawnInBrowser(task, died)
}

async function spawnInNode(task: BridgeTask, died: (reason: string) => void): Promise<Spawned> {
  const name = 'node:worker_threads'
  const { Worker: Thread } = (process.getBuiltinModule?.(name) ??
    (await import(/* @vite-ignore */ /* webpackIgnore: true */ name))) as typeof import('node:worker_threads')
  const worker = new Thread(gpuWorkerSource, { eval: true, execArgv: [], name: 'tensorloom-gpu' })
  const channel: Channel = {
    post: message => worker.postMessage(message),
    terminate: async () => {
      await worker.terminate()
    },
  }
  return new Promise((resolve, reject) => {
    const end = (reason: string): void => {
      reject(new DeviceFault('broken', reason))
      died(reason)
    }
    worker.on('error', error => end(error instanceof Error ? error.message : String(error)))
    worker.on('exit', () => end('the worker ended'))
    worker.once('message', (greeting: Greeting) => {
      worker.unref()
      resolve({ channel, greeting })
    })
    channel.post(task)
  })
}

function spawnInBrowser(task: BridgeTask, died: (reason: string) => void): Promise<Spawned> {
  const url = URL.createObjectURL(new Blob([gpuWorkerSource], { type: 'text/javascript' }))
  const worker = new Worker(url)
  const channel: Channel = {
    post: message => worker.postMessage(message),
    terminate: async () => worker.terminate(),
  }
  return new Promise((resolve, reject) => {
    worker.onerror = event => {
      const reason = event.message ?? 'the worker could not be started'
      reject(new DeviceFault('broken', reason))
      died(reason)
    }
    worker.onmessage = ({ data: greeting }: MessageEvent<Greeting>) => {
      URL.revokeObjectURL(url)
      resolve({ channel, greeting })
    }
    channel.post(task)
  })
}
