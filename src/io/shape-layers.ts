import { ELU, LeakyReLU, ReLU, Softmax, ThresholdedReLU } from '../nn/activation-layers.ts'
import { AlphaDropout, GaussianDropout, SpatialDropout2D } from '../nn/dropout-variants.ts'
import { Masking } from '../nn/masking.ts'
import { Cropping1D, Cropping2D, ZeroPadding1D, ZeroPadding2D } from '../nn/padding.ts'
import { PReLU } from '../nn/prelu.ts'
import { Rescaling } from '../nn/rescaling.ts'
import type { BuiltInLayer } from './layer-table.ts'

const plain = Object.entries({
  AlphaDropout,
  Cropping1D,
  Cropping2D,
  ELU,
  GaussianDropout,
  LeakyReLU,
  Masking,
  ReLU,
  Softmax,
  SpatialDropout2D,
  ThresholdedReLU,
  ZeroPadding1D,
  ZeroPadding2D,
}).map(([name, layer]): [string, BuiltInLayer] => [name, { layer, parameters: () => [] }])

/** Activations, paddings, masks and noise, for the table of built-in layers. */
export const shapeLayers: readonly (readonly [string, BuiltInLayer])[] = [
  ...plain,
  ['Rescaling', { layer: Rescaling, parameters: () => [], types: { scale: 'number' } }],
  // Its slopes have the shape of an example, which only the file knows.
  ['PReLU', { layer: PReLU, parameters: () => [] }],
]
