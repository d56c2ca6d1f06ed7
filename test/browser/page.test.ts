import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { dense, manualSeed, ones, sequential, serializeModel } from '../../src/index.ts'
import { describeInChromium, launch } from './chromium.ts'
import { pageFiles } from './page-files.ts'
import { run as runInNode } from './pages/classifier.ts'
import { serve, type ServerOptions } from './server.ts'
import { type Visit, visit } from './visit.ts'

/** The policy that docs/browser.md gives: no eval, no foreign origin. */
const STRICT = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src blob:; img-src data:"

describeInChromium('a page that loads the library by <script type="module">', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())

  async function open<T>(module: string, options?: ServerOptions): Promise<Visit<T>> {
    const server = await serve(await pageFiles(module), options)
    try {
      return await visit<T>(browser, server.origin)
    } finally {
      await server.close()
    }
  }

  it('trains a classifier to the bits that Node gives, on one thread', async () => {
    const { value, complaints } = await open<Awaited<ReturnType<typeof runInNode>>>('classifier.ts')
    expect(complaints).toEqual([])
    expect(value.accuracy).toBe(1)
    expect(value.device).toBe('wasm')
    expect(value.probabilities).toEqual((await runInNode()).probabilities)
  })

  type Threads = {
    threads: number
    reason: string | null
    differences: number
    length: number
    isolated: boolean
  }

  it('shares work among threads where it is cross-origin isolated, even under a strict policy', async () => {
    const { value, complaints } = await open<Threads>('threads.ts', {
      isolated: true,
      contentSecurityPolicy: STRICT,
    })
    expect(complaints).toEqual([])
    expect(value).toMatchObject({ isolated: true, threads: 2, stillOn: 2, reason: null, differences: 0 })
    expect(value.length).toBe(300 * 250 + 32)
  })

  it('says why there is one thread where it is not', async () => {
    const { value } = await open<Threads>('threads.ts')
    expect(value).toMatchObject({ isolated: false, threads: 1, differences: 0 })
    expect(value.reason).toMatch(/cross-origin isolated/)
  })

  it('says what the policy forbids where it allows no worker', async () => {
    const { value } = await open<Threads>('threads.ts', {
      isolated: true,
      contentSecurityPolicy: "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; img-src data:",
    })
    expect(value).toMatchObject({ threads: 1, differences: 0 })
    expect(value.reason).toMatch(/worker/)
  })

  it('names the policy that forbids WebAssembly', async () => {
    const opening = open('classifier.ts', { contentSecurityPolicy: "default-src 'none'; script-src 'self'" })
    await expect(opening).rejects.toThrow(/DeviceError: device "wasm" was refused[\s\S]*wasm-unsafe-eval/)
  })

  it('resumes training after a reload, from a database and from the private file system', async () => {
    type Outcome = { reasons: string[]; whole: number[]; resumed: number[][]; files: number[] }
    const server = await serve(await pageFiles('checkpoints.ts'))
    const context = await browser.newContext()
    try {
      const first = await visit<Outcome>(context, server.origin)
      expect(first.value.reasons).toEqual(['callback 1: left', 'callback 1: left'])
      const { value, complaints } = await visit<Outcome>(context, `${server.origin}/?again`)
      expect(value.resumed).toEqual([value.whole, value.whole])
      expect(value.files).toEqual([2, 2])
      expect(complaints).toEqual([])
    } finally {
      await context.close()
      await server.close()
    }
  })

  it('keeps a model beyond a reload, and loads models from Blobs and addresses', async () => {
    manualSeed(11)
    const model = sequential(
      dense({ units: 4, inputSize: 3, activation: 'relu' }),
      dense({ units: 2, inputSize: 4 }),
    )
    const expected = [...model.predict(ones([1, 3])).data()]
    const files = await pageFiles('persistence.ts')
    const server = await serve(files.set('/model.safetensors', serializeModel(model)))
    const context = await browser.newContext()
    try {
      const first = await visit(context, server.origin)
      expect(first.value).toEqual({
        prediction: expected,
        copies: [expected, expected, expected],
        absent: expect.stringMatching(/404/),
        refused: 'ValueError',
      })
      const second = await visit(context, `${server.origin}/?again`)
      expect(second.value).toEqual({ prediction: expected, words: 3 })
      expect(second.complaints).toEqual([])
    } finally {
      await context.close()
      await server.close()
    }
  })
})
