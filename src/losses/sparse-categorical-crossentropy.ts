import { sparseCrossEntropy } from '../ops/cross-entropy.ts'
import { reshape } from '../ops/reshape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { type CategoricalLossOptions, checkLabelShape, toClassRows, toLogits } from './classes.ts'
import { defineLoss, reduceLoss } from './loss.ts'
import { pickNegative } from './negative-log-likelihood.ts'
import { checkLabels, type Labels } from './targets.ts'
import { checkClassWeights, checkSmoothing, rowWeights } from './weights.ts'

export interface SparseCategoricalCrossentropyOptions extends CategoricalLossOptions {
  /** Targets with this value count nowhere, not even in the mean's divisor. */
  readonly ignoreIndex?: number
}

/** (1 − s)·w[y]·(−ln p[y]) + s/classes·Σ_c w[c]·(−ln p[c]) per row, w[y] in `factors` */
function smoothed(
  logits: Tensor,
  labels: Labels,
  amount: number,
  weight: Tensor | undefined,
  factors: Tensor | undefined,
): Tensor {
  const logProbabilities = logits.logSoftmax()
  const picked = pickNegative(logProbabilities, labels)
  const hard = factors === undefined ? picked : picked.mul(factors)
  const weighted = weight === undefined ? logProbabilities : logProbabilities.mul(weight)
  const soft = weighted.sum({ axis: 1 }).mul(-amount / logits.shape[1])
  const kept = labels.kept === labels.values.length ? soft : labels.tensor.less(0).where(0, soft)
  return hard.mul(1 - amount).add(kept)
}

/**
 * Cross-entropy of class numbers with predicted classes.
 *
 *   L = −Σᵢ w[yᵢ]·ln p[i, yᵢ] / Σᵢ w[yᵢ]        p = prediction, or softmax(prediction) from logits
 *
 * prediction [..., classes], target [...] (or [..., 1]) of whole numbers, int32 or float32. Probabilities are rescaled
 * to the sum 1, and one of 0 counts as 2⁻¹²⁶. With every target ignored, or an empty batch, the mean is NaN, as in
 * PyTorch.
 *
 * @param options.fromLogits default false; from logits the loss is exact for any prediction
 * @param options.weight one factor w per class, 1 by default
 * @param options.labelSmoothing default 0 (Szegedy et al. 2016); the mean still divides by Σ w[yᵢ]
 * @param options.axis the class axis, by default the last
 * @throws ShapeError when the shapes do not fit; ValueError for a label out of range; NonFiniteError for NaN
 * @example sparseCategoricalCrossentropy(tensor([[0.1, 0.9], [0.5, 0.5]]), tensor([1, 0]))   // 0.3993
 */
export const sparseCategoricalCrossentropy = defineLoss<SparseCategoricalCrossentropyOptions>(
  'sparseCategoricalCrossentropy',
  'softmax',
  (prediction, target, options) => {
    const name = 'sparseCategoricalCrossentropy'
    const { weight, ignoreIndex, labelSmoothing = 0 } = options
    checkSmoothing(name, labelSmoothing)
    const classRows = toClassRows(name, prediction, options.axis)
    checkLabelShape(name, prediction, target, classRows)
    const labels = checkLabels(name, target, classRows.classes, ignoreIndex)
    const logits = toLogits(name, classRows.rows, options.fromLogits ?? false)
    let total = labels.kept
    let factors: Tensor | undefined
    if (weight !== undefined) {
      checkClassWeights(name, weight, classRows.classes)
      const ofRows = rowWeights(labels, weight)
      factors = fromCold(ofRows.values, [ofRows.values.length], 'float32')
      total = ofRows.total
    }
    let losses: Tensor
    if (labelSmoothing > 0) losses = smoothed(logits, labels, labelSmoothing, weight, factors)
    else {
      losses = sparseCrossEntropy(logits, labels.tensor)
      if (factors !== undefined) losses = losses.mul(factors)
    }
    if (options.reduction === 'none') losses = reshape(losses, classRows.outer)
    return reduceLoss(name, losses, options.reduction, total)
  },
)
