import { BatchNormalization } from '../../../nn/batch-normalization.ts'
import { GroupNormalization } from '../../../nn/group-normalization.ts'
import { LayerNormalization } from '../../../nn/layer-normalization.ts'
import { RMSNorm } from '../../../nn/rms-norm.ts'
import type { Tensor } from '../../../tensor/tensor.ts'
import type { Edge } from './builder.ts'
import type { Application, Exporters } from './exporter.ts'
import { renamed, type Scope } from './scope.ts'

/** A weight, or so many equal numbers where the layer has none. */
const orConstant = (
  scope: Scope,
  name: string,
  tensor: Tensor | null,
  size: number,
  filling: number,
): string =>
  tensor === null
    ? scope.builder.constant(new Array<number>(size).fill(filling), 'float32')
    : scope.weight(name, tensor)

/** BatchNormalization where the channels are second, else the same arithmetic. */
function writeBatchNorm(layer: BatchNormalization, { inputs, scope }: Application): Edge {
  const { gamma, beta, movingMean, movingVariance, epsilon } = layer
  const [x] = inputs
  const rank = x.shape.length
  const axis = layer.axis < 0 ? layer.axis + rank : layer.axis
  const size = movingMean.shape[0]
  const isLast = axis === rank - 1
  const isSecond = (isLast && (x.channelsSecond || rank === 2)) || (axis === 1 && !x.channelsSecond)
  const names = [
    orConstant(scope, 'gamma', gamma, size, 1),
    orConstant(scope, 'beta', beta, size, 0),
    scope.weight('movingMean', movingMean),
    scope.weight('movingVariance', movingVariance),
  ]
  if (isSecond) {
    const momentum = { float: layer.momentum }
    return renamed(
      x,
      scope.op('BatchNormalization', [x.name, ...names], { epsilon: { float: epsilon }, momentum }),
    )
  }
  const edge = scope.plain(x)
  const after = new Array<number>(rank - 1 - axis).fill(1)
  const along = (name: string): string =>
    after.length === 0 ? name : scope.op('Reshape', [name, scope.ints(size, ...after)])
  const [scale, shift, mean, variance] = names
  const deviation = scope.op('Sqrt', [scope.op('Add', [variance, scope.float(epsilon)])])
  const rate = scope.op('Div', [scale, deviation])
  const centred = scope.op('Sub', [edge.name, along(mean)])
  return renamed(edge, scope.op('Add', [scope.op('Mul', [centred, along(rate)]), along(shift)]))
}

function writeLayerNorm(layer: LayerNormalization, { inputs, scope }: Application): Edge {
  const x = scope.plain(inputs[0])
  const size = x.shape[x.shape.length - 1]
  const names = [x.name, orConstant(scope, 'gamma', layer.gamma, size, 1)]
  if (layer.beta !== null) names.push(scope.weight('beta', layer.beta))
  return renamed(x, scope.op('LayerNormalization', names, { axis: -1, epsilon: { float: layer.epsilon } }))
}

/** x/√(mean(x²) + ε)·γ: the operator of its own is younger than version 17. */
function writeRmsNorm(layer: RMSNorm, { inputs, scope }: Application): Edge {
  const x = scope.plain(inputs[0])
  const squares = scope.op('ReduceMean', [scope.op('Mul', [x.name, x.name])], { axes: [-1], keepdims: 1 })
  const size = scope.op('Sqrt', [scope.op('Add', [squares, scope.float(layer.epsilon)])])
  const y = scope.op('Div', [x.name, size])
  return renamed(x, layer.gamma === null ? y : scope.op('Mul', [y, scope.weight('gamma', layer.gamma)]))
}

/** Groups of channels become channels of an InstanceNormalization. */
function writeGroupNorm(layer: GroupNormalization, { inputs, scope }: Application): Edge {
  const { groups, gamma, beta, epsilon } = layer
  const x = scope.channelsSecond(inputs[0])
  const rank = x.shape.length
  const channels = inputs[0].shape[rank - 1]
  const flat = scope.op('Reshape', [x.name, scope.ints(0, groups, -1)])
  const constant = (value: number): string =>
    scope.builder.constant(new Array<number>(groups).fill(value), 'float32')
  const normal = scope.op('InstanceNormalization', [flat, constant(1), constant(0)], {
    epsilon: { float: epsilon },
  })
  let name = scope.op('Reshape', [normal, scope.shapeOf(x.name)])
  const after = new Array<number>(rank - 2).fill(1)
  const along = (weight: string): string => scope.op('Reshape', [weight, scope.ints(channels, ...after)])
  if (gamma !== null) name = scope.op('Mul', [name, along(scope.weight('gamma', gamma))])
  if (beta !== null) name = scope.op('Add', [name, along(scope.weight('beta', beta))])
  return renamed(x, name)
}

export const addNormalizationLayers = (exporters: Exporters): Exporters =>
  exporters
    .add(BatchNormalization, writeBatchNorm)
    .add(GroupNormalization, writeGroupNorm)
    .add(LayerNormalization, writeLayerNorm)
    .add(RMSNorm, writeRmsNorm)
