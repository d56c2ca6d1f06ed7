import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { currentOffload } from '../../../src/engine/gpu/attach.ts'
import { device, useGpu } from '../../../src/engine/gpu/use-gpu.ts'
import { BridgeBackend } from '../../../src/engine/gpu/bridge.ts'
import { openBackend } from '../../../src/engine/gpu/candidates.ts'
import {
  dense,
  engineOf,
  Generator,
  getDevice,
  manualSeed,
  sequential,
  setDevice,
  tensor,
  withDevice,
} from './library.ts'
import { hasDevice, provideVulkan } from '../../setup/required-devices.ts'
import { GOLDEN_FILES, goldenCases, layerCases, productCases, runDeviceSuite } from './device-suite.ts'

provideVulkan()
const missing = await openBackend(engineOf('wasm'), 'webgpu', undefined).then(
  async backend => {
    await backend.close()
    return null
  },
  (error: Error) => error.message,
)

const golden = Object.fromEntries(
  GOLDEN_FILES.map(file => [
    file,
    JSON.parse(readFileSync(join(import.meta.dirname, '../../golden', file), 'utf8')),
  ]),
)

/** Thousands of products, on a device that may be a program on a busy machine. */
const SLOW_DEVICE_MS = 600_000

describe.runIf(hasDevice('webgpu-node', missing))('WebGPU in Node', () => {
  const warnings: string[] = []
  beforeAll(async () => {
    vi.spyOn(console, 'warn').mockImplementation(message => warnings.push(message))
    await useGpu({ mode: 'webgpu', required: true })
  })
  afterEach(() => {
    warnings.length = 0
  })
  afterAll(async () => {
    await useGpu({ mode: 'off' })
    vi.restoreAllMocks()
  })

  const matrix = (rows: number, cols: number, seed: number) =>
    tensor(new Generator(seed).normal(rows * cols), { shape: [rows, cols] })

  it.each([
    ['the golden values', () => goldenCases(golden)],
    ['products of all sizes and transposes', productCases],
    ['layers and training', layerCases],
  ] as const)(
    'gets %s right',
    async (_, cases) => {
      const verdicts = await runDeviceSuite(cases(), { device: 'gpu' })
      expect(verdicts.filter(({ ok }) => !ok)).toEqual([])
      expect(warnings).toEqual([])
    },
    SLOW_DEVICE_MS,
  )

  it('says what it runs on, and is left alone by auto where that is a program', () => {
    const { backend, adapter, software, reason } = device.status()
    expect({ backend, reason }).toEqual({ backend: 'webgpu', reason: null })
    expect(adapter).not.toBe('')
    if (!software) return
    expect(getDevice()).toBe('auto')
    const { offloaded } = device.status().counters
    for (let i = 0; i < 5; i++) matrix(128, 128, i).matmul(matrix(128, 128, 9))
    expect(device.status().counters.offloaded).toBe(offloaded)
  })

  it('sends an operand once, as long as it stays what it is', () => {
    withDevice('gpu', () => {
      const [a, b] = [matrix(40, 50, 1), matrix(50, 60, 2)]
      a.matmul(b)
      const { cacheBytes } = device.status()
      for (let i = 0; i < 20; i++) a.matmul(b)
      expect(device.status().cacheBytes).toBe(cacheBytes)
    })
  })

  it('keeps kernels and memory within bounds over many calls and shapes', () => {
    withDevice('gpu', () => {
      const run = (from: number, to: number): void => {
        for (let i = from; i < to; i++) {
          const rows = 1 + (i % 120)
          matrix(rows, 8, i).matmul(matrix(8, 8, 3))
        }
      }
      run(0, 150)
      const { inUse } = engineOf('wasm').memoryInfo()
      const { kernels, cacheBytes } = device.status()
      run(150, 600)
      expect(device.status().kernels).toBeLessThanOrEqual(Math.max(kernels, 96))
      expect(device.status().cacheBytes).toBeLessThanOrEqual(cacheBytes + 1e6)
      expect(engineOf('wasm').memoryInfo().inUse).toBeLessThanOrEqual(inUse + 1e6)
    })
  })

  it(
    'is reached from a training worker, too',
    async () => {
      const train = async (worker: boolean): Promise<unknown> => {
        manualSeed(1)
        const model = sequential(dense({ units: 8, inputSize: 5, activation: 'tanh' }), dense({ units: 1 }))
        model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
        const { history } = await model.fit(matrix(12, 5, 1), matrix(12, 1, 2), {
          ...{ epochs: 2, batchSize: 4, shuffle: false, verbose: false, worker },
          device: 'gpu',
        })
        return history.loss
      }
      expect(await train(true)).toEqual(await train(false))
    },
    SLOW_DEVICE_MS,
  )

  it('gives no wrong number when the device is lost, starts it once more, and then goes on without it', async () => {
    const [a, b] = [matrix(30, 40, 5), matrix(40, 20, 6)]
    const want = a.matmul(b).toArray()
    const offload = currentOffload()
    setDevice('gpu')
    try {
      a.matmul(b)
      offload?.drill()
      expect(a.matmul(b).toArray()).toEqual(want)
      expect(device.status().counters).toMatchObject({ losses: 1, fallbacks: 1 })
      const { offloaded } = device.status().counters
      expect(a.matmul(b).toArray()).toEqual(want)
      expect(device.status().counters.offloaded).toBe(offloaded + 1)
      expect(warnings).toEqual([])
      offload?.drill()
      for (let i = 0; i < 3; i++) expect(a.matmul(b).toArray()).toEqual(want)
      expect(device.status().reason).toMatch(/webgpu .* is refused: it was lost again/)
      expect(warnings.length).toBe(1)
    } finally {
      setDevice('auto')
    }
  })

  it('does without a worker that has ended', async () => {
    const { memory } = engineOf('wasm')
    const backend = await openBackend(engineOf('wasm'), 'webgpu', undefined)
    await backend.close()
    const operand = { slot: 0, upload: true, address: 64, stride: 1, rows: 1, cols: 1 }
    const product = { op: 'nn', m: 1, n: 1, k: 1, a: operand, b: operand, drop: [] } as const
    expect(() => backend.run(product, memory)).toThrow(/closed|ended/)
  })

  it('says why there is no GPU when gpu.js cannot be had', async () => {
    const { memory } = engineOf('wasm')
    const task = {
      memory: memory.wasm as WebAssembly.Memory,
      library: 'file:///nowhere/gpu.js',
      webgpu: null,
    }
    await expect(BridgeBackend.start(task)).rejects.toThrow(/WebGPU|nowhere/)
  })
})
