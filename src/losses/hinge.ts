import { NonFiniteError, ValueError } from '../errors.ts'
import { toFloat } from '../ops/operand.ts'
import { relu } from '../ops/unary.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { defineLoss, type LossOptions, reduceLoss } from './loss.ts'
import { matchTarget, peek } from './targets.ts'

export type HingeOptions = Omit<LossOptions, 'fromLogits'>

/** Targets as −1 and 1; a 0 means −1. */
function signs(operation: string, target: Tensor): Tensor {
  const values = peek(target)
  let zeros = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (value === 0) zeros++
    else if (Number.isNaN(value)) {
      throw new NonFiniteError({
        operation,
        problem: `got the target NaN at position ${i}.`,
        hint: 'remove or repair the examples without a label.',
      })
    } else if (value !== 1 && value !== -1) {
      throw new ValueError({
        operation,
        problem: `needs targets −1 and 1 (or 0 and 1), got ${value} at position ${i}.`,
        argument: 'target',
        received: value,
      })
    }
  }
  if (zeros === 0) return toFloat(operation, target)
  return fromCold(
    Float32Array.from(values, value => (value === 0 ? -1 : value)),
    target.shape,
    'float32',
  )
}

/** 1 − ŷ·y where that is positive, else 0. */
function shortfall(operation: string, prediction: Tensor, target: Tensor): Tensor {
  const y = signs(operation, matchTarget(operation, prediction, target))
  return relu(toFloat(operation, prediction).mul(y).neg().add(1))
}

/**
 * Loss of a maximum-margin classifier: nothing beyond the margin, the missing distance before it.
 *
 *   L = 1/n · Σ max(0, 1 − ŷ·y)
 *
 * prediction [...] (no activation, or tanh), target of the same shape, or [batch] for a prediction [batch, 1];
 * targets are −1 and 1, and 0 is taken for −1, as in Keras.
 *
 * @param options.reduction `'mean'` (default), `'sum'`, or `'none'` for one loss per element
 * @throws ShapeError when the shapes differ; ValueError for other targets; NonFiniteError for NaN targets
 * @example hinge(tensor([0.5, 2]), tensor([1, -1]))   // 1.75 = (0.5 + 3)/2
 */
export const hinge = defineLoss<HingeOptions>('hinge', null, (prediction, target, { reduction }) =>
  reduceLoss('hinge', shortfall('hinge', prediction, target), reduction),
)

/**
 * The square of the hinge: smooth at the margin, and harder on what is far on the wrong side.
 *
 *   L = 1/n · Σ max(0, 1 − ŷ·y)²
 *
 * Predictions, targets, options and errors as in `hinge`.
 *
 * @example squaredHinge(tensor([0.5, 2]), tensor([1, -1]))   // 4.625 = (0.25 + 9)/2
 */
export const squaredHinge = defineLoss<HingeOptions>(
  'squaredHinge',
  null,
  (prediction, target, { reduction }) =>
    reduceLoss('squaredHinge', shortfall('squaredHinge', prediction, target).square(), reduction),
)
