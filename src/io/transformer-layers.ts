import { MultiHeadAttention } from '../nn/attention.ts'
import { BatchNormalization } from '../nn/batch-normalization.ts'
import { GroupNormalization } from '../nn/group-normalization.ts'
import { LayerNormalization } from '../nn/layer-normalization.ts'
import { GaussianNoise, SpatialDropout1D } from '../nn/noise.ts'
import { PositionEmbedding, SinusoidalPositionEncoding } from '../nn/positions.ts'
import { Permute, Reshape } from '../nn/reshape.ts'
import { RMSNorm } from '../nn/rms-norm.ts'
import { TransformerDecoderLayer } from '../nn/transformer-decoder.ts'
import { TransformerEncoderLayer } from '../nn/transformer-encoder.ts'
import type { Shape } from '../tensor/shape.ts'
import type { BuiltInLayer, ConfigReader } from './layer-table.ts'

type Parameters = [string, Shape][]

const within = (name: string, parameters: Parameters): Parameters =>
  parameters.map(([parameter, shape]) => [`${name}.${parameter}`, shape])

const dense = (name: string, inputs: number, units: number, useBias = true): Parameters =>
  within(name, [['kernel', [inputs, units]], ...(useBias ? [['bias', [units]] as [string, Shape]] : [])])

function normParameters(config: ConfigReader): Parameters {
  const vectors = [
    ...(config.is('scale', false) ? [] : ['gamma']),
    ...(config.is('center', false) ? [] : ['beta']),
  ]
  return vectors.map(name => [name, [config.count('inputSize')]])
}

function rmsNormParameters(config: ConfigReader): Parameters {
  return config.is('scale', false) ? [] : [['gamma', [config.count('inputSize')]]]
}

function batchNormParameters(config: ConfigReader): Parameters {
  const size = config.count('inputSize')
  return [...normParameters(config), ['movingMean', [size]], ['movingVariance', [size]]]
}

function attentionParameters(config: ConfigReader): Parameters {
  const size = config.count('inputSize')
  const units = config.is('keyDim', undefined) ? size : config.count('numHeads') * config.count('keyDim')
  const useBias = !config.is('useBias', false)
  return [
    ...['query', 'key', 'value'].flatMap(name => dense(name, size, units, useBias)),
    ...dense('output', units, size, useBias),
  ]
}

function transformerParameters(config: ConfigReader): Parameters {
  const size = config.count('inputSize')
  const hidden = config.count('intermediateDim')
  const norm: Parameters = [
    ['gamma', [size]],
    ['beta', [size]],
  ]
  const part = (name: string): Parameters => [
    ...within(
      name,
      ['query', 'key', 'value', 'output'].flatMap(inner => dense(inner, size, size)),
    ),
    ...within(name === 'attention' ? 'attentionNorm' : 'crossNorm', norm),
  ]
  return [
    ...part('attention'),
    ...dense('intermediate', size, hidden),
    ...dense('output', hidden, size),
    ...within('outputNorm', norm),
    ...(config.is('crossAttention', true) ? part('crossAttention') : []),
  ]
}

function positionParameters(config: ConfigReader): Parameters {
  return [['embeddings', [config.count('maxLength'), config.count('inputSize')]]]
}

/** Normalisations, attention, what a Transformer is made of, and layers of shape and noise, for the table of built-in layers. */
export const transformerLayers: readonly (readonly [string, BuiltInLayer])[] = [
  ['BatchNormalization', { layer: BatchNormalization, parameters: batchNormParameters }],
  ['GroupNormalization', { layer: GroupNormalization, parameters: normParameters }],
  ['LayerNormalization', { layer: LayerNormalization, parameters: normParameters }],
  ['MultiHeadAttention', { layer: MultiHeadAttention, parameters: attentionParameters }],
  ['PositionEmbedding', { layer: PositionEmbedding, parameters: positionParameters }],
  ['RMSNorm', { layer: RMSNorm, parameters: rmsNormParameters }],
  ['SinusoidalPositionEncoding', { layer: SinusoidalPositionEncoding, parameters: () => [] }],
  ['TransformerDecoderLayer', { layer: TransformerDecoderLayer, parameters: transformerParameters }],
  ['TransformerEncoderLayer', { layer: TransformerEncoderLayer, parameters: transformerParameters }],
  ['GaussianNoise', { layer: GaussianNoise, parameters: () => [] }],
  ['Permute', { layer: Permute, parameters: () => [] }],
  ['Reshape', { layer: Reshape, parameters: () => [] }],
  ['SpatialDropout1D', { layer: SpatialDropout1D, parameters: () => [] }],
]
