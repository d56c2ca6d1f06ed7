import { expect, it } from 'vitest'
import {
  conv2d,
  conv2dTranspose,
  dense,
  flatten,
  lstm,
  maxPooling2d,
  RMSNorm,
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
