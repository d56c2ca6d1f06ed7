import type { GoldenCase } from './case.ts'

const normalization = 'normalization layers are not part of this milestone'
const attention = 'attention is not part of this milestone'

/** Ops that the library does not have yet, with the reason. An op that is in no table fails. */
const reasonByOp: Readonly<Record<string, string>> = {
  layer_norm: normalization,
  batch_norm: normalization,
  group_norm: normalization,
  scaled_dot_product_attention: attention,
  multihead_attention: attention,
  transformer_encoder_layer: attention,
}

/** Whole models share the op `training`: the part of the name before the slash tells them apart. */
const reasonByModel: Readonly<Record<string, string>> = {
  cnn_bn: normalization,
  transformer: attention,
}

/** Why a case does not apply to this library, or undefined where it does. */
export function reasonNotApplicable(goldenCase: GoldenCase): string | undefined {
  const { op, name } = goldenCase
  if (op === 'training') return lookUp(reasonByModel, name.split('/')[0])
  return lookUp(reasonByOp, op)
}

function lookUp(table: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}
