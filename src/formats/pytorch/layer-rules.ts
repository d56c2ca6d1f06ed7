import { MultiHeadAttention } from '../../nn/attention.ts'
import { BatchNormalization } from '../../nn/batch-normalization.ts'
import { Bidirectional } from '../../nn/bidirectional.ts'
import { Conv1D, Conv2D } from '../../nn/conv.ts'
import { Conv2DTranspose } from '../../nn/conv-transpose.ts'
import { Dense } from '../../nn/dense.ts'
import { DepthwiseConv2D } from '../../nn/depthwise-conv.ts'
import { Embedding } from '../../nn/embedding.ts'
import { GRU } from '../../nn/gru.ts'
import type { LayerConfig } from '../../nn/layer.ts'
import { LSTM } from '../../nn/lstm.ts'
import type { Module } from '../../nn/module.ts'
import { Normalization } from '../../nn/normalization.ts'
import { PositionEmbedding } from '../../nn/positions.ts'
import { SimpleRNN } from '../../nn/simple-rnn.ts'
import { TransformerDecoderLayer } from '../../nn/transformer-decoder.ts'
import { TransformerEncoderLayer } from '../../nn/transformer-encoder.ts'
import {
  depthwiseKernel,
  gruBias,
  gruKernel,
  kernel,
  type Rule,
  same,
  stacked,
  summedBias,
  within,
} from './rule.ts'

/**
 * How PyTorch calls and lays out the parameters of a layer; null for a layer without a counterpart there. Read off the
 * layer's options, so that it need not be built.
 *
 * @param suffix which layer and direction of a stacked recurrence: `l0`, `l1_reverse`
 */
export function rulesOf(layer: Module<unknown>, suffix = 'l0'): readonly Rule[] | null {
  if (layer instanceof Dense) return withBias(layer.config(), [kernel('kernel', 'weight')])
  if (layer instanceof Embedding || layer instanceof PositionEmbedding) return [same('embeddings', 'weight')]
  if (layer instanceof LSTM || layer instanceof SimpleRNN) return recurrentRules(layer.config(), suffix)
  if (layer instanceof GRU) return gruRules(layer.config(), suffix)
  if (layer instanceof Bidirectional) return bothDirections(layer, suffix)
  if (layer instanceof Conv1D || layer instanceof Conv2D) {
    return withBias(layer.config(), [kernel('kernel', 'weight')])
  }
  // A transposed convolution is [in, out, ...window] there and [...window, out, in] here: the same reversal.
  if (layer instanceof Conv2DTranspose) return withBias(layer.config(), [kernel('kernel', 'weight')])
  if (layer instanceof DepthwiseConv2D) {
    const { depthMultiplier = 1 } = layer.config()
    return withBias(layer.config(), [depthwiseKernel('depthwiseKernel', 'weight', Number(depthMultiplier))])
  }
  if (layer instanceof Normalization) return normalizationRules(layer)
  if (layer instanceof MultiHeadAttention) return attentionRules(layer.config())
  if (layer instanceof TransformerEncoderLayer) return encoderRules()
  return layer instanceof TransformerDecoderLayer ? decoderRules(layer.config()) : null
}

const withBias = ({ useBias = true }: LayerConfig, rules: readonly Rule[]): readonly Rule[] =>
  useBias === false ? rules : [...rules, same('bias', 'bias')]

function recurrentRules({ bias = 'single' }: LayerConfig, suffix: string): Rule[] {
  const [input, recurrent] = [`bias_ih_${suffix}`, `bias_hh_${suffix}`]
  const kernels = [kernel('kernel', `weight_ih_${suffix}`), kernel('recurrentKernel', `weight_hh_${suffix}`)]
  if (bias === 'none') return kernels
  if (bias === 'single') return [...kernels, summedBias('bias', [input, recurrent])]
  return [...kernels, same('bias', input), same('recurrentBias', recurrent)]
}

function gruRules({ useBias = true, resetAfter = true }: LayerConfig, suffix: string): Rule[] | null {
  // PyTorch's reset gate comes after the product.
  if (resetAfter === false) return null
  const kernels = [
    gruKernel('kernel', `weight_ih_${suffix}`),
    gruKernel('recurrentKernel', `weight_hh_${suffix}`),
  ]
  return useBias === false
    ? kernels
    : [...kernels, gruBias('bias', [`bias_ih_${suffix}`, `bias_hh_${suffix}`])]
}

function bothDirections(layer: { forwardLayer: Module<unknown> }, suffix: string): readonly Rule[] | null {
  const forward = rulesOf(layer.forwardLayer, suffix)
  const backward = rulesOf(layer.forwardLayer, `${suffix}_reverse`)
  if (forward === null || backward === null) return null
  const inside = (field: string, rules: readonly Rule[]): Rule[] =>
    rules.map(rule => ({ ...rule, own: rule.own.map(name => `${field}.${name}`) }))
  return [...inside('forwardLayer', forward), ...inside('backwardLayer', backward)]
}

function normalizationRules(layer: Normalization): Rule[] {
  const { scale = true, center = true } = layer.config()
  const affine = [
    ...(scale === false ? [] : [same('gamma', 'weight')]),
    ...(center === false || layer.className === 'RMSNorm' ? [] : [same('beta', 'bias')]),
  ]
  return layer instanceof BatchNormalization
    ? [...affine, same('movingMean', 'running_mean'), same('movingVariance', 'running_var')]
    : affine
}

function attentionRules({ useBias = true }: LayerConfig): Rule[] {
  const parts = ['query', 'key', 'value']
  const rules = [
    stacked(
      parts.map(part => `${part}.kernel`),
      'in_proj_weight',
    ),
    kernel('output.kernel', 'out_proj.weight'),
  ]
  if (useBias === false) return rules
  const biases = stacked(
    parts.map(part => `${part}.bias`),
    'in_proj_bias',
  )
  return [...rules, biases, same('output.bias', 'out_proj.bias')]
}

const linear = [kernel('kernel', 'weight'), same('bias', 'bias')]
const affine = [same('gamma', 'weight'), same('beta', 'bias')]

const encoderRules = (): Rule[] => [
  ...within('attention', 'self_attn', attentionRules({})),
  ...within('intermediate', 'linear1', linear),
  ...within('output', 'linear2', linear),
  ...within('attentionNorm', 'norm1', affine),
  ...within('outputNorm', 'norm2', affine),
]

/** Without cross-attention PyTorch's decoder layer is its encoder layer with a causal mask. */
function decoderRules({ crossAttention = false }: LayerConfig): Rule[] {
  if (crossAttention === false) return encoderRules()
  return [
    ...within('attention', 'self_attn', attentionRules({})),
    ...within('crossAttention', 'multihead_attn', attentionRules({})),
    ...within('intermediate', 'linear1', linear),
    ...within('output', 'linear2', linear),
    ...within('attentionNorm', 'norm1', affine),
    ...within('crossNorm', 'norm2', affine),
    ...within('outputNorm', 'norm3', affine),
  ]
}
