import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { currentEngine } from '../../src/engine/device.ts'
import {
  dense,
  embedding,
  lstm,
  manualSeed,
  rand,
  randn,
  Sequential,
  threadInfo,
  useThreads,
  ValueError,
} from '../../src/index.ts'

afterEach(async () => {
  await useThreads({ threads: 1 })
})

describe('useThreads', () => {
  it('is off until asked for, and says so', async () => {
    await useThreads({ threads: 1 })
    expect(threadInfo()).toEqual({ threads: 1, reason: 'they are off: useThreads({ threads: 1 })' })
    expect(await useThreads({ threads: 2 })).toEqual({ threads: 2, reason: null })
    expect(threadInfo().threads).toBe(2)
  })

  it('gives back its memory and the kernels when switched off', async () => {
    const engine = currentEngine()
    const { kernels } = engine
    const { inUse } = engine.memoryInfo()
    for (const threads of [2, 3, 2, 1]) await useThreads({ threads })
    expect(engine.kernels).toBe(kernels)
    expect(engine.memoryInfo().inUse).toBe(inUse)
  })

  it('takes calls in turn', async () => {
    const infos = await Promise.all([2, 3, 1, 2].map(threads => useThreads({ threads })))
    expect(infos.map(info => info.threads)).toEqual([2, 3, 1, 2])
  })

  it.each([0, 1.5, -2, 65, Number.NaN])('refuses %s threads', threads => {
    expect(() => useThreads({ threads })).toThrow(ValueError)
  })
})

describe('a training run', () => {
  /** Embedding, LSTM, dense layers wide enough to be shared out, three steps. */
  async function train(threads: number): Promise<{ weights: unknown[]; losses: readonly number[] }> {
    await useThreads({ threads })
    manualSeed(3)
    const model = new Sequential([
      embedding({ inputDim: 50, outputDim: 48 }),
      lstm({ units: 48 }),
      dense({ units: 700, activation: 'relu' }),
      dense({ units: 200, activation: 'tanh' }),
      dense({ units: 1, activation: 'sigmoid' }),
    ])
    const x = rand([96, 30]).mul(50).floor()
    const y = rand([96, 1]).greater(0.5)
    model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy' })
    const history = await model.fit(x, y, { epochs: 3, batchSize: 32, verbose: false })
    return { weights: [...model.parameters()].map(p => p.toArray()), losses: history.history.loss }
  }

  it('gives the same bits for one thread, two and four', async () => {
    const one = await train(1)
    expect(await train(2)).toEqual(one)
    expect(await train(4)).toEqual(one)
  })

  it('gives the same batched products', async () => {
    const product = () => {
      manualSeed(1)
      const [a, b] = [randn([3, 200, 150]), randn([3, 150, 210])]
      return a.matmul(b).toArray()
    }
    const one = product()
    await useThreads({ threads: 2 })
    expect(product()).toEqual(one)
  })
})

describe('a program that used threads', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const folder = mkdtempSync(join(tmpdir(), 'threads-'))
  const bundle = join(folder, 'library.mjs')
  beforeAll(async () => {
    await build({
      entryPoints: [join(root, 'src/index.ts')],
      outfile: bundle,
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'neutral',
      logLevel: 'error',
    })
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const run = (flags: readonly string[], program: string) => {
    const args = [...flags, '--input-type=module', '--eval', program]
    const { stdout, stderr, status } = spawnSync(process.execPath, args, {
      cwd: root,
      encoding: 'utf8',
      timeout: 40_000,
    })
    return { stdout, stderr, status }
  }
  const program = (library: string) => `
    const { randn, useThreads } = await import(${JSON.stringify(library)})
    const info = await useThreads({ threads: 3 })
    const a = randn([256, 256])
    console.log(info.threads, info.reason, a.matmul(a).shape.join())
  `
  const success = { stdout: '3 null 256,256\n', stderr: '', status: 0 }

  it('ends by itself, from the sources', () => {
    expect(run(['--import', 'tsx'], program(join(root, 'src/index.ts')))).toEqual(success)
  })

  it('ends by itself, from a bundle', () => {
    expect(run([], program(bundle))).toEqual(success)
  })

  it('needs nothing of Node.js: a worker made of a Blob, and a main thread that may not park', () => {
    const browser = `
      import { resolveObjectURL } from 'node:buffer'
      import { Worker as NodeWorker } from 'node:worker_threads'
      const prelude = \`
        const { parentPort } = require('node:worker_threads')
        globalThis.postMessage = message => parentPort.postMessage(message)
        parentPort.once('message', data => globalThis.onmessage({ data }))
        delete globalThis.process
      \`
      globalThis.Worker = class {
        constructor(url) {
          this.worker = resolveObjectURL(url).text().then(source => {
            const worker = new NodeWorker(prelude + source, { eval: true, execArgv: [] })
            worker.on('message', data => this.onmessage({ data }))
            worker.on('error', error => this.onerror({ message: error.message }))
            return worker
          })
        }
        postMessage(data) {
          this.worker.then(worker => worker.postMessage(data))
        }
      }
      Atomics.wait = () => {
        throw new TypeError('Atomics.wait cannot be called in this context')
      }
      const { process } = globalThis
      delete globalThis.process
      ${program(bundle)}
      process.exit()
    `
    expect(run([], browser)).toEqual(success)
  })
})
