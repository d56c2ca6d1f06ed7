// The program of the worker that has WebGPU: it answers a thread that waits. The build bundles it into a string
// (generated/gpu-worker.ts).
import { type Adapter, describeAdapter, type WebGpu } from './adapter.ts'
import {
  ANSWERED,
  answer,
  type BridgeTask,
  FAULTS,
  type Greeting,
  MOST_MESSAGE,
  type Request,
} from './bridge-layout.ts'
import { BufferProducts } from './buffer-products.ts'
import { toFault } from './fault.ts'
import { libraryIn } from './library.ts'
import { rowsOf } from './product.ts'

interface Port {
  send(greeting: Greeting): void
  listen(take: (message: BridgeTask | Request) => void): void
  close(): void
}

/** The package `webgpu`, put where browsers have it. Its instance must stay referenced. */
async function provideWebGpu(url: string): Promise<void> {
  const { create, globals } = await import(url)
  Object.assign(globalThis, globals)
  if (typeof navigator === 'undefined') Object.assign(globalThis, { navigator: {} })
  const native: WebGpu = create([])
  const gpu: WebGpu = {
    requestAdapter: options => native.requestAdapter({ powerPreference: 'high-performance', ...options }),
  }
  Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true })
}

async function start({
  library: url,
  webgpu,
}: BridgeTask): Promise<{ products: BufferProducts; adapter: Adapter }> {
  if (webgpu !== null) await provideWebGpu(webgpu)
  const gpu = Reflect.get(Reflect.get(globalThis, 'navigator') ?? {}, 'gpu') as WebGpu | undefined
  if (gpu === undefined) throw new Error('there is no WebGPU here')
  const adapter = await gpu.requestAdapter()
  if (adapter === null) throw new Error('WebGPU finds no adapter')
  const library = libraryIn(await import(url)) ?? libraryIn(Reflect.get(globalThis, 'GPU'))
  if (library === null) throw new Error(`${url} is not gpu.js`)
  return { products: new BufferProducts(library), adapter: describeAdapter(adapter) }
}

function reply(words: Int32Array, fault: number, message: string, kernels: number): void {
  const text = message.slice(0, MOST_MESSAGE)
  for (let i = 0; i < text.length; i++) words[answer.message + i] = text.charCodeAt(i)
  words[answer.messageLength] = text.length
  words[answer.fault] = fault
  words[answer.kernels] = kernels
  Atomics.store(words, answer.state, ANSWERED)
  Atomics.notify(words, answer.state)
}

async function serve(
  port: Port,
  products: BufferProducts,
  task: BridgeTask,
  request: Request,
): Promise<void> {
  const { words, memory } = task
  try {
    if (request.kind === 'reset') products.reset()
    else if (request.kind === 'lose') products.lose()
    else if (request.kind === 'product') {
      const floats = new Float32Array(memory.buffer)
      const result = await products.run(request.product, operand => rowsOf(floats, operand))
      // The memory may have grown meanwhile.
      new Float32Array(memory.buffer).set(result, request.out / 4)
    } else {
      await products.close()
      port.close()
    }
    reply(words, 0, '', products.kernelCount)
  } catch (error) {
    const { kind, message } = toFault(error)
    reply(words, 1 + FAULTS.indexOf(kind), message, products.kernelCount)
  }
}

function run(port: Port): void {
  let ready: Promise<(request: Request) => Promise<void>> | null = null
  port.listen(message => {
    if ('kind' in message) void ready?.then(answerTo => answerTo(message))
    else {
      ready = start(message).then(({ products, adapter }) => {
        port.send({ adapter })
        return request => serve(port, products, message, request)
      })
      ready.catch(error => port.send({ problem: error instanceof Error ? error.message : String(error) }))
    }
  })
}

if (typeof process === 'object' && typeof process.versions?.node === 'string') {
  const { parentPort } = process.getBuiltinModule?.('node:worker_threads') ?? require('node:worker_threads')
  if (parentPort !== null) {
    run({
      send: greeting => parentPort.postMessage(greeting),
      listen: take => parentPort.on('message', take),
      close: () => parentPort.close(),
    })
  }
} else {
  run({
    send: greeting => postMessage(greeting),
    listen: take => {
      globalThis.onmessage = ({ data }: MessageEvent<BridgeTask | Request>) => take(data)
    },
    close: () => globalThis.close(),
  })
}
