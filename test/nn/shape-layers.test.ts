import { describe, expect, it } from 'vitest'
import {
  dense,
  deserializeModel,
  GaussianNoise,
  gaussianNoise,
  manualSeed,
  Permute,
  Reshape,
  Sequential,
  SpatialDropout1D,
  serializeModel,
  ShapeError,
  spatialDropout1d,
  ValueError,
} from '../../src/index.ts'
import { errorOf } from '../setup/errors.ts'
import { expectClose, normal } from '../setup/numbers.ts'

describe('layers that change the shape', () => {
  const x = normal([2, 3, 4])

  it('reshape and permute every example', () => {
    expectClose(new Reshape({ targetShape: [-1, 2] }).forward(x), x.reshape([2, 6, 2]))
    expectClose(new Permute({ dims: [2, 1] }).forward(x), x.transpose())
  })

  it('refuse what does not fit', () => {
    expect(errorOf(() => new Reshape({ targetShape: [5] }).forward(x))).toBeInstanceOf(ShapeError)
    expect(errorOf(() => new Reshape({ targetShape: [-1, 5] }).forward(x))).toBeInstanceOf(ShapeError)
    expect(errorOf(() => new Reshape({ targetShape: [-1, -1] }))).toBeInstanceOf(ValueError)
    expect(errorOf(() => new Permute({ dims: [1] }).forward(x))).toBeInstanceOf(ShapeError)
    expect(errorOf(() => new Permute({ dims: [0, 1] }))).toBeInstanceOf(ValueError)
  })
})

describe('layers that disturb in training', () => {
  it('drop whole features', () => {
    manualSeed(1)
    const layer = new SpatialDropout1D({ rate: 0.5 })
    const y = layer
      .forward(normal([4, 5, 8]).abs().add(1))
      .greater(0)
      .cast('float32')
    const share = y.mean({ axis: 1 }).data()
    expect(new Set(share)).toEqual(new Set([0, 1]))
    const x = normal([1, 2, 3])
    expectClose(layer.eval().forward(x), x)
    expect(errorOf(() => spatialDropout1d({ rate: 1 }))).toBeInstanceOf(ValueError)
    expect(errorOf(() => layer.forward(normal([2, 3])))).toBeInstanceOf(ShapeError)
  })

  it('add noise of the standard deviation asked for', () => {
    manualSeed(2)
    const x = normal([100, 100])
    const layer = new GaussianNoise({ stddev: 0.3 })
    expect(layer.forward(x).sub(x).std().item()).toBeCloseTo(0.3, 2)
    expectClose(layer.eval().forward(x), x)
    expect(errorOf(() => gaussianNoise({ stddev: -1 }))).toBeInstanceOf(ValueError)
  })

  it('come back from a file', () => {
    const layers = [
      new Reshape({ targetShape: [3, 4] }),
      new Permute({ dims: [2, 1] }),
      spatialDropout1d({ rate: 0.25 }),
      gaussianNoise({ stddev: 0.5 }),
      dense({ units: 2 }),
    ]
    const model = new Sequential(layers, { inputShape: [12] })
    const { model: loaded } = deserializeModel(serializeModel(model))
    expectClose(loaded.forward(normal([2, 12])), model.eval().forward(normal([2, 12])))
    expect(loaded.summary()).toBe(model.summary())
  })
})
