import { afterEach, describe, expect, it } from 'vitest'
import {
  dense,
  embedding,
  explain,
  Generator,
  gru,
  lstm,
  type Model,
  Sequential,
  sequential,
  setDevice,
  tensor,
  useGpu,
  withDevice,
} from '../../src/index.ts'
import type { AnyLayer } from '../../src/train/sequential.ts'
import { engineOf } from '../../src/engine/device.ts'
import { fakeLibrary } from '../engine/gpu/fake-library.ts'
import { rejection } from '../setup/errors.ts'

const perceptron = () => {
  const model = sequential(dense({ units: 6, activation: 'relu' }), dense({ units: 2 }))
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
  const generator = new Generator(1)
  const x = tensor(generator.normal(20), { shape: [4, 5] })
  return { model, batch: { x, y: tensor(generator.normal(8), { shape: [4, 2] }) } }
}

const classifier = (layer: AnyLayer) => {
  const model = new Sequential([embedding({ inputDim: 9, outputDim: 3 }), layer, dense({ units: 1 })])
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
  const x = tensor(
    Int32Array.from({ length: 8 }, (_, i) => i),
    { shape: [2, 4], dtype: 'int32' },
  )
  return { model, batch: { x, y: tensor([[1], [0]]) } }
}

afterEach(async () => {
  await useGpu({ mode: 'off' })
})

describe('explain', () => {
  it('lists every product of a step, forward and backward, with its sizes', async () => {
    const { model, batch } = perceptron()
    const { rows } = await explain(model, batch)
    expect(rows.map(({ pass, op, m, k, n }) => `${pass} ${op} ${m}x${k}x${n}`)).toEqual([
      'forward nn 4x5x6',
      'forward nn 4x6x2',
      'backward nt 4x2x6',
      'backward tn 6x4x2',
      'backward tn 5x4x6',
    ])
    expect(new Set(rows.map(({ device }) => device))).toEqual(new Set(['wasm']))
    expect(rows.every(({ measured, predicted }) => measured !== null && predicted.wasm !== null)).toBe(true)
  })

  it('says why there is no GPU, and leaves the engine as it was', async () => {
    const { model, batch } = perceptron()
    const before = engineOf('wasm').kernels
    const explanation = await explain(model, batch)
    expect(explanation.rows[0].reason).toMatch(/call await useGpu/)
    expect(engineOf('wasm').kernels.gemm).toBe(before.gemm)
    expect(model.parameters().every(({ grad }) => grad === null)).toBe(true)
  })

  it('names the GPU and its kernels where it computes', async () => {
    const { model, batch } = perceptron()
    await useGpu({ mode: 'webgl2', library: fakeLibrary().library })
    const { rows, device } = await explain(model, batch, { device: 'gpu' })
    expect(device).toBe('gpu, GPU Imaginary GPU 3000 through webgl2')
    expect(rows.map(row => row.kernel)).toEqual([
      'webgl2 nn',
      'webgl2 nn',
      'webgl2 nt',
      'webgl2 tn',
      'webgl2 tn',
    ])
    expect(rows.every(row => row.device === 'gpu' && row.predicted.gpu !== null)).toBe(true)
  })

  it('shows the products within a recurrent layer, and that its steps stay', async () => {
    const { model, batch } = classifier(lstm({ units: 2 }))
    const ofLstm = (await explain(model, batch)).rows.filter(({ operation }) => operation === 'lstm')
    expect(ofLstm.map(({ pass, op, m, k, n }) => `${pass} ${op} ${m}x${k}x${n}`)).toEqual([
      'forward nn 8x3x8',
      'forward nn 2x2x8',
      'backward nt 8x8x3',
      'backward tn 3x8x8',
      'backward tn 2x8x8',
    ])
    expect(ofLstm.every(({ measured, kernel }) => measured === null && kernel === 'lstm sweep')).toBe(true)
    expect(ofLstm[1].reason).toMatch(/4 steps, each needs the one before/)
  })

  it('knows a GRU, too', async () => {
    const { model, batch } = classifier(gru({ units: 2 }))
    const names = (await explain(model, batch)).rows.map(({ operation }) => operation)
    expect(names).toContain('gru')
  })

  it('prints a table with aligned columns, one line for equal products', async () => {
    const { model, batch } = perceptron()
    const text = String(await explain(model, batch))
    const lines = text.split('\n')
    expect(lines[0]).toMatch(
      /^Operation +Pass +m × k · k × n +Times +Kernel +Device +WASM ms +GPU ms +Took ms +Reason$/,
    )
    expect(lines).toHaveLength(2 + 5 + 1)
    expect(lines[2]).toMatch(/^linear +forward +4 × 5 · 5 × 6 +1 .* wasm .*no GPU is in use/)
    expect(lines[lines.length - 1]).toBe('device: wasm, no GPU')
  })

  it('needs a compiled model, and the wasm engine', async () => {
    const { batch } = perceptron()
    const raw: Model = sequential(dense({ units: 2 }))
    expect((await rejection(explain(raw, batch))).message).toMatch(/not compiled/)
    const { model } = perceptron()
    const error = await rejection(explain(model, batch, { device: 'reference' }))
    expect(error.message).toMatch(/"reference", which computes everything itself/)
    setDevice('wasm')
    expect(withDevice('wasm', () => 1)).toBe(1)
  })
})
