import { describe, expect, it } from 'vitest'
import {
  conv2d,
  conv2dTranspose,
  dense,
  Functional,
  flatten,
  input,
  lstm,
  maxPooling2d,
  model,
  RMSNorm,
  Sequential,
  SpatialDropout1D,
  sequential,
} from '../../src/index.ts'

it("names layers as Keras does, counting a class' second layer from 1", () => {
  const names = (...layers: Parameters<typeof sequential>[0][]) => {
    const model = sequential(...layers)
    return model.summary().match(/^\w+ (?=\()/gm)
  }
  expect(
    names(
      conv2d({ filters: 2, kernelSize: 1, inputSize: 1 }),
      maxPooling2d({ poolSize: 1 }),
      conv2d({ filters: 2, kernelSize: 1 }),
      conv2dTranspose({ filters: 2, kernelSize: 1 }),
      flatten(),
      dense({ units: 1 }),
    ),
  ).toEqual(['conv2d ', 'max_pooling2d ', 'conv2d_1 ', 'conv2d_transpose ', 'flatten ', 'dense '])
  expect(names(new SpatialDropout1D({ rate: 0.5 }), new RMSNorm(), lstm({ units: 2 }))).toEqual([
    'spatial_dropout1d ',
    'rms_norm ',
    'lstm ',
  ])
})

describe('models whose classes a bundler has renamed', () => {
  it('keep the names of their layers and parameters', () => {
    const renamed = [Sequential, Functional]
    const names = renamed.map(kind => kind.name)
    for (const kind of renamed) Object.defineProperty(kind, 'name', { value: '_a' })
    try {
      const x = input({ shape: [2] })
      const graph = model({ inputs: x, outputs: dense({ units: 2 }).apply(x) })
      const outer = sequential(sequential(dense({ units: 2, inputSize: 2 })), graph)
      expect([...outer.namedParameters().keys()]).toEqual([
        'sequential.dense.kernel',
        'sequential.dense.bias',
        'functional.dense.kernel',
        'functional.dense.bias',
      ])
      expect(outer.summary()).toContain('sequential (Sequential)')
      expect(outer.summary()).toContain('functional (Functional)')
    } finally {
      renamed.forEach((kind, i) => {
        Object.defineProperty(kind, 'name', { value: names[i] })
      })
    }
  })
})
