/** W7: the training step of a small convolutional network. */
import {
  conv2d,
  dense,
  flatten,
  maxPooling2d,
  sequential,
  sparseCategoricalCrossentropy,
  type Tensor,
} from '../../src/index.ts'
import type { Entry } from '../harness.ts'
import { cnn } from '../tasks.ts'
import { tensorsFor } from './tensors.ts'
import { load, type Training, training } from './training.ts'

function prepareCnn(): Training {
  const { filters, units, classes } = cnn
  const inputs = tensorsFor('W7')
  const model = sequential(
    conv2d({ filters: filters[0], kernelSize: 3, activation: 'relu', inputSize: 1, name: 'layer0' }),
    maxPooling2d({ poolSize: 2 }),
    conv2d({ filters: filters[1], kernelSize: 3, activation: 'relu', name: 'layer1' }),
    maxPooling2d({ poolSize: 2 }),
    flatten(),
    dense({ units, activation: 'relu', name: 'layer2' }),
    dense({ units: classes, name: 'layer3' }),
  )
  const names = [0, 1, 2, 3].flatMap(i => [
    [`layer${i}.kernel`, `kernel${i}`],
    [`layer${i}.bias`, `bias${i}`],
  ])
  load(model, Object.fromEntries(names), inputs)
  const lossOf = (): Tensor =>
    sparseCategoricalCrossentropy(model.forward(inputs.x), inputs.labels, { fromLogits: true })
  return { model, inputs, lossOf }
}

export const convolutions: Record<string, Entry> = { W7: () => training(prepareCnn) }
