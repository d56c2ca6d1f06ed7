import { layerNorm } from '../ops/norm-rows.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { BUILT_IN } from './layer.ts'
import { type CentredOptions, Normalization } from './normalization.ts'

export type LayerNormalizationOptions<Input extends number = number> = CentredOptions<Input>

/**
 * Layer normalisation of the last axis (Ba et al. 2016): y = γ ⊙ (x − mean)/√(variance + epsilon) + β.
 *
 *   [batch, ..., inputSize] → the same shape; epsilon is 1e-3 by default, as in Keras
 *
 * @throws ShapeError for another inputSize
 * @example layerNormalization({ epsilon: 1e-5 })
 */
export class LayerNormalization<Input extends number = number> extends Normalization<Input> {
  static override readonly className: string = 'LayerNormalization'
  static readonly [BUILT_IN] = true

  constructor(options: LayerNormalizationOptions<Input> = {}) {
    super('LayerNormalization', options, ['center'], 1e-3)
    if (options.inputSize !== undefined) this.build([options.inputSize])
  }

  protected override compute(x: Tensor): Tensor {
    const { gamma, beta, epsilon } = this
    return layerNorm(x, { gamma, beta, epsilon })
  }
}

/** A `LayerNormalization` layer. */
export const layerNormalization = <const Input extends number = number>(
  options: LayerNormalizationOptions<Input> = {},
): LayerNormalization<Input> => new LayerNormalization(options)
