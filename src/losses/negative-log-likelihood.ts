import { takeAlongAxis } from '../ops/gather.ts'
import { reshape } from '../ops/reshape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { type CategoricalLossOptions, checkLabelShape, toClassRows } from './classes.ts'
import { defineLoss, reduceLoss } from './loss.ts'
import { checkLabels, type Labels } from './targets.ts'
import { checkClassWeights, rowWeights } from './weights.ts'

export interface NegativeLogLikelihoodOptions
  extends Omit<CategoricalLossOptions, 'fromLogits' | 'labelSmoothing'> {
  /** Targets with this value count nowhere, not even in the mean's divisor. */
  readonly ignoreIndex?: number
}

/** −x[r, label[r]], and 0 where the label is ignored. */
export function pickNegative(rows: Tensor, labels: Labels): Tensor {
  const count = labels.values.length
  if (labels.kept === count) {
    const picked = takeAlongAxis(rows, reshape(labels.tensor, [count, 1]))
    return reshape(picked, [count]).neg()
  }
  const safe = Int32Array.from(labels.values, label => Math.max(label, 0))
  const picked = takeAlongAxis(rows, fromCold(safe, [count, 1], 'int32'))
  // Chosen, not multiplied: 0·(−∞) would be NaN.
  return labels.tensor.less(0).where(0, reshape(picked, [count]).neg())
}

/**
 * Negative log-likelihood of class numbers under log-probabilities.
 *
 *   L = −Σᵢ w[yᵢ]·x[i, yᵢ] / Σᵢ w[yᵢ]
 *
 * prediction [..., classes] (log-probabilities, from `logSoftmax`), target [...] of whole numbers. With every target
 * ignored, or an empty batch, the mean is NaN, as in PyTorch.
 *
 * @param options.weight one factor w per class, 1 by default
 * @throws ShapeError when the shapes do not fit; ValueError for a label out of range; NonFiniteError for NaN
 * @example negativeLogLikelihood(logSoftmax(zeros([1, 4])), tensor([2]))   // 1.3863 = ln 4
 */
export const negativeLogLikelihood = defineLoss<NegativeLogLikelihoodOptions>(
  'negativeLogLikelihood',
  null,
  (prediction, target, { weight, ignoreIndex, axis, reduction }) => {
    const name = 'negativeLogLikelihood'
    const classRows = toClassRows(name, prediction, axis)
    checkLabelShape(name, prediction, target, classRows)
    const labels = checkLabels(name, target, classRows.classes, ignoreIndex)
    let losses = pickNegative(classRows.rows, labels)
    let total = labels.kept
    if (weight !== undefined) {
      checkClassWeights(name, weight, classRows.classes)
      const factors = rowWeights(labels, weight)
      losses = losses.mul(fromCold(factors.values, [factors.values.length], 'float32'))
      total = factors.total
    }
    return reduceLoss(name, reshape(losses, classRows.outer), reduction, total)
  },
)
