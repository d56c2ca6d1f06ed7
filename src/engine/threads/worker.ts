// The program of a worker thread. The build bundles it into a string (generated/worker.ts), so that no file has to
// be hosted; nothing here may need more than the platform.
import type { WasmExports } from '../wasm.ts'
import { chunkRunner, recordFailure } from './chunk.ts'
import { CONTROL_WORDS, word } from './layout.ts'
import { awaitTickets, finish, stumble, take } from './tickets.ts'

/** What a worker is sent once. */
export interface WorkerTask {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  /** Address of the control block. */
  readonly control: number
  /** 1 for the first worker; the main thread is 0. */
  readonly thread: number
}

/** Runs chunks for ever; the main thread terminates the worker. */
function serve({ module, memory, control, thread }: WorkerTask, ready: () => void): void {
  const instance = new WebAssembly.Instance(module, { env: { memory } })
  const words = new Int32Array(memory.buffer, control, CONTROL_WORDS)
  const run = chunkRunner(instance.exports as WasmExports, memory, words, thread)
  ready()
  for (;;) {
    awaitTickets(words)
    while (Atomics.load(words, word.tickets) > 0) {
      stumble(words)
      const chunk = take(words)
      if (chunk < 0) break
      stumble(words)
      try {
        run(chunk)
      } catch (error) {
        recordFailure(words, chunk, error)
      }
      stumble(words)
      finish(words)
    }
  }
}

/** Node.js evaluates the string as CommonJS unless flags say otherwise, browsers as a classic worker. */
if (typeof process === 'object' && typeof process.versions?.node === 'string') {
  const { parentPort } = process.getBuiltinModule?.('node:worker_threads') ?? require('node:worker_threads')
  parentPort?.once('message', (task: WorkerTask) => serve(task, () => parentPort.postMessage('ready')))
} else {
  globalThis.onmessage = ({ data }: MessageEvent<WorkerTask>) => serve(data, () => postMessage('ready'))
}
