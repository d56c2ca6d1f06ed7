import { toFloat } from '../ops/operand.ts'
import { defineLoss, reduceLoss } from './loss.ts'
import type { RegressionLossOptions } from './mean-squared-error.ts'
import { matchTarget } from './targets.ts'

/** Smallest number that is divided by, or taken the logarithm of, as in Keras. */
const SMALLEST = 1e-7

/**
 * Mean of the absolute differences in percent of the target.
 *
 *   L = 100/n · Σ |ŷ − y| / max(|y|, 1e-7)
 *
 * prediction [...], target of the same shape, or [batch] for a prediction [batch, 1].
 *
 * @param options.reduction `'mean'` (default), `'sum'`, or `'none'` for one loss per element
 * @throws ShapeError when the shapes differ: nothing is broadcast
 * @example meanAbsolutePercentageError(tensor([1, 3]), tensor([2, 4]))   // 37.5
 */
export const meanAbsolutePercentageError = defineLoss<RegressionLossOptions>(
  'meanAbsolutePercentageError',
  null,
  (prediction, target, { reduction }) => {
    const name = 'meanAbsolutePercentageError'
    const y = toFloat(name, matchTarget(name, prediction, target))
    const parts = toFloat(name, prediction).sub(y).div(y.abs().maximum(SMALLEST)).abs()
    return reduceLoss(name, parts.mul(100), reduction)
  },
)

/**
 * Mean of the squared differences of logarithms, for targets that span orders of magnitude.
 *
 *   L = 1/n · Σ (ln(1 + ŷ) − ln(1 + y))²
 *
 * Predictions and targets below 1e-7 count as 1e-7. Shapes as in `meanSquaredError`.
 *
 * @param options.reduction `'mean'` (default), `'sum'`, or `'none'` for one loss per element
 * @throws ShapeError when the shapes differ: nothing is broadcast
 * @example meanSquaredLogarithmicError(tensor([1, 2]), tensor([1, 5]))   // 0.2402
 */
export const meanSquaredLogarithmicError = defineLoss<RegressionLossOptions>(
  'meanSquaredLogarithmicError',
  null,
  (prediction, target, { reduction }) => {
    const name = 'meanSquaredLogarithmicError'
    const y = toFloat(name, matchTarget(name, prediction, target))
    const [a, b] = [toFloat(name, prediction), y].map(x => x.maximum(SMALLEST).add(1).log())
    return reduceLoss(name, a.sub(b).square(), reduction)
  },
)
