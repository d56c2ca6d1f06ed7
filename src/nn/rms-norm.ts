import { rmsNorm as rmsNormOp } from '../ops/norm-rows.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { BUILT_IN, type LayerConfig } from './layer.ts'
import { Normalization, type NormalizationOptions } from './normalization.ts'

export type RMSNormOptions<Input extends number = number> = NormalizationOptions<Input>

/**
 * Root-mean-square normalisation of the last axis (Zhang & Sennrich 2019): y = γ ⊙ x/√(mean(x²) + epsilon).
 *
 *   [batch, ..., inputSize] → the same shape; epsilon is 1e-6 by default
 *
 * @throws ShapeError for another inputSize
 * @example rmsNormalization()
 */
export class RMSNorm<Input extends number = number> extends Normalization<Input> {
  static override readonly className: string = 'RMSNorm'
  static readonly [BUILT_IN] = true

  constructor(options: RMSNormOptions<Input> = {}) {
    super('RMSNorm', { ...options, center: false }, ['center'], 1e-6)
    if (options.inputSize !== undefined) this.build([options.inputSize])
  }

  protected override compute(x: Tensor): Tensor {
    return rmsNormOp(x, { gamma: this.gamma, epsilon: this.epsilon })
  }

  override config(): LayerConfig {
    const { center: _, ...config } = super.config()
    return config
  }
}

/** An `RMSNorm` layer. */
export const rmsNormalization = <const Input extends number = number>(
  options: RMSNormOptions<Input> = {},
): RMSNorm<Input> => new RMSNorm(options)
