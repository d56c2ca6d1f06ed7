import { expect, it } from 'vitest'
import { limitsFor } from '../../../src/formats/keras/content.ts'
import { extract } from '../../../src/formats/keras/extract.ts'
import { modelOf } from '../../../src/formats/keras/load.ts'
import { serializeKeras } from '../../../src/formats/keras/index.ts'
import { toTfjsModel } from '../../../src/formats/tfjs/index.ts'
import * as t from '../../../src/index.ts'
import { errorOf, rejection } from '../../setup/errors.ts'

type Layers = NonNullable<ConstructorParameters<typeof t.Sequential>[0]>

const chain = (inputShape: readonly number[], ...layers: Layers): t.Sequential =>
  new t.Sequential(layers, { inputShape })

const image = [6, 6, 2]

it.each<[string, () => t.Sequential, RegExp]>([
  [
    'a causal convolution',
    () => chain([5, 2], t.conv1d({ filters: 2, kernelSize: 2, padding: 'causal' })),
    /causal padding of Conv1D "conv1d"/,
  ],
  ['groups', () => chain(image, t.conv2d({ filters: 2, kernelSize: 3, groups: 2 })), /groups of Conv2D/],
  [
    'axes that are kept',
    () => chain(image, t.globalMaxPooling2d({ keepDims: true })),
    /keepDims of GlobalMaxPooling2D/,
  ],
  ['ELU of another slope', () => chain([4], new t.ELU({ alpha: 0.7 })), /alpha 0.7 of ELU/],
  [
    'an activation',
    () => chain([4], t.dense({ units: 2, activation: 'leakyRelu' })),
    /the activation leakyRelu of Dense/,
  ],
  [
    'an activation of a layer in a layer',
    () => chain([3, 4], t.timeDistributed({ layer: t.dense({ units: 2, activation: 'leakyRelu' }) })),
    /the activation leakyRelu of TimeDistributed/,
  ],
])('TensorFlow.js is not given %s, which it refuses or passes over; Keras is', async (_, make, message) => {
  const error = errorOf(() => toTfjsModel(make()))
  expect(error).toBeInstanceOf(t.UnsupportedError)
  expect(error.message).toMatch(message)
  const model = make()
  const bytes = await serializeKeras(model)
  const again = modelOf('Keras', await extract(bytes, limitsFor(bytes.length)))
  const x = t.ones([1, ...(model.inputShape ?? [])])
  expect(again.predict(x).toArray()).toEqual(model.predict(x).toArray())
})

it('neither is given margins in numbers', async () => {
  const make = () => chain(image, t.conv2d({ filters: 2, kernelSize: 3, padding: 1 }))
  expect(errorOf(() => toTfjsModel(make()))).toBeInstanceOf(t.UnsupportedError)
  const error = await rejection(serializeKeras(make()))
  expect(error.message).toMatch(/padding in numbers of Conv2D "conv2d"/)
})
