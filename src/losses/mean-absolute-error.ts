import { toFloat } from '../ops/operand.ts'
import { defineLoss, reduceLoss } from './loss.ts'
import type { RegressionLossOptions } from './mean-squared-error.ts'
import { matchTarget } from './targets.ts'

/**
 * Mean of the absolute differences; the gradient where they are equal is 0.
 *
 *   L = 1/n · Σ |ŷ − y|
 *
 * prediction [...], target of the same shape, or [batch] for a prediction [batch, 1].
 *
 * @param options.reduction `'mean'` (default), `'sum'`, or `'none'` for one loss per element
 * @throws ShapeError when the shapes differ: nothing is broadcast
 * @example meanAbsoluteError(tensor([1, 2]), tensor([1, 4]))   // 1
 */
export const meanAbsoluteError = defineLoss<RegressionLossOptions>(
  'meanAbsoluteError',
  null,
  (prediction, target, { reduction }) => {
    const y = toFloat('meanAbsoluteError', matchTarget('meanAbsoluteError', prediction, target))
    return reduceLoss('meanAbsoluteError', prediction.sub(y).abs(), reduction)
  },
)
