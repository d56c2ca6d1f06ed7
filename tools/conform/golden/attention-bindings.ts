import type { MultiHeadAttention } from '../../../src/nn/attention.ts'
import type { Normalization } from '../../../src/nn/normalization.ts'
import type { TransformerEncoderLayer } from '../../../src/nn/transformer-encoder.ts'
import { type Binding, linearBindings } from './binding.ts'

/** The bindings of any normalisation. */
export function normBindings(prefix: string, { gamma, beta }: Normalization): [string, Binding][] {
  const bindings: [string, Binding][] = []
  if (gamma !== null) bindings.push([`${prefix}weight`, { parameter: gamma, transposed: false }])
  if (beta !== null) bindings.push([`${prefix}bias`, { parameter: beta, transposed: false }])
  return bindings
}

/** The bindings of multi-head attention, whose projections of queries, keys and values PyTorch keeps in one. */
export function attentionBindings(prefix: string, layer: MultiHeadAttention): [string, Binding][] {
  const [first, ...others] = [layer.query, layer.key, layer.value]
  const biases = others.flatMap(({ bias }) => (bias === null ? [] : [bias]))
  const bindings = linearBindings(`${prefix}out_proj.`, layer.output)
  const below = others.map(({ kernel }) => kernel)
  bindings.push([`${prefix}in_proj_weight`, { parameter: first.kernel, below, transposed: true }])
  if (first.bias !== null)
    bindings.push([`${prefix}in_proj_bias`, { parameter: first.bias, below: biases, transposed: false }])
  return bindings
}

/** The bindings of a layer of a Transformer encoder. */
export const encoderBindings = (prefix: string, layer: TransformerEncoderLayer): [string, Binding][] => [
  ...attentionBindings(`${prefix}self_attn.`, layer.attention),
  ...linearBindings(`${prefix}linear1.`, layer.intermediate),
  ...linearBindings(`${prefix}linear2.`, layer.output),
  ...normBindings(`${prefix}norm1.`, layer.attentionNorm),
  ...normBindings(`${prefix}norm2.`, layer.outputNorm),
]
