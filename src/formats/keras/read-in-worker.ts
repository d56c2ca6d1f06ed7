import { DeviceError, FormatError } from '../../errors.ts'
import { builtin } from '../../io/files.ts'
import { type KerasContent, limitsFor } from './content.ts'

/** Longer than any honest file of that size takes. */
const MILLISECONDS = 30_000
const MEGABYTES = 2048

interface Started {
  postMessage(message: unknown): void
  onMessage(handle: (message: unknown) => void): void
  onFailure(handle: (error: unknown) => void): void
  stop(): void
}

/** Reads a file in a worker of its own, which is ended when it takes too long: the parsers are not ours. */
export async function readInWorker(
  operation: string,
  bytes: Uint8Array,
  milliseconds = MILLISECONDS,
): Promise<KerasContent> {
  const worker = await start()
  const refuse = (problem: string, cause?: unknown): FormatError =>
    new FormatError({ operation, problem, cause })
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    return await new Promise<KerasContent>((resolve, reject) => {
      worker.onFailure(error => reject(refuse('could not be read: the reader broke down.', error)))
      worker.onMessage(message => {
        if (message === 'ready') {
          timer = setTimeout(
            () => reject(refuse(`took longer than ${milliseconds} ms to read.`)),
            milliseconds,
          )
          worker.postMessage({ bytes, limits: limitsFor(bytes.length) })
        } else if (isAnswer(message)) resolve(message.content)
        else reject(failureOf(operation, message))
      })
    })
  } finally {
    clearTimeout(timer)
    worker.stop()
  }
}

const isAnswer = (message: unknown): message is { readonly content: KerasContent } =>
  typeof message === 'object' && message !== null && 'content' in message

function failureOf(operation: string, message: unknown): FormatError | DeviceError {
  const { message: text = 'it is damaged', code = null } = Object(message) as {
    message?: string
    code?: unknown
  }
  if (code === 'ERR_MODULE_NOT_FOUND') {
    return new DeviceError({
      operation,
      problem: 'needs the packages h5wasm and fflate, which are not installed.',
      hint: 'npm install h5wasm fflate',
    })
  }
  return new FormatError({ operation, problem: `cannot be read: ${text}.` })
}

async function start(): Promise<Started> {
  if (typeof process === 'object' && process.versions?.node !== undefined) return startInNode()
  // Bundlers know this very expression, and make a file of the worker's program.
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
  return {
    postMessage: message => worker.postMessage(message),
    onMessage: handle => worker.addEventListener('message', ({ data }) => handle(data)),
    onFailure: handle => worker.addEventListener('error', handle),
    stop: () => worker.terminate(),
  }
}

async function startInNode(): Promise<Started> {
  const { Worker } = await builtin<typeof import('node:worker_threads')>('node:worker_threads')
  const own = import.meta.url
  // The HDF5 library writes what it finds wrong to the standard error; what matters is in its exceptions.
  const options = { execArgv: [], stderr: true, resourceLimits: { maxOldGenerationSizeMb: MEGABYTES } }
  const worker = own.endsWith('.ts')
    ? new Worker(sourceProgram(new URL('./worker.ts', own).href), { ...options, eval: true })
    : new Worker(new URL('./keras-worker.js', own), options)
  worker.unref()
  return {
    postMessage: message => worker.postMessage(message),
    onMessage: handle => void worker.on('message', handle),
    onFailure: handle => void worker.on('error', handle),
    stop: () => void worker.terminate(),
  }
}

/** As a property, because webpack looks for the package where it sees the name itself. */
const LOADER = { ofTypeScript: 'tsx/esm/api' }

/** The sources, under a loader of TypeScript that has to be started in the worker, too. */
function sourceProgram(href: string): string {
  const [loader, program] = [import.meta.resolve(LOADER.ofTypeScript), href].map(url => JSON.stringify(url))
  return `import(${loader}).then(({ register }) => { register(); return import(${program}) })`
}
