import * as tl from '../../../src/index.ts'
import type { Adapters, Call } from './call.ts'

type Tensor = tl.Tensor

const affine = (call: Call<Tensor>) => ({
  gamma: call.parameters.get('weight') ?? null,
  beta: call.parameters.get('bias') ?? null,
  epsilon: call.attributes.number('eps'),
})

/** Cases of `ops_norm`. */
export const normOps: Adapters<Tensor> = {
  layer_norm: call => ({
    out: tl.layerNorm(call.input('x'), { ...affine(call), axis: call.attributes.numbers('axes') }),
  }),
  group_norm: call => {
    const groups = call.attributes.number('groups')
    return { out: tl.groupNorm(call.input('x'), { ...affine(call), groups, axis: 1 }) }
  },
  batch_norm: (call): Readonly<Record<string, Tensor>> => {
    const layer = batchNormalization(call)
    const out = layer.forward(call.input('x'))
    const { movingMean: running_mean, movingVariance: running_var } = layer
    return layer.training ? { out, running_mean, running_var } : { out }
  },
}

/** The layer with the case's parameters themselves in it, so that their gradients are found where they are expected. */
function batchNormalization(call: Call<Tensor>): tl.BatchNormalization {
  const { attributes } = call
  const layer = new tl.BatchNormalization({
    inputSize: call.buffer('running_mean').size,
    axis: attributes.number('channel_axis'),
    momentum: 1 - attributes.number('momentum'),
    epsilon: attributes.number('eps'),
    correction: 1,
  })
  const { gamma, beta } = affine(call)
  Object.assign(layer, { gamma, beta })
  layer.movingMean.assign(call.buffer('running_mean'))
  layer.movingVariance.assign(call.buffer('running_var'))
  return attributes.flag('training') ? layer : layer.eval()
}
