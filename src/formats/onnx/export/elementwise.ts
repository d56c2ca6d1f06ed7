import { ELU, LeakyReLU, ReLU, Softmax, ThresholdedReLU } from '../../../nn/activation-layers.ts'
import { AlphaDropout, GaussianDropout, SpatialDropout2D } from '../../../nn/dropout-variants.ts'
import { Masking } from '../../../nn/masking.ts'
import type { Module } from '../../../nn/module.ts'
import { PReLU } from '../../../nn/prelu.ts'
import { Rescaling } from '../../../nn/rescaling.ts'
import type { Edge } from './builder.ts'
import type { Application, Exporter, Exporters } from './exporter.ts'
import { renamed } from './scope.ts'

// Layers that change each element by itself: the layout of the value does not matter to them.

function writeReLU(layer: ReLU, { inputs, scope }: Application): Edge {
  const { maxValue, negativeSlope = 0, threshold = 0 } = layer.config()
  const [x] = inputs
  const capped = (y: string): string =>
    maxValue === undefined ? y : scope.op('Min', [y, scope.float(Number(maxValue))])
  const slope = Number(negativeSlope)
  if (threshold === 0) {
    const y =
      slope === 0 ? scope.op('Relu', [x.name]) : scope.op('LeakyRelu', [x.name], { alpha: { float: slope } })
    return renamed(x, capped(y))
  }
  const limit = scope.float(Number(threshold))
  const below = scope.op('Mul', [scope.op('Sub', [x.name, limit]), scope.float(slope)])
  const isAbove = scope.op('GreaterOrEqual', [x.name, limit])
  return renamed(x, scope.op('Where', [isAbove, capped(x.name), below]))
}

/** An operator with one option of the layer as its α. */
const withAlpha =
  (
    opType: string,
    option: string,
  ): Exporter<Module<unknown> & { config(): Readonly<Record<string, unknown>> }> =>
  (layer, { inputs, scope }) =>
    renamed(
      inputs[0],
      scope.op(opType, [inputs[0].name], { alpha: { float: Number(layer.config()[option]) } }),
    )

function writeMasking(layer: Masking, { inputs, scope }: Application): Edge {
  const x = scope.plain(inputs[0])
  const value = scope.float(Number(layer.config().maskValue))
  const differs = scope.op('Cast', [scope.op('Not', [scope.op('Equal', [x.name, value])])], { to: 1 })
  const counts = scope.op('ReduceMax', [differs], { axes: [-1], keepdims: 1 })
  const mask = scope.op('Cast', [scope.op('Squeeze', [counts, scope.ints(2)])], { to: 9 })
  return { ...renamed(x, scope.op('Mul', [x.name, counts])), mask }
}

function writePReLU(layer: PReLU, { inputs, scope }: Application): Edge {
  const x = scope.plain(inputs[0])
  return renamed(x, scope.op('PRelu', [x.name, scope.weight('alpha', layer.alpha)]))
}

function writeRescaling(layer: Rescaling, { inputs, scope }: Application): Edge {
  const { scale, offset } = layer.config()
  const [x] = inputs
  const scaled = scope.op('Mul', [x.name, scope.float(Number(scale))])
  return renamed(x, scope.op('Add', [scaled, scope.float(Number(offset))]))
}

function writeSoftmax(layer: Softmax, { inputs, scope }: Application): Edge {
  const x = scope.plain(inputs[0])
  return renamed(x, scope.op('Softmax', [x.name], { axis: Number(layer.config().axis) }))
}

/** What only training uses lets everything pass. */
const pass: Exporter<Module<unknown>> = (_, { inputs }) => inputs[0]

export const addElementwiseLayers = (exporters: Exporters): Exporters =>
  exporters
    .add(AlphaDropout, pass)
    .add(ELU, withAlpha('Elu', 'alpha'))
    .add(GaussianDropout, pass)
    .add(LeakyReLU, withAlpha('LeakyRelu', 'negativeSlope'))
    .add(Masking, writeMasking)
    .add(PReLU, writePReLU)
    .add(ReLU, writeReLU)
    .add(Rescaling, writeRescaling)
    .add(Softmax, writeSoftmax)
    .add(SpatialDropout2D, pass)
    .add(ThresholdedReLU, withAlpha('ThresholdedRelu', 'theta'))
