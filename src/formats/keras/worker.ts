import { builtin } from '../../io/files.ts'
import type { Limits } from './content.ts'
import { extract } from './extract.ts'

/** What the worker is asked. */
export interface Request {
  readonly bytes: Uint8Array
  readonly limits: Limits
}

/** The port to whoever started this worker, in Node and in browsers. */
interface Port {
  postMessage(message: unknown): void
  listen(handle: (request: Request) => void): void
}

async function openPort(): Promise<Port> {
  if (typeof process === 'object' && process.versions?.node !== undefined) {
    const { parentPort } = await builtin<typeof import('node:worker_threads')>('node:worker_threads')
    if (parentPort === null) throw new Error('worker.ts is the program of a worker')
    return {
      postMessage: message => parentPort.postMessage(message),
      listen: handle => void parentPort.on('message', handle),
    }
  }
  return {
    postMessage: message => globalThis.postMessage(message),
    listen: handle => globalThis.addEventListener('message', ({ data }) => handle(data)),
  }
}

const port = await openPort()
port.listen(async ({ bytes, limits }) => {
  try {
    port.postMessage({ content: await extract(bytes, limits) })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const code: unknown = error instanceof Error && 'code' in error ? error.code : null
    port.postMessage({ message, code })
  }
})
port.postMessage('ready')
