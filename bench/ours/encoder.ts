/** W8: the training step of a layer of a Transformer encoder. */
import {
  meanSquaredError,
  ones,
  sequential,
  type Tensor,
  transformerEncoderLayer,
  zeros,
} from '../../src/index.ts'
import type { Entry } from '../harness.ts'
import { encoder } from '../tasks.ts'
import { tensorsFor } from './tensors.ts'
import { load, type Training, training } from './training.ts'

/** The layer's parts, and what the data calls them. */
const parts = {
  'attention.query': 'query',
  'attention.key': 'key',
  'attention.value': 'value',
  'attention.output': 'output',
  intermediate: 'hidden',
  output: 'final',
}

function prepareEncoder(): Training {
  const { size, heads, hidden } = encoder
  const inputs: Record<string, Tensor> = { ...tensorsFor('W8'), ones: ones([size]), zeros: zeros([size]) }
  const model = sequential(
    transformerEncoderLayer({ numHeads: heads, intermediateDim: hidden, inputSize: size, name: 'layer' }),
  )
  const names = Object.entries(parts).flatMap(([ours, theirs]) => [
    [`layer.${ours}.kernel`, `${theirs}Kernel`],
    [`layer.${ours}.bias`, `${theirs}Bias`],
  ])
  const norms = ['attentionNorm', 'outputNorm'].flatMap(norm => [
    [`layer.${norm}.gamma`, 'ones'],
    [`layer.${norm}.beta`, 'zeros'],
  ])
  load(model, Object.fromEntries([...names, ...norms]), inputs)
  return { model, inputs, lossOf: () => meanSquaredError(model.forward(inputs.x), inputs.target) }
}

export const encoders: Record<string, Entry> = { W8: () => training(prepareEncoder) }
