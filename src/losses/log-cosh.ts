import { toFloat } from '../ops/operand.ts'
import { clip, softplus } from '../ops/parametric.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { defineLoss, reduceLoss } from './loss.ts'
import type { RegressionLossOptions } from './mean-squared-error.ts'
import { matchTarget } from './targets.ts'

/**
 * ln cosh e without cancellation near 0 and without overflow: up to |e| = 1 as ln(1 + 2·sinh²(e/2)); what lies beyond
 * is added as the growth of |e| + ln(1 + e^(−2|e|)).
 */
function logCoshOf(e: Tensor): Tensor {
  const c = clip(e, { min: -1, max: 1 })
  const near = c.mul(0.5).sinh().square().mul(2).log1p()
  const line = (x: Tensor): Tensor => x.abs().add(softplus(x.abs().mul(-2)))
  return near.add(line(e).sub(line(c)))
}

/**
 * Logarithm of the hyperbolic cosine of the differences: like ½e² for small ones, like |e| − ln 2 for large ones.
 *
 *   L = 1/n · Σ ln cosh(ŷ − y)
 *
 * prediction [...], target of the same shape, or [batch] for a prediction [batch, 1].
 *
 * @param options.reduction `'mean'` (default), `'sum'`, or `'none'` for one loss per element
 * @throws ShapeError when the shapes differ
 * @example logCosh(tensor([1]), tensor([0]))   // 0.4338 = ln cosh 1
 */
export const logCosh = defineLoss<RegressionLossOptions>(
  'logCosh',
  null,
  (prediction, target, { reduction }) => {
    const y = toFloat('logCosh', matchTarget('logCosh', prediction, target))
    return reduceLoss('logCosh', logCoshOf(toFloat('logCosh', prediction).sub(y)), reduction)
  },
)
