import { Conv1D, Conv2D } from '../../../nn/conv.ts'
import { Conv2DTranspose } from '../../../nn/conv-transpose.ts'
import { DepthwiseConv2D, SeparableConv2D } from '../../../nn/depthwise-conv.ts'
import {
  GlobalAveragePooling1D,
  GlobalAveragePooling2D,
  GlobalMaxPooling1D,
  GlobalMaxPooling2D,
} from '../../../nn/global-pooling.ts'
import type { LayerConfig } from '../../../nn/layer.ts'
import type { Module } from '../../../nn/module.ts'

import { AveragePooling1D, AveragePooling2D, MaxPooling1D, MaxPooling2D } from '../../../nn/pooling.ts'
import { UpSampling2D } from '../../../nn/up-sampling.ts'
import type { Parameter } from '../../../nn/parameter.ts'
import type { Shape } from '../../../tensor/shape.ts'
import type { WrittenAttribute } from '../wire/write.ts'
import { activated } from './basic.ts'
import type { Edge } from './builder.ts'
import type { Application, Exporters } from './exporter.ts'
import { renamed, type Scope } from './scope.ts'
import { transposedWindow, windowAttributes } from './windows.ts'

// ONNX has the channels second and kernels [filters, channels, …]; the layers have channels last and kernels
// […, channels, filters]. Values change over where they must and stay until something wants them otherwise; kernels are
// transposed by a node, so that the file holds them as `stateDict` does.

/** How a layer of windows sees its input, whatever its dataFormat. */
interface Image {
  readonly edge: Edge
  /** Sizes of the axes that the windows run over. */
  readonly sizes: Shape
  readonly isChannelsFirst: boolean
}

const isChannelsFirst = (config: LayerConfig): boolean => config.dataFormat === 'channelsFirst'

function imageOf(scope: Scope, x: Edge, config: LayerConfig): Image {
  if (isChannelsFirst(config)) return { edge: scope.plain(x), sizes: x.shape.slice(2), isChannelsFirst: true }
  return { edge: scope.channelsSecond(x), sizes: x.shape.slice(1, -1), isChannelsFirst: false }
}

/** A layer that knows its output's shape. */
interface Shaped {
  outputShape(inputShape: Shape): Shape
}

/** The output of a layer, in the layout of its input. */
function imageEdge(layer: Shaped, x: Edge, { edge }: Image, name: string): Edge {
  const shape = [x.shape[0], ...layer.outputShape(x.shape.slice(1))]
  return { ...edge, name, shape, mask: null }
}

const kernelOrder = (rank: number, order: readonly [number, number]): number[] => [
  ...order.map(axis => axis + rank),
  ...Array.from({ length: rank - 2 }, (_, i) => i),
]

function withBias(scope: Scope, inputs: string[], bias: Parameter | null): string[] {
  return bias === null ? inputs : [...inputs, scope.weight('bias', bias)]
}

/** [kh, kw, channels/groups, filters] → [filters, channels/groups, kh, kw] */
function writeConv(layer: Conv1D | Conv2D, { inputs, scope }: Application): Edge {
  const config = layer.config()
  const image = imageOf(scope, inputs[0], config)
  const { kernel, bias } = layer
  const weights = scope.op('Transpose', [scope.weight('kernel', kernel)], {
    perm: kernelOrder(kernel.rank, [-1, -2]),
  })
  const attributes = {
    ...windowAttributes(config, kernel.shape.slice(0, -2), image.sizes),
    group: Number(config.groups ?? 1),
  }
  const name = scope.op('Conv', withBias(scope, [image.edge.name, weights], bias), attributes)
  return activated(scope, imageEdge(layer, inputs[0], image, name), layer.activation)
}

/** [kh, kw, channels, multiplier] → [channels·multiplier, 1, kh, kw] */
function depthwise(
  scope: Scope,
  kernel: Parameter,
  image: Image,
  config: LayerConfig,
  bias: Parameter | null,
): string {
  const [height, width, channels, multiplier] = kernel.shape
  const flat = scope.op('Reshape', [
    scope.weight('depthwiseKernel', kernel),
    scope.ints(height, width, 1, channels * multiplier),
  ])
  const weights = scope.op('Transpose', [flat], { perm: [3, 2, 0, 1] })
  return scope.op('Conv', withBias(scope, [image.edge.name, weights], bias), {
    ...windowAttributes(config, [height, width], image.sizes),
    group: channels,
  })
}

function writeDepthwise(layer: DepthwiseConv2D, { inputs, scope }: Application): Edge {
  const config = layer.config()
  const image = imageOf(scope, inputs[0], config)
  const name = depthwise(scope, layer.depthwiseKernel, image, config, layer.bias)
  return activated(scope, imageEdge(layer, inputs[0], image, name), layer.activation)
}

function writeSeparable(layer: SeparableConv2D, { inputs, scope }: Application): Edge {
  const config = layer.config()
  const image = imageOf(scope, inputs[0], config)
  const each = depthwise(scope, layer.depthwiseKernel, image, config, null)
  const points = scope.op('Transpose', [scope.weight('pointwiseKernel', layer.pointwiseKernel)], {
    perm: [3, 2, 0, 1],
  })
  const name = scope.op('Conv', withBias(scope, [each, points], layer.bias))
  return activated(scope, imageEdge(layer, inputs[0], image, name), layer.activation)
}

/** [kh, kw, filters, channels] → [channels, filters, kh, kw] */
function writeTransposed(layer: Conv2DTranspose, { inputs, scope }: Application): Edge {
  const config = layer.config()
  const image = imageOf(scope, inputs[0], config)
  const after = layer.outputShape(inputs[0].shape.slice(1))
  const out = image.isChannelsFirst ? after.slice(1) : after.slice(0, -1)
  const weights = scope.op('Transpose', [scope.weight('kernel', layer.kernel)], { perm: [3, 2, 0, 1] })
  const window = transposedWindow(config, layer.kernel.shape.slice(0, 2), image.sizes, out)
  if (window === null)
    return scope.refuse("has padding 'same' over an open size: its output size cannot be written down.")
  const name = scope.op('ConvTranspose', withBias(scope, [image.edge.name, weights], layer.bias), window)
  return activated(scope, imageEdge(layer, inputs[0], image, name), layer.activation)
}

type Pooling = Module<unknown> & Shaped & { config(): LayerConfig }

const pooling =
  (opType: string, axes: number, extra: Readonly<Record<string, WrittenAttribute>> = {}) =>
  (layer: Pooling, { inputs, scope }: Application): Edge => {
    const config = layer.config()
    const { poolSize = 2 } = config
    const window = Array.isArray(poolSize)
      ? poolSize.map(Number)
      : new Array<number>(axes).fill(Number(poolSize))
    const image = imageOf(scope, inputs[0], config)
    const attributes = windowAttributes({ ...config, strides: config.strides ?? window }, window, image.sizes)
    const { dilations: _, ...rest } = attributes
    return imageEdge(layer, inputs[0], image, scope.op(opType, [image.edge.name], { ...rest, ...extra }))
  }

const globalPooling =
  (opType: string) =>
  (layer: Pooling, { inputs, scope }: Application): Edge => {
    const config = layer.config()
    const [x] = inputs
    const isSecond = x.channelsSecond || isChannelsFirst(config)
    const first = isSecond ? 2 : 1
    const axes = Array.from({ length: x.shape.length - 2 }, (_, i) => first + i)
    const keepDims = config.keepDims === true
    const name = scope.op(opType, [x.name], { axes, keepdims: keepDims ? 1 : 0 })
    const shape = [x.shape[0], ...layer.outputShape(x.shape.slice(1))]
    return { ...x, name, shape, channelsSecond: keepDims && x.channelsSecond, mask: null }
  }

function writeUpSampling(layer: UpSampling2D, { inputs, scope }: Application): Edge {
  const config = layer.config()
  const image = imageOf(scope, inputs[0], config)
  const [rows, columns] = config.size as readonly [number, number]
  const scales = scope.builder.constant([1, 1, rows, columns], 'float32')
  const isNearest = config.interpolation === 'nearest'
  const name = scope.op('Resize', [image.edge.name, '', scales], {
    mode: isNearest ? 'nearest' : 'linear',
    coordinate_transformation_mode: isNearest ? 'asymmetric' : 'half_pixel',
    ...(isNearest ? { nearest_mode: 'floor' } : {}),
  })
  return renamed(image.edge, name, [inputs[0].shape[0], ...layer.outputShape(inputs[0].shape.slice(1))])
}

export const addConvolutionLayers = (exporters: Exporters): Exporters =>
  exporters
    .add(AveragePooling1D, pooling('AveragePool', 1))
    .add(AveragePooling2D, pooling('AveragePool', 2))
    .add(Conv1D, writeConv)
    .add(Conv2D, writeConv)
    .add(Conv2DTranspose, writeTransposed)
    .add(DepthwiseConv2D, writeDepthwise)
    .add(GlobalAveragePooling1D, globalPooling('ReduceMean'))
    .add(GlobalAveragePooling2D, globalPooling('ReduceMean'))
    .add(GlobalMaxPooling1D, globalPooling('ReduceMax'))
    .add(GlobalMaxPooling2D, globalPooling('ReduceMax'))
    .add(MaxPooling1D, pooling('MaxPool', 1))
    .add(MaxPooling2D, pooling('MaxPool', 2))
    .add(SeparableConv2D, writeSeparable)
    .add(UpSampling2D, writeUpSampling)
