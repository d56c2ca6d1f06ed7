import type { DataInput } from '../data/rows.ts'
import type { Module } from '../nn/module.ts'
import { refuseUnknown } from '../nn/options.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type Attribution, featuresOf, perInput, type TargetOptions } from './scores.ts'

export interface SaliencyOptions extends TargetOptions {
  /** The gradient times the input (default), which has a sign, or the gradient's length. */
  readonly kind?: 'gradientTimesInput' | 'gradientNorm'
}

/**
 * How strongly each part of the input moves an output, by its gradient:
 *
 *   a = x · ∂F/∂x        or ‖∂F/∂x‖        (Simonyan et al. 2014; Li et al. 2016)
 *
 * For ids, x is the vector that the model's Embedding gives, and what belongs to one id is added up.
 *
 *   x [batch, ...] → values of the same shape
 *
 * @throws ShapeError for a model whose output is not [batch, outputs]; ValueError for a target out of range
 * @example
 * const model = sequential(embedding({ inputDim: 10, outputDim: 4 }), lstm({ units: 4 }), dense({ units: 1 }))
 * saliency(model, tensor([[1, 2, 3]], { dtype: 'int32' })).shape   // [1, 3]
 */
export function saliency(model: Module<Tensor>, x: DataInput, options: SaliencyOptions = {}): Attribution {
  refuseUnknown('saliency', options, ['target', 'kind'])
  const features = featuresOf('saliency', model, x, options)
  const { outputs, gradient } = features.scores(features.values)
  const { values: at, inputShape: shape, targets } = features
  if (options.kind === 'gradientNorm') {
    const squares = perInput(
      gradient.map(value => value * value),
      features,
    )
    return { values: squares.map(Math.sqrt), shape, outputs, targets }
  }
  const values = perInput(
    gradient.map((value, i) => value * at[i]),
    features,
  )
  return { values, shape, outputs, targets }
}
