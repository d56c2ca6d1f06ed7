import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { attachLate } from '../../../src/engine/gpu/attach.ts'
import type { LateProducts } from '../../../src/engine/gpu/deferred.ts'
import { device, useGpu } from '../../../src/engine/gpu/use-gpu.ts'
import { rejection } from '../../setup/errors.ts'
import {
  dense,
  Generator,
  lstm,
  manualSeed,
  matmul,
  sequential,
  setDevice,
  type Tensor,
  tensor,
} from './library.ts'

/** Answers rightly, later. */
class FakeProducts implements LateProducts {
  readonly kernelCount = 0
  readonly asked: string[] = []
  resets = 0
  factor = 1
  failure: string | null = null

  async run(...[{ op, m, n, k, a, b }, read]: Parameters<LateProducts['run']>): Promise<Float32Array> {
    this.asked.push(`${op} ${m}x${k}x${n}`)
    const [left, right] = [read(a), read(b)]
    await Promise.resolve()
    if (this.failure !== null) throw new Error(this.failure)
    const result = new Float32Array(m * n)
    for (let i = 0; i < m * n; i++) {
      const [row, col] = [Math.floor(i / n), i % n]
      for (let p = 0; p < k; p++) {
        const x = left[op[0] === 't' ? p * m + row : row * k + p]
        result[i] += this.factor * x * right[op[1] === 't' ? col * k + p : p * n + col]
      }
    }
    return result
  }
  reset(): void {
    this.resets++
  }
  async close(): Promise<void> {}
}

const matrix = (rows: number, cols: number, seed: number): Tensor =>
  tensor(new Generator(seed).normal(rows * cols), { shape: [rows, cols] })

const perceptron = () => {
  manualSeed(2)
  return sequential(
    dense({ units: 6, activation: 'tanh', inputSize: 5 }),
    dense({ units: 3, activation: 'softmax' }),
  )
}

const expectClose = (got: Tensor, want: Tensor): void => {
  expect(got.shape).toEqual(want.shape)
  const values = want.data()
  got.data().forEach((value, i) => {
    expect(value).toBeCloseTo(values[i], 5)
  })
}

const warnings: string[] = []
let products: FakeProducts
beforeEach(() => {
  warnings.length = 0
  products = new FakeProducts()
  attachLate(products, { name: 'Imaginary GPU 3000', software: false }, { warn: text => warnings.push(text) })
  setDevice('gpu')
})
afterEach(async () => {
  await useGpu({ mode: 'off' })
})

describe('a GPU that answers later', () => {
  it('computes the products of predictAsync, each once for each batch', async () => {
    const [model, x] = [perceptron(), matrix(10, 5, 1)]
    const want = model.predict(x)
    expect(products.asked).toEqual([])
    expectClose(await model.predictAsync(x, { batchSize: 4 }), want)
    const batch = (rows: number): string[] => [`nn ${rows}x5x6`, `nn ${rows}x6x3`]
    expect(products.asked).toEqual([...batch(4), ...batch(4), ...batch(2)])
    expect(device.status()).toMatchObject({
      backend: 'webgpu',
      counters: { offloaded: 6, checks: 4, fallbacks: 0 },
    })
  })

  it('projects the inputs of an LSTM', async () => {
    manualSeed(3)
    const model = sequential(lstm({ units: 4 }), dense({ units: 1 }))
    const x = tensor(new Generator(1).normal(30), { shape: [2, 5, 3] })
    const want = model.predict(x)
    expectClose(await model.predictAsync(x), want)
    expect(products.asked).toEqual(['nn 10x3x16', 'nn 2x4x1'])
  })

  it('takes no part in what cannot wait', () => {
    matmul(matrix(4, 4, 1), matrix(4, 4, 2))
    expect(products.asked).toEqual([])
  })

  it('stays out where the device is wasm, and where products are small for auto', async () => {
    const [model, x] = [perceptron(), matrix(4, 5, 1)]
    await model.predictAsync(x, { device: 'wasm' })
    await model.predictAsync(x, { device: 'auto' })
    expect(products.asked).toEqual([])
  })

  it('builds a new model on this side first', async () => {
    manualSeed(5)
    const model = sequential(dense({ units: 6 }), dense({ units: 2 }))
    const x = matrix(4, 5, 1)
    const got = await model.predictAsync(x, { batchSize: 2 })
    expectClose(got, model.predict(x))
    expect(products.asked).toHaveLength(2)
  })

  it('keeps what came between its answers: training mode, gradients, other computations', async () => {
    const [model, x] = [perceptron(), matrix(4, 5, 1)]
    const want = model.predict(x)
    model.train()
    const pending = model.predictAsync(x)
    expect(model.training).toBe(true)
    const other = matmul(matrix(3, 3, 1), matrix(3, 3, 2)).toArray()
    expectClose(await pending, want)
    expect(other).toEqual(matmul(matrix(3, 3, 1), matrix(3, 3, 2)).toArray())
  })

  it('is refused when it is wrong, and the result is right', async () => {
    products.factor = 1.01
    const [model, x] = [perceptron(), matrix(4, 5, 1)]
    const want = model.predict(x)
    expectClose(await model.predictAsync(x), want)
    expect(products.asked).toHaveLength(1)
    expect(warnings).toHaveLength(1)
    expect(device.status().reason).toMatch(
      /webgpu \(Imaginary GPU 3000\) is refused: its product nn 4×5×6 is wrong/,
    )
  })

  it('is started again once when it fails', async () => {
    products.failure = 'the device was lost'
    const [model, x] = [perceptron(), matrix(4, 5, 1)]
    const want = model.predict(x)
    expectClose(await model.predictAsync(x), want)
    expect(products.resets).toBe(1)
    expect(products.asked).toHaveLength(2)
    expect(warnings).toHaveLength(1)
    expectClose(await model.predictAsync(x), want)
    expect(products.asked).toHaveLength(2)
  })

  it('lets errors of the model through, and frees what was begun', async () => {
    const error = await rejection(perceptron().predictAsync(matrix(4, 7, 1)))
    expect(error.message).toMatch(/7/)
  })
})

describe('predictAsync without such a GPU', () => {
  it('gives what predict gives', async () => {
    await useGpu({ mode: 'off' })
    const [model, x] = [perceptron(), matrix(10, 5, 1)]
    expect((await model.predictAsync(x, { batchSize: 3 })).toArray()).toEqual(model.predict(x).toArray())
  })

  it('ends between batches when its signal says so', async () => {
    await useGpu({ mode: 'off' })
    const signal = AbortSignal.abort(new Error('enough'))
    expect((await rejection(perceptron().predictAsync(matrix(10, 5, 1), { signal }))).message).toBe('enough')
  })
})
