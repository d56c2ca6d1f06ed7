import { toFloat } from '../ops/operand.ts'
import { defineLoss, type LossOptions, reduceLoss } from './loss.ts'
import { matchTarget } from './targets.ts'

/** Options of losses that compare numbers with numbers. */
export type RegressionLossOptions = Pick<LossOptions, 'reduction'>

/**
 * Mean of the squared differences.
 *
 *   L = 1/n · Σ (ŷ − y)²
 *
 * prediction [...], target of the same shape, or [batch] for a prediction [batch, 1].
 *
 * @param options.reduction `'mean'` (default), `'sum'`, or `'none'` for one loss per element
 * @throws ShapeError when the shapes differ: nothing is broadcast
 * @example meanSquaredError(tensor([1, 2]), tensor([1, 4]))   // 2
 */
export const meanSquaredError = defineLoss<RegressionLossOptions>(
  'meanSquaredError',
  null,
  (prediction, target, { reduction }) => {
    const y = toFloat('meanSquaredError', matchTarget('meanSquaredError', prediction, target))
    return reduceLoss('meanSquaredError', prediction.sub(y).square(), reduction)
  },
)
