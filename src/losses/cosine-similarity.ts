import { toFloat } from '../ops/operand.ts'
import { normalizeAxis } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { defineLoss, type LossOptions, reduceLoss } from './loss.ts'
import { matchTarget } from './targets.ts'

export interface CosineSimilarityOptions extends Omit<LossOptions, 'fromLogits'> {
  /** The axis of the vectors. Default −1. */
  readonly axis?: number
}

/** Smallest squared length that is divided by, as in Keras: a vector of zeros stays one. */
const SMALLEST_SQUARE = 1e-12

const unitVectors = (x: Tensor, axis: number): Tensor =>
  x.mul(x.square().sum({ axis, keepDims: true }).maximum(SMALLEST_SQUARE).rsqrt())

/**
 * Minus the cosine of the angle between prediction and target: −1 for the same direction, 0 for right angles, 1 for
 * opposite ones.
 *
 *   L = −1/n · Σᵢ ŷᵢ·yᵢ / (‖ŷᵢ‖·‖yᵢ‖)
 *
 * prediction and target [..., size]; n counts the vectors. With a vector of zeros the cosine is 0.
 *
 * @param options.axis the axis of the vectors, by default the last
 * @param options.reduction `'mean'` (default), `'sum'`, or `'none'` for one loss per vector
 * @throws ShapeError when the shapes differ
 * @example cosineSimilarity(tensor([[3, 0]]), tensor([[1, 1]]))   // −0.7071
 */
export const cosineSimilarity = defineLoss<CosineSimilarityOptions>(
  'cosineSimilarity',
  null,
  (prediction, target, options) => {
    const name = 'cosineSimilarity'
    const y = toFloat(name, matchTarget(name, prediction, target))
    const axis = normalizeAxis(name, options.axis ?? -1, prediction.shape)
    const cosines = unitVectors(toFloat(name, prediction), axis).mul(unitVectors(y, axis)).sum({ axis })
    return reduceLoss(name, cosines.neg(), options.reduction)
  },
)
