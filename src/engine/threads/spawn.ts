import { workerSource } from '../generated/worker.ts'
import type { WorkerTask } from './worker.ts'

/** A worker that is ready for work and does not keep the process alive. */
export interface Spawned {
  /** Resolves when the worker runs no more (in browsers: when it was told to stop). */
  stop(): Promise<void>
}

type NodeThreads = typeof import('node:worker_threads')
type NodeSystem = typeof import('node:os')

const isNode = (): boolean => typeof process === 'object' && typeof process.versions?.node === 'string'

/** A module of Node.js by a name that bundlers for browsers do not follow. */
const builtin = async <T>(name: string): Promise<T> =>
  ((process.getBuiltinModule as ((name: string) => unknown) | undefined)?.(name) ??
    (await import(/* @vite-ignore */ /* webpackIgnore: true */ name))) as T

/** How many threads the machine runs at once, as far as it tells. */
export async function coreCount(): Promise<number> {
  if (isNode()) return (await builtin<NodeSystem>('node:os')).availableParallelism()
  return typeof navigator === 'object' ? (navigator.hardwareConcurrency ?? 1) : 1
}

/** Starts a worker thread; `died` is called once if it ends before it is told to. */
export async function spawn(task: WorkerTask, died: (reason: string) => void): Promise<Spawned> {
  return isNode()
    ? spawnInNode(await builtin<NodeThreads>('node:worker_threads'), task, died)
    : spawnInBrowser(task, died)
}

function spawnInNode(
  threads: NodeThreads,
  task: WorkerTask,
  died: (reason: string) => void,
): Promise<Spawned> {
  return new Promise((resolve, reject) => {
    let state: 'starting' | 'ready' | 'over' = 'starting'
    // The loaders and flags of the program are of no use to a worker that imports nothing.
    const worker = new threads.Worker(workerSource, { eval: true, execArgv: [], name: 'tensorloom' })
    const end = (reason: string): void => {
      if (state === 'starting') reject(new Error(reason))
      else if (state === 'ready') died(reason)
      state = 'over'
    }
    worker.on('error', error => end(error instanceof Error ? error.message : String(error)))
    worker.on('exit', () => end('the thread ended'))
    worker.once('message', () => {
      state = 'ready'
      worker.unref()
      resolve({
        stop: async () => {
          state = 'over'
          await worker.terminate()
        },
      })
    })
    worker.postMessage(task)
  })
}

function spawnInBrowser(task: WorkerTask, died: (reason: string) => void): Promise<Spawned> {
  return new Promise((resolve, reject) => {
    const url = URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' }))
    const worker = new Worker(url)
    let ready = false
    worker.onerror = event => {
      URL.revokeObjectURL(url)
      const reason = event.message ?? 'the worker could not be started'
      if (ready) died(reason)
      else reject(new Error(reason))
    }
    worker.onmessage = () => {
      ready = true
      URL.revokeObjectURL(url)
      resolve({ stop: async () => worker.terminate() })
    }
    worker.postMessage(task)
  })
}
