import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Backend } from '../../../src/engine/gpu/backend.ts'
import { DeviceFault } from '../../../src/engine/gpu/fault.ts'
import { rowsOf } from '../../../src/engine/gpu/product.ts'
import { attach } from '../../../src/engine/gpu/attach.ts'
import { device, useGpu } from '../../../src/engine/gpu/use-gpu.ts'
import {
  dense,
  getDevice,
  Generator,
  manualSeed,
  sequential,
  setDevice,
  type Tensor,
  tensor,
} from './library.ts'

const matrix = (rows: number, cols: number, seed: number): Tensor =>
  tensor(new Generator(seed).normal(rows * cols), { shape: [rows, cols] })

/** A clock that stands still unless something takes time. */
let time = 0
const now = (): number => time

/** A device that computes rightly, in a time of its own. */
class FakeBackend implements Backend {
  readonly mode = 'webgl2'
  readonly maxSide = 1 << 14
  readonly kernelCount = 0
  readonly products: string[] = []
  resets = 0
  /** ms of a call, from its operations. */
  takes = (_flops: number): number => 0
  fails: () => Error | null = () => null
  factor = 1

  constructor(readonly adapter = { name: 'Imaginary GPU 3000', software: false }) {}

  run(...[{ op, m, n, k, a, b }, heap]: Parameters<Backend['run']>): Float32Array {
    time += this.takes(2 * m * n * k)
    const failure = this.fails()
    if (failure !== null) throw failure
    this.products.push(`${op} ${m}x${k}x${n}`)
    const [left, right] = [a, b].map(operand => rowsOf(heap.float as Float32Array, operand))
    const result = new Float32Array(m * n)
    for (let i = 0; i < m; i++) {
      for (let p = 0; p < k; p++) {
        const value = this.factor * left[op[0] === 't' ? p * m + i : i * k + p]
        const start = op[1] === 't' ? p : p * n
        const step = op[1] === 't' ? k : 1
        for (let j = 0; j < n; j++) result[i * n + j] += value * right[start + j * step]
      }
    }
    return result
  }
  reset(): void {
    this.resets++
  }
  lose(): void {
    this.fails = () => new DeviceFault('lost', 'the context was lost')
  }
  async close(): Promise<void> {}
}

/** Our own product takes as long as 1e-8 ms an operation would; the engine's kernels do not move the clock themselves. */
const OURS = 1e-8
const warnings: string[] = []
let backend: FakeBackend

function start(given = new FakeBackend(), minFlops?: number) {
  backend = given
  const offload = attach(given, { now, minFlops, warn: message => warnings.push(message) })
  // Stands in for the engine's own speed.
  vi.spyOn(offload.router, 'expect').mockImplementation(({ m, n, k }, shape) => ({
    wasm: 2 * m * n * k * OURS,
    gpu: shape.gpuMs ?? given.takes(2 * m * n * k),
  }))
  return offload
}

beforeEach(() => {
  time = 0
  warnings.length = 0
})
afterEach(async () => {
  await useGpu({ mode: 'off' })
})

describe('the device gpu', () => {
  it('gets every product, forward and backward', () => {
    start()
    setDevice('gpu')
    manualSeed(1)
    const layer = dense({ units: 3, inputSize: 4 })
    const x = tensor(new Generator(1).normal(8), { shape: [2, 4], requiresGrad: true })
    layer.forward(x).square().sum().backward()
    expect(backend.products).toEqual(['nn 2x4x3', 'nt 2x3x4', 'tn 4x2x3'])
  })

  it('gives what WebAssembly gives, also where a product is added to what is there', () => {
    manualSeed(1)
    const layer = dense({ units: 30, inputSize: 40 })
    const x = matrix(20, 40, 3)
    const want = layer.forward(x).data()
    start()
    setDevice('gpu')
    const got = layer.forward(x).data()
    got.forEach((value, i) => {
      expect(value).toBeCloseTo(want[i], 4)
    })
    expect(device.status().counters).toMatchObject({ offloaded: 1, checks: 1, fallbacks: 0 })
  })

  it('is not there before useGpu, and says what to do', () => {
    expect(() => setDevice('gpu')).toThrow(/call await useGpu\(\)/)
    expect(getDevice()).toBe('wasm')
  })

  it('checks the first result of a shape only', () => {
    start()
    setDevice('gpu')
    for (let i = 0; i < 4; i++) matrix(5, 6, i).matmul(matrix(6, 7, i))
    matrix(5, 6, 1).matmul(matrix(6, 8, 1))
    expect(device.status().counters).toMatchObject({ offloaded: 5, checks: 2 })
  })
})

describe('the device auto', () => {
  const run = (side = 128): Tensor => matrix(side, side, 1).matmul(matrix(side, side, 2))

  it('gives a shape to a faster GPU when it comes for the third time', () => {
    const offload = start()
    for (let i = 0; i < 2; i++) run()
    vi.spyOn(offload.router, 'calibrated').mockReturnValue(fast)
    expect(backend.products).toEqual([])
    run()
    expect(backend.products).toEqual(['nn 128x128x128'])
  })

  it('keeps what a GPU does not do 1.5 times faster', () => {
    const slower = new FakeBackend()
    slower.takes = flops => (flops * OURS) / 1.4
    const offload = start(slower)
    vi.spyOn(offload.router, 'calibrated').mockReturnValue(fast)
    for (let i = 0; i < 5; i++) run()
    expect(backend.products).toEqual([])
    slower.takes = flops => (flops * OURS) / 1.6
    run()
    expect(backend.products).toHaveLength(1)
  })

  it('goes on with a GPU that is a little faster, and stops when it is slower', () => {
    const tiring = new FakeBackend()
    tiring.takes = flops => (flops * OURS) / 2
    const offload = start(tiring)
    vi.spyOn(offload.router, 'calibrated').mockReturnValue(fast)
    for (let i = 0; i < 10; i++) run()
    tiring.takes = flops => (flops * OURS) / 1.2
    for (let i = 0; i < 20; i++) run()
    expect(backend.products).toHaveLength(28)
    tiring.takes = flops => flops * OURS * 2
    for (let i = 0; i < 20; i++) run()
    expect(backend.products.length).toBeLessThan(34)
    expect(device.status().counters.refusals).toBe(1)
  })

  it('looks at no product below minFlops', () => {
    const offload = start(new FakeBackend(), 1e9)
    vi.spyOn(offload.router, 'calibrated').mockReturnValue(fast)
    for (let i = 0; i < 5; i++) run()
    expect(backend.products).toEqual([])
  })

  it('leaves a program that imitates a GPU alone', () => {
    start(new FakeBackend({ name: 'llvmpipe', software: true }))
    for (let i = 0; i < 5; i++) run()
    expect(backend.products).toEqual([])
    expect(getDevice()).toBe('auto')
  })

  it('times both at three sizes, once, and refuses by name a GPU that wins at none', () => {
    const slow = new FakeBackend()
    slow.takes = flops => 1e3 + flops
    attach(slow, { now, warn: message => warnings.push(message) })
    for (let i = 0; i < 6; i++) run()
    expect(new Set(slow.products)).toEqual(new Set(['nn 64x64x64', 'nn 256x256x256', 'nn 768x768x768']))
    expect(device.status().reason).toMatch(/webgl2 \(Imaginary GPU 3000\) is refused: it is slower/)
    expect(warnings).toHaveLength(1)
  })
})

/** A calibration in which a GPU wins. */
const fast = { wasm: { call: 0, byte: 0, flop: OURS }, gpu: { call: 0, byte: 0, flop: 0 }, breakEven: 32 }

describe('a GPU that cannot be relied on', () => {
  const [a, b] = [matrix(6, 7, 1), matrix(7, 8, 2)]
  const want = a.matmul(b).toArray()

  it('is refused when it is wrong: one warning, and the right result', () => {
    const wrong = new FakeBackend()
    wrong.factor = 1.001
    start(wrong)
    setDevice('gpu')
    for (let i = 0; i < 3; i++) expect(a.matmul(b).toArray()).toEqual(want)
    expect(backend.products).toHaveLength(1)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(/webgl2 \(Imaginary GPU 3000\) is refused: its nn product 6×7×8 is wrong/)
    expect(device.status().counters).toMatchObject({ offloaded: 0, checks: 1, fallbacks: 1, refusals: 1 })
  })

  it('is started again when it was lost, and refused when it is lost again', () => {
    start()
    setDevice('gpu')
    a.matmul(b)
    backend.lose()
    expect(a.matmul(b).toArray()).toEqual(want)
    expect(backend.resets).toBe(1)
    backend.fails = () => null
    a.matmul(b)
    expect(backend.products).toHaveLength(2)
    expect(warnings).toEqual([])
    backend.lose()
    for (let i = 0; i < 3; i++) expect(a.matmul(b).toArray()).toEqual(want)
    expect(backend.resets).toBe(1)
    expect(warnings).toHaveLength(1)
  })

  it('sends operands again after a loss', () => {
    start()
    setDevice('gpu')
    const [x, y] = [matrix(40, 40, 1), matrix(40, 40, 2)]
    x.matmul(y)
    expect(device.status().cacheBytes).toBeGreaterThan(0)
    backend.fails = () => new DeviceFault('lost', 'gone')
    x.matmul(y)
    expect(device.status().cacheBytes).toBe(0)
  })

  it('loses only the shape that it cannot do', () => {
    start()
    setDevice('gpu')
    backend.fails = () => new Error('too large for this device')
    expect(a.matmul(b).toArray()).toEqual(want)
    backend.fails = () => null
    for (let i = 0; i < 3; i++) expect(a.matmul(b).toArray()).toEqual(want)
    expect(backend.products).toEqual([])
    matrix(3, 3, 1).matmul(matrix(3, 3, 2))
    expect(backend.products).toEqual(['nn 3x3x3'])
    expect(warnings).toEqual([])
  })

  it('is refused when no shape works', () => {
    start()
    setDevice('gpu')
    backend.fails = () => new Error('nothing works')
    for (let i = 1; i < 9; i++) matrix(3, i, 1).matmul(matrix(i, 3, 2))
    expect(warnings).toHaveLength(1)
    expect(device.status().reason).toMatch(/it fails at every shape: nothing works/)
  })

  it('trains on without a wrong number when it is lost in the middle of fit', async () => {
    const train = async (onBatch: (batch: number) => void): Promise<readonly number[]> => {
      manualSeed(4)
      const model = sequential(dense({ units: 8, activation: 'tanh', inputSize: 5 }), dense({ units: 1 }))
      model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
      const { history } = await model.fit(matrix(32, 5, 1), matrix(32, 1, 2), {
        ...{ epochs: 3, batchSize: 8, shuffle: false, verbose: false },
        callbacks: [{ name: 'drill', onBatchEnd: batch => onBatch(batch) }],
      })
      return history.loss as readonly number[]
    }
    const losses = await train(() => {})
    start()
    setDevice('gpu')
    const got = await train(batch => {
      if (batch === 2) backend.lose()
    })
    got.forEach((loss, i) => {
      expect(loss).toBeCloseTo(losses[i], 5)
    })
    expect(warnings).toHaveLength(1)
    expect(device.status().counters.offloaded).toBeGreaterThan(0)
  })
})

describe('operands on the GPU', () => {
  it('are sent once while they stay as they are, and again when they change', () => {
    const uploads: string[] = []
    start()
    setDevice('gpu')
    const { run } = backend
    backend.run = (product, heap) => {
      uploads.push([product.a, product.b].map(({ upload }) => +upload).join(''))
      return run.call(backend, product, heap)
    }
    const layer = dense({ units: 4, inputSize: 4, useBias: false })
    const x = matrix(3, 4, 1)
    layer.forward(x)
    layer.forward(x)
    layer.kernel.assign(matrix(4, 4, 5))
    layer.forward(x)
    expect(uploads[0]).toBe('11')
    expect(uploads[1][1]).toBe('0')
    expect(uploads[2][1]).toBe('1')
  })

  it('leave when a step ends, but for parameters', async () => {
    start()
    setDevice('gpu')
    const model = sequential(dense({ units: 8, inputSize: 5 }), dense({ units: 1 }))
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    await model.fit(matrix(64, 5, 1), matrix(64, 1, 2), { batchSize: 16, verbose: false })
    const parameters = 8 * (5 * 11 + 8 * 4)
    expect(device.status().cacheBytes).toBeLessThanOrEqual(parameters)
  })

  it('are dropped on the device, too', () => {
    const dropped: number[] = []
    start()
    setDevice('gpu')
    const { run } = backend
    backend.run = (product, heap) => {
      dropped.push(...product.drop)
      return run.call(backend, product, heap)
    }
    for (let i = 0; i < 50; i++) matrix(4, 4, i).matmul(matrix(4, 4, i))
    const slots = new Set(dropped)
    expect(slots.size).toBe(dropped.length)
    expect(dropped.length).toBeGreaterThan(80)
  })
})
