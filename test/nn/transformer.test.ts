import { describe, expect, it } from 'vitest'
import {
  Adam,
  batchNormalization,
  deserializeModel,
  dense,
  embedding,
  gradcheck,
  groupNormalization,
  layerNormalization,
  MultiHeadAttention,
  manualSeed,
  multiHeadAttention,
  positionEmbedding,
  rmsNormalization,
  rotaryEmbedding,
  ShapeError,
  Sequential,
  sequential,
  serializeModel,
  sinusoidalPositionEncoding,
  sinusoidalPositions,
  sparseCategoricalCrossentropy,
  type Tensor,
  tensor,
  transformerDecoderLayer,
  transformerEncoderLayer,
  ValueError,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { errorOf } from '../setup/errors.ts'
import { expectClose, int, normal } from '../setup/numbers.ts'

const first = (x: Tensor, steps: number): Tensor => x.slice([null, [0, steps]])

describe.each(devices)('attention layers on %s', device => {
  useDevice(device)

  it('do not attend to padding', () => {
    const layer = multiHeadAttention({ numHeads: 2, inputSize: 4 })
    const x = normal([1, 5, 4])
    const mask = int([[1, 1, 1, 0, 0]])
    const masked = layer.forward(x, { mask })
    expectClose(first(masked, 3), layer.forward(first(x, 3)))
    const weights = layer.attentionWeights(x, { mask })
    expect(weights.shape).toEqual([1, 2, 5, 5])
    expectClose(weights.slice([null, null, null, [3, 5]]), new Float32Array(20))
  })

  it('take the mask of an Embedding in a Sequential', () => {
    const model = sequential(
      embedding({ inputDim: 9, outputDim: 4, maskZero: true }),
      transformerEncoderLayer({ numHeads: 2, intermediateDim: 8 }),
    )
    const long = model.forward(int([[3, 4, 0, 0]]))
    expectClose(first(long, 2), model.forward(int([[3, 4]])))
  })

  it('see no later steps when they are causal', () => {
    manualSeed(1)
    for (const layer of [
      multiHeadAttention({ numHeads: 2, causal: true, rotary: true }),
      transformerEncoderLayer({ numHeads: 2, intermediateDim: 8, causal: true, normFirst: true }),
      transformerDecoderLayer({ numHeads: 2, intermediateDim: 8, activation: 'gelu' }),
    ]) {
      const x = normal([2, 6, 4])
      expectClose(first(layer.forward(x), 4), layer.forward(first(x, 4)), 5e-6)
    }
  })

  it('attend to an encoder', () => {
    const layer = transformerDecoderLayer({ numHeads: 2, intermediateDim: 8, crossAttention: true })
    const [x, memory] = [normal([2, 3, 4]), normal([2, 5, 4], 2)]
    const memoryMask = int([
      [1, 1, 1, 1, 0],
      [1, 1, 1, 1, 0],
    ])
    const masked = layer.forward(x, { memory, memoryMask })
    expectClose(masked, layer.forward(x, { memory: first(memory, 4) }))
    expect(errorOf(() => layer.forward(x))).toBeInstanceOf(ValueError)
  })

  it('mix a mask of keys with one of pairs', () => {
    const layer = multiHeadAttention({ numHeads: 1, inputSize: 2 })
    const x = normal([1, 3, 2])
    const mask = int([[1, 1, 0]])
    const pairs = tensor([
      [true, false, true],
      [true, true, true],
      [false, true, true],
    ])
    const added = pairs.cast('float32').sub(1).mul(1e30)
    const want = layer.attentionWeights(x, { mask, attentionMask: pairs })
    expect(want.greater(0).cast('float32').toArray()).toEqual([
      [
        [
          [1, 0, 0],
          [1, 1, 0],
          [0, 1, 0],
        ],
      ],
    ])
    expectClose(layer.attentionWeights(x, { mask, attentionMask: added }), want)
    expectClose(layer.attentionWeights(x, { mask, attentionMask: pairs.expandDims({ axis: 0 }) }), want)
  })

  it('drop weights in training only', () => {
    manualSeed(2)
    const layer = multiHeadAttention({ numHeads: 2, inputSize: 4, dropout: 0.5 })
    const plain = new MultiHeadAttention({ numHeads: 2, inputSize: 4 })
    plain.loadStateDict(layer.stateDict())
    const x = normal([2, 3, 4])
    expect(layer.forward(x).sub(plain.forward(x)).abs().max().item()).toBeGreaterThan(1e-3)
    expectClose(layer.eval().forward(x), plain.forward(x))
  })

  it('learn to copy the step before', () => {
    manualSeed(3)
    const model = sequential(
      embedding({ inputDim: 5, outputDim: 16 }),
      positionEmbedding({ maxLength: 6 }),
      transformerEncoderLayer({ numHeads: 2, intermediateDim: 32, causal: true, normFirst: true }),
      dense({ units: 5 }),
    )
    const ids = Array.from({ length: 16 }, (_, row) =>
      Array.from({ length: 6 }, (_, step) => (row * row + step * 3 + ((row * step) % 4)) % 5),
    )
    const labels = int(ids.map(row => [0, ...row.slice(0, 5)]))
    const lossOf = (): Tensor =>
      sparseCategoricalCrossentropy(model.forward(int(ids)), labels, { fromLogits: true })
    lossOf()
    const optimizer = new Adam(model.parameters(), { learningRate: 0.01 })
    for (let step = 0; step < 120; step++) {
      optimizer.zeroGrad()
      lossOf().backward()
      optimizer.step()
    }
    expect(lossOf().item()).toBeLessThan(0.1)
  })
})

describe('positions', () => {
  it('are sines and cosines of slower and slower waves', () => {
    const table = sinusoidalPositions(3, 4)
    expectClose(table.slice([[2, 3]]), [Math.sin(2), Math.cos(2), Math.sin(0.02), Math.cos(0.02)])
    const x = normal([2, 3, 4])
    expectClose(sinusoidalPositionEncoding().forward(x), x.add(table))
  })

  it('turn features so that products depend on distances alone', () => {
    const [q, k] = [normal([1, 4]), normal([1, 4], 2)]
    const product = (i: number, j: number): number =>
      rotaryEmbedding(q, { offset: i })
        .mul(rotaryEmbedding(k, { offset: j }))
        .sum()
        .item()
    expect(product(7, 4)).toBeCloseTo(product(3, 0), 5)
    expect(product(3, 0)).not.toBeCloseTo(product(4, 0), 2)
    const x = normal([2, 3, 8])
    const heads = x.reshape([2, 3, 2, 4]).permute([0, 2, 1, 3])
    const want = rotaryEmbedding(heads).permute([0, 2, 1, 3]).reshape([2, 3, 8])
    expectClose(rotaryEmbedding(x, { heads: 2 }), want)
    gradcheck(y => rotaryEmbedding(y), [[2, 3, 4]], { order: 2 })
  })

  it('are as many as were asked for', () => {
    const layer = positionEmbedding({ maxLength: 3 })
    expect(layer.forward(normal([2, 2, 4])).shape).toEqual([2, 2, 4])
    expect(errorOf(() => layer.forward(normal([2, 4, 4]))).message).toMatch(/time ≤ 3/)
  })
})

describe('saved Transformers', () => {
  it('come back with every option and every statistic', () => {
    manualSeed(4)
    const model = new Sequential(
      [
        embedding({ inputDim: 9, outputDim: 8 }),
        positionEmbedding({ maxLength: 5 }),
        sinusoidalPositionEncoding({ base: 100 }),
        multiHeadAttention({ numHeads: 2, keyDim: 3, useBias: false, causal: true }),
        batchNormalization({ momentum: 0.5, scale: false }),
        transformerEncoderLayer({ numHeads: 4, intermediateDim: 6, normFirst: true, rotary: true }),
        groupNormalization({ groups: 2, center: false }),
        transformerDecoderLayer({ numHeads: 2, intermediateDim: 6, epsilon: 1e-2 }),
        layerNormalization({ epsilon: 1e-4 }),
        rmsNormalization(),
      ],
      { inputShape: [5] },
    )
    const x = int([
      [1, 2, 3, 4, 5],
      [8, 7, 6, 5, 4],
    ])
    model.forward(x)
    const { model: loaded } = deserializeModel(serializeModel(model))
    expect([...loaded.stateDict().keys()]).toEqual([...model.stateDict().keys()])
    expect([...loaded.forward(x).data()]).toEqual([...model.eval().forward(x).data()])
  })
})

describe('errors of attention layers', () => {
  it('names sizes that do not fit', () => {
    expect(errorOf(() => multiHeadAttention({ numHeads: 3, inputSize: 4 }))).toBeInstanceOf(ValueError)
    const wrong = [
      () => multiHeadAttention({ numHeads: 2, inputSize: 4 }).forward(normal([2, 3, 6])),
      () => multiHeadAttention({ numHeads: 2 }).forward(normal([2, 4])),
      () =>
        transformerEncoderLayer({ numHeads: 2, intermediateDim: 3, inputSize: 4 }).forward(normal([2, 4])),
      () => rotaryEmbedding(normal([2, 3])),
    ]
    for (const call of wrong) expect(errorOf(call)).toBeInstanceOf(ShapeError)
  })
})
