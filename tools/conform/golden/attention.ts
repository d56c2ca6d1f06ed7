import * as tl from '../../../src/index.ts'
import { sparseCategoricalCrossentropy } from '../../../src/losses/sparse-categorical-crossentropy.ts'
import type { Attributes } from './attributes.ts'
import { attentionBindings, encoderBindings, normBindings } from './attention-bindings.ts'
import { type Bindings, bindAll, linearBindings } from './binding.ts'
import type { Adapters } from './call.ts'
import type { GoldenCase } from './case.ts'
import type { TrainedModel } from './models.ts'

type Tensor = tl.Tensor

/** PyTorch's masks of layers say where not to attend. */
const turned = (mask: Tensor | undefined): Tensor | null => (mask === undefined ? null : tl.equal(mask, 0))

function activationOf(attributes: Attributes): tl.ActivationName {
  const name = attributes.text('activation')
  if (name === 'relu' || name === 'gelu') return name
  throw new Error(`the runner does not know the activation "${name}"`)
}

function encoderLayer(attributes: Attributes, intermediateDim: number, heads: number, causal = false) {
  return new tl.TransformerEncoderLayer({
    numHeads: heads,
    intermediateDim,
    inputSize: attributes.number('d_model'),
    activation: activationOf(attributes),
    normFirst: attributes.flag('norm_first'),
    epsilon: attributes.optionalNumber('layer_norm_eps') ?? 1e-5,
    causal,
  })
}

/** Cases of `ops_attention` and `layers_attention`. */
export const attentionOps: Adapters<Tensor> = {
  scaled_dot_product_attention: call => {
    const [q, k, v, mask = null] = call.operands
    const causal = call.attributes.has('mask', 'causal')
    return { out: tl.scaledDotProductAttention(q, k, v, { mask, causal }) }
  },
  multihead_attention: call => {
    const layer = new tl.MultiHeadAttention({
      numHeads: call.attributes.number('num_heads'),
      inputSize: call.attributes.number('embed_dim'),
      useBias: call.attributes.flag('bias'),
    })
    bindAll(call, new Map(attentionBindings('', layer)))
    const context = {
      key: call.inputs.get('key'),
      value: call.inputs.get('value'),
      attentionMask: turned(call.inputs.get('attn_mask')),
      keyMask: turned(call.inputs.get('key_padding_mask')),
    }
    const query = call.input('query')
    return { out: layer.forward(query, context), weights: layer.attentionWeights(query, context) }
  },
  transformer_encoder_layer: call => {
    const { attributes } = call
    const layer = encoderLayer(
      attributes,
      attributes.number('dim_feedforward'),
      attributes.number('num_heads'),
    )
    bindAll(call, new Map(encoderBindings('', layer)))
    const masks = {
      attentionMask: turned(call.inputs.get('attn_mask')),
      mask: turned(call.inputs.get('key_padding_mask')),
    }
    return { out: layer.forward(call.input('x'), masks) }
  },
}

/** Token and position embeddings → causal encoder layers → layer norm → a score for each token. */
export function buildTransformer({ attributes }: GoldenCase): TrainedModel {
  const [inputDim, inputSize] = [attributes.number('vocab'), attributes.number('d_model')]
  const tokens = new tl.Embedding({ inputDim, outputDim: inputSize })
  const positions = new tl.PositionEmbedding({ maxLength: attributes.number('seq'), inputSize })
  const layers = Array.from({ length: attributes.number('layers') }, () =>
    encoderLayer(attributes, attributes.number('ff'), attributes.number('heads'), true),
  )
  const norm = new tl.LayerNormalization({ inputSize, epsilon: 1e-5 })
  const head = new tl.Dense({ inputSize, units: inputDim })
  const parts = [tokens, positions, ...layers, norm, head]
  const output = (x: Tensor): Tensor => parts.reduce((value, part) => part.forward(value), x)
  const bindings: Bindings = new Map([
    ['pos', { parameter: positions.embeddings, transposed: false }],
    ['tok.weight', { parameter: tokens.embeddings, transposed: false }],
    ...layers.flatMap((layer, i) => encoderBindings(`layers.${i}.`, layer)),
    ...normBindings('norm.', norm),
    ...linearBindings('head.', head),
  ])
  const loss = (x: Tensor, y: Tensor): Tensor =>
    sparseCategoricalCrossentropy(output(x), y, { fromLogits: true })
  return { bindings, output, loss }
}
