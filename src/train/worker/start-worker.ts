import { DeviceError } from '../../errors.ts'
import { runtime } from './runtime.ts'
import type { TrainingWorker } from './hook.ts'

/** Starts the library's own training worker, worker.ts. */
export async function startWorker(): Promise<TrainingWorker> {
  if (runtime.isNode) return startInNode()
  if (typeof Worker !== 'function') {
    throw new DeviceError({
      operation: 'fit',
      problem: 'cannot train in a worker: this runtime has none.',
      hint: 'leave the option worker out.',
    })
  }
  const page = globalThis.location?.origin
  const own = new URL(import.meta.url)
  // A browser starts workers from its own origin only; a module that lies elsewhere can be imported by one.
  if (page !== undefined && page !== 'null' && /^https?:$/.test(own.protocol) && own.origin !== page)
    return startFromSource(`import ${JSON.stringify(own.href.replace(/[^/]*$/, 'worker.js'))}`)
  // Bundlers know this very expression, and make a file of the worker's program.
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'tensorloom' })
}

/** A browser's worker from the text of its program. */
export function startFromSource(source: string): TrainingWorker {
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
  const worker = new Worker(url, { type: 'module', name: 'tensorloom' })
  worker.addEventListener('message', () => URL.revokeObjectURL(url), { once: true })
  return worker
}

/** As a property, because webpack looks for the package where it sees the name itself. */
const LOADER = { ofTypeScript: 'tsx/esm/api' }

async function startInNode(): Promise<TrainingWorker> {
  const { Worker } = await runtime.builtin<typeof import('node:worker_threads')>('node:worker_threads')
  const own = import.meta.url
  const options = { execArgv: [], name: 'tensorloom' }
  if (own.endsWith('.ts')) {
    // The sources, under a loader of TypeScript that has to be started in the worker, too.
    const program = JSON.stringify(new URL('./worker.ts', own).href)
    const loader = JSON.stringify(import.meta.resolve(LOADER.ofTypeScript))
    const source = `import(${loader}).then(({ register }) => { register(); return import(${program}) })`
    return new Worker(source, { ...options, eval: true })
  }
  // In the package for Node.js this module is a part of some chunk, and the program lies beside the chunks.
  return new Worker(new URL('./worker.js', own), options)
}
