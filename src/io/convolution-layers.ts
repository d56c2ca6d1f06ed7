import { Conv1D, Conv2D } from '../nn/conv.ts'
import { Conv2DTranspose } from '../nn/conv-transpose.ts'
import { DepthwiseConv2D, SeparableConv2D } from '../nn/depthwise-conv.ts'
import {
  GlobalAveragePooling1D,
  GlobalAveragePooling2D,
  GlobalMaxPooling1D,
  GlobalMaxPooling2D,
} from '../nn/global-pooling.ts'
import { AveragePooling1D, AveragePooling2D, MaxPooling1D, MaxPooling2D } from '../nn/pooling.ts'
import { UpSampling2D } from '../nn/up-sampling.ts'
import type { Shape } from '../tensor/shape.ts'
import type { BuiltInLayer, ConfigReader } from './layer-table.ts'

type Parameters = [string, Shape][]

const withBias = (config: ConfigReader, size: number, kernels: Parameters): Parameters =>
  config.is('useBias', false) ? kernels : [...kernels, ['bias', [size]]]

function convParameters(config: ConfigReader, window: readonly number[]): Parameters {
  const filters = config.count('filters')
  const depth = config.count('inputSize') / config.count('groups')
  return withBias(config, filters, [['kernel', [...window, depth, filters]]])
}

function depthwiseParameters(config: ConfigReader): Parameters {
  const channels = config.count('inputSize')
  const multiplier = config.count('depthMultiplier')
  return withBias(config, channels * multiplier, [
    ['depthwiseKernel', [...config.counts('kernelSize', 2), channels, multiplier]],
  ])
}

function separableParameters(config: ConfigReader): Parameters {
  const channels = config.count('inputSize')
  const multiplier = config.count('depthMultiplier')
  const filters = config.count('filters')
  return withBias(config, filters, [
    ['depthwiseKernel', [...config.counts('kernelSize', 2), channels, multiplier]],
    ['pointwiseKernel', [1, 1, channels * multiplier, filters]],
  ])
}

function transposeParameters(config: ConfigReader): Parameters {
  const filters = config.count('filters')
  return withBias(config, filters, [
    ['kernel', [...config.counts('kernelSize', 2), filters, config.count('inputSize')]],
  ])
}

const none = (): Parameters => []

/** Convolution, pooling and upsampling, by class name. */
export const convolutionLayers: readonly [string, BuiltInLayer][] = [
  ['AveragePooling1D', { layer: AveragePooling1D, parameters: none }],
  ['AveragePooling2D', { layer: AveragePooling2D, parameters: none }],
  ['Conv1D', { layer: Conv1D, parameters: config => convParameters(config, [config.count('kernelSize')]) }],
  ['Conv2D', { layer: Conv2D, parameters: config => convParameters(config, config.counts('kernelSize', 2)) }],
  ['Conv2DTranspose', { layer: Conv2DTranspose, parameters: transposeParameters }],
  ['DepthwiseConv2D', { layer: DepthwiseConv2D, parameters: depthwiseParameters }],
  ['GlobalAveragePooling1D', { layer: GlobalAveragePooling1D, parameters: none }],
  ['GlobalAveragePooling2D', { layer: GlobalAveragePooling2D, parameters: none }],
  ['GlobalMaxPooling1D', { layer: GlobalMaxPooling1D, parameters: none }],
  ['GlobalMaxPooling2D', { layer: GlobalMaxPooling2D, parameters: none }],
  ['MaxPooling1D', { layer: MaxPooling1D, parameters: none }],
  ['MaxPooling2D', { layer: MaxPooling2D, parameters: none }],
  ['SeparableConv2D', { layer: SeparableConv2D, parameters: separableParameters }],
  ['UpSampling2D', { layer: UpSampling2D, parameters: none }],
]
