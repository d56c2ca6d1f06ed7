import { ShapeError } from '../errors.ts'
import { reshape } from '../ops/reshape.ts'
import { formatShape, sameShape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type CategoricalLossOptions, toClassRows, toLogits } from './classes.ts'
import { defineLoss, reduceLoss } from './loss.ts'
import { checkProbabilities } from './targets.ts'
import { checkClassWeights, checkSmoothing } from './weights.ts'

function checkShapes(prediction: Tensor, target: Tensor): void {
  if (sameShape(prediction.shape, target.shape)) return
  throw new ShapeError({
    operation: 'categoricalCrossentropy',
    problem: `needs one probability per class, got targets ${formatShape(target.shape)} for predictions ${formatShape(prediction.shape)}.`,
    hint:
      target.rank < prediction.rank || target.shape[target.rank - 1] === 1
        ? 'for class numbers use sparseCategoricalCrossentropy, or oneHot(labels, classes).'
        : 'check the units of the last layer.',
    shapes: [target.shape, prediction.shape],
  })
}

/**
 * Cross-entropy of one-hot targets, or of target probabilities, with predicted classes.
 *
 *   L = −1/n · Σᵢ Σ_c w[c]·y[i, c]·ln p[i, c]        p = prediction, or softmax(prediction) from logits
 *
 * prediction and target [..., classes]; the mean divides by the number of rows n. Probabilities are rescaled to the
 * sum 1, and one of 0 counts as 2⁻¹²⁶.
 *
 * @param options.fromLogits default false; from logits the loss is exact for any prediction
 * @param options.weight one factor w per class, 1 by default
 * @param options.labelSmoothing default 0 (Szegedy et al. 2016)
 * @param options.axis the class axis, by default the last
 * @throws ShapeError when the shapes differ; ValueError for targets outside 0 … 1; NonFiniteError for NaN targets
 * @example categoricalCrossentropy(tensor([[0.1, 0.9]]), tensor([[0, 1]]))   // 0.1054 = −ln 0.9
 */
export const categoricalCrossentropy = defineLoss<CategoricalLossOptions>(
  'categoricalCrossentropy',
  'softmax',
  (prediction, target, options) => {
    const name = 'categoricalCrossentropy'
    const { weight, labelSmoothing = 0 } = options
    checkSmoothing(name, labelSmoothing)
    checkShapes(prediction, target)
    checkProbabilities(name, target, 'target')
    const { rows, classes, outer } = toClassRows(name, prediction, options.axis)
    const hard = toClassRows(name, target, options.axis).rows
    const y = labelSmoothing === 0 ? hard : hard.mul(1 - labelSmoothing).add(labelSmoothing / classes)
    let terms = toLogits(name, rows, options.fromLogits ?? false)
      .logSoftmax()
      .mul(y)
    if (weight !== undefined) {
      checkClassWeights(name, weight, classes)
      terms = terms.mul(weight)
    }
    const losses = reshape(terms.sum({ axis: 1 }).neg(), outer)
    return reduceLoss(name, losses, options.reduction)
  },
)
