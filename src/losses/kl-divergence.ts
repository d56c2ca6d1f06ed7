import { ShapeError } from '../errors.ts'
import { toFloat } from '../ops/operand.ts'
import { logSoftmax } from '../ops/softmax.ts'
import { formatShape, normalizeAxis, sameShape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { SMALLEST } from './classes.ts'
import { defineLoss, type LossOptions, reduceLoss } from './loss.ts'
import { checkProbabilities } from './targets.ts'

export interface KlDivergenceOptions extends LossOptions {
  /** The prediction holds logarithms of probabilities, as PyTorch wants them. Default false. */
  readonly logPrediction?: boolean
  /** The target holds logarithms of probabilities. Default false. */
  readonly logTarget?: boolean
  /** The axis of the classes, over which each divergence sums; `null` sums nothing. Default −1. */
  readonly axis?: number | null
}

function checkShapes(prediction: Tensor, target: Tensor): void {
  if (sameShape(prediction.shape, target.shape)) return
  throw new ShapeError({
    operation: 'klDivergence',
    problem: `needs one target per prediction, got targets ${formatShape(target.shape)} for predictions ${formatShape(prediction.shape)}.`,
    hint: 'reshape one of them, or check what the last layer puts out.',
    shapes: [target.shape, prediction.shape],
  })
}

/** ln q */
function logOfPrediction(prediction: Tensor, options: Partial<KlDivergenceOptions>): Tensor {
  const x = toFloat('klDivergence', prediction)
  if (options.fromLogits) return logSoftmax(x, { axis: options.axis ?? -1 })
  if (options.logPrediction) return x
  checkProbabilities('klDivergence', x, 'prediction', 1e-3)
  return x.clip({ min: SMALLEST }).log()
}

/** p·(ln p − ln q), and 0 where p = 0. */
function divergenceTerms(logQ: Tensor, target: Tensor, logTarget: boolean): Tensor {
  const y = toFloat('klDivergence', target)
  if (logTarget) {
    // e^(−∞)·(−∞ − …) would be NaN.
    const isZero = y.equal(Number.NEGATIVE_INFINITY)
    const safe = isZero.where(0, y)
    return isZero.where(0, safe.exp().mul(safe.sub(logQ)))
  }
  checkProbabilities('klDivergence', target, 'target', 1e-3)
  const isZero = y.lessEqual(0)
  const safe = isZero.where(1, y)
  return isZero.where(0, safe.mul(safe.log().sub(logQ)))
}

/**
 * Kullback–Leibler divergence of predicted distributions q from target distributions p.
 *
 *   L = 1/n · Σᵢ Σ_c p[i, c]·(ln p[i, c] − ln q[i, c])
 *
 * prediction and target of one shape, [..., classes]; n counts the distributions, as in Keras. A probability of 0 in
 * the prediction counts as 2⁻¹²⁶; terms with p = 0 are 0.
 *
 * PyTorch's `kl_div(input, target)` is `{logPrediction: true}`: its `'batchmean'` is this `'mean'` for
 * [batch, classes]; its `'mean'`, which divides by the number of elements, and its `'none'` take `axis: null`.
 *
 * @param options.fromLogits the prediction holds logits; default false
 * @param options.reduction `'mean'` (default), `'sum'`, or `'none'` for one loss per distribution
 * @throws ShapeError when the shapes differ; ValueError for probabilities outside 0 … 1; NonFiniteError for NaN targets
 * @example klDivergence(tensor([[0.5, 0.5]]), tensor([[1, 0]]))   // 0.6931 = ln 2
 */
export const klDivergence = defineLoss<KlDivergenceOptions>(
  'klDivergence',
  'softmax',
  (prediction, target, options) => {
    checkShapes(prediction, target)
    const { axis = -1, logTarget = false } = options
    const terms = divergenceTerms(logOfPrediction(prediction, options), target, logTarget)
    const losses =
      axis === null ? terms : terms.sum({ axis: normalizeAxis('klDivergence', axis, terms.shape) })
    return reduceLoss('klDivergence', losses, options.reduction)
  },
)
