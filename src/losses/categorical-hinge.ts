import { toFloat } from '../ops/operand.ts'
import { defineLoss, reduceLoss } from './loss.ts'
import type { RegressionLossOptions } from './mean-squared-error.ts'
import { matchTarget } from './targets.ts'

/**
 * By how much the best of the other classes comes within 1 of the right one.
 *
 *   Lᵢ = max(0, 1 + maxⱼ (1 − yⱼ)·ŷⱼ − Σⱼ yⱼ·ŷⱼ)
 *
 * prediction and one-hot target [..., classes].
 *
 * @param options.reduction `'mean'` (default), `'sum'`, or `'none'` for one loss per row
 * @throws ShapeError when the shapes differ
 * @example categoricalHinge(tensor([[1, 2, 0.5]]), tensor([[0, 1, 0]]))   // 0
 */
export const categoricalHinge = defineLoss<RegressionLossOptions>(
  'categoricalHinge',
  null,
  (prediction, target, { reduction }) => {
    const name = 'categoricalHinge'
    const y = toFloat(name, matchTarget(name, prediction, target))
    const x = toFloat(name, prediction)
    const right = x.mul(y).sum({ axis: -1 })
    const other = x.sub(x.mul(y)).max({ axis: -1 })
    return reduceLoss(name, other.sub(right).add(1).relu(), reduction)
  },
)
