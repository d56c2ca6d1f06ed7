import { sigmoidCrossEntropy } from '../ops/cross-entropy.ts'
import { at, defineOp } from '../ops/define.ts'
import { toFloat } from '../ops/operand.ts'
import { onesLike } from '../tensor/creation.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { defineLoss, type LossOptions, reduceLoss } from './loss.ts'
import { checkProbabilities, matchTarget } from './targets.ts'
import { checkSmoothing, requireBroadcastable } from './weights.ts'

export interface BinaryCrossentropyOptions extends LossOptions {
  /** Factor of each loss, in the prediction's shape or broadcast to it. The mean still divides by the count. */
  readonly weight?: Tensor
  /** Factor of the losses of positive targets (PyTorch's `pos_weight`), broadcast to the prediction's shape. */
  readonly positiveWeight?: Tensor
  /** Moves targets towards ½: y·(1 − s) + s/2. Default 0. */
  readonly labelSmoothing?: number
}

/** Logarithms of probabilities are cut off here, as PyTorch does. */
const LOWEST_LOG = -100

/** −y·ln p − (1 − y)·ln(1 − p), with logarithms ≥ −100. */
const probabilityCrossEntropy = defineOp<null>('probabilityCrossEntropy', {
  shape: ([p]) => p.shape,
  forward: ([p, y], out, _, engine) => {
    const { unary, parametric, float } = engine.kernels
    const [result, probability, target, n] = [at(engine, out), at(engine, p), at(engine, y), p.size]
    const bytes = Math.ceil((n << engine.memory.floatShift) / 16) * 16
    const scratch = engine.memory.allocate(2 * bytes + 16)
    const rest = scratch + bytes
    /** term = factor·max(ln x, −100) */
    const cutTerm = (term: number, x: number, factor: number): void => {
      unary.log(term, x, n)
      parametric.clip(term, term, n, LOWEST_LOG, Number.POSITIVE_INFINITY)
      float.binary.mul(term, term, factor, 1, n, n, 1, n, 1)
    }
    try {
      cutTerm(result, probability, target)
      parametric.scale(scratch, probability, n, -1, 1)
      parametric.scale(rest, target, n, -1, 1)
      cutTerm(scratch, scratch, rest)
      float.binary.add(result, result, scratch, 1, n, n, 1, n, 1)
      unary.neg(result, result, n)
    } finally {
      engine.memory.release(scratch)
    }
  },
  gradient: ([p, y], g) => [
    // (p − y) / (p·(1 − p)); the floor keeps it finite at 0 and 1, with PyTorch's value.
    () => g.mul(p.sub(y).div(p.sub(p.square()).maximum(1e-12))),
    () => g.mul(cutLog(p.neg().add(1)).sub(cutLog(p))),
  ],
})
const cutLog = (x: Tensor): Tensor => x.log().clip({ min: LOWEST_LOG })

/** (1 − y)·z − (1 + (w − 1)·y)·ln σ(z) */
function weightedFromLogits(z: Tensor, y: Tensor, w: Tensor): Tensor {
  const factor = w.sub(1).mul(y).add(1)
  return y.neg().add(1).mul(z).sub(factor.mul(z.logSigmoid()))
}

/** The loss of a positive, −ln p, counts w times instead of once. */
const weightedFromProbabilities = (p: Tensor, y: Tensor, w: Tensor): Tensor =>
  probabilityCrossEntropy([p, y], null).add(
    probabilityCrossEntropy([p, onesLike(p)], null)
      .mul(y)
      .mul(w.sub(1)),
  )

/**
 * Cross-entropy of independent yes/no predictions.
 *
 *   L = −1/n · Σ y·ln p + (1 − y)·ln(1 − p)        p = prediction, or σ(prediction) from logits
 *
 * prediction [...], target of the same shape, or [batch] for a prediction [batch, 1]; targets are 0 and 1 or
 * probabilities between. Logarithms of probabilities are cut off at −100, so the loss is finite at p = 0 and 1.
 *
 * @param options.fromLogits default false; from logits the loss is exact for any prediction
 * @param options.reduction `'mean'` (default), `'sum'`, or `'none'` for one loss per element
 * @throws ShapeError when the shapes differ; ValueError for targets or probabilities outside 0 … 1;
 *   NonFiniteError for NaN targets
 * @example binaryCrossentropy(tensor([0.9, 0.2]), tensor([1, 0]))   // 0.1643 = −(ln 0.9 + ln 0.8)/2
 */
export const binaryCrossentropy = defineLoss<BinaryCrossentropyOptions>(
  'binaryCrossentropy',
  'sigmoid',
  (prediction, target, options) => {
    const name = 'binaryCrossentropy'
    const { fromLogits = false, positiveWeight, weight, labelSmoothing = 0 } = options
    checkSmoothing(name, labelSmoothing)
    const matched = matchTarget(name, prediction, target)
    checkProbabilities(name, matched, 'target')
    if (!fromLogits) checkProbabilities(name, prediction, 'prediction')
    const hard = toFloat(name, matched)
    const y = labelSmoothing === 0 ? hard : hard.mul(1 - labelSmoothing).add(labelSmoothing / 2)
    const x = toFloat(name, prediction)
    let losses: Tensor
    if (positiveWeight !== undefined) {
      requireBroadcastable(name, 'positiveWeight', positiveWeight, x.shape)
      losses = (fromLogits ? weightedFromLogits : weightedFromProbabilities)(x, y, positiveWeight)
    } else {
      losses = fromLogits ? sigmoidCrossEntropy(x, y) : probabilityCrossEntropy([x, y], null)
    }
    if (weight !== undefined) {
      requireBroadcastable(name, 'weight', weight, x.shape)
      losses = losses.mul(weight)
    }
    return reduceLoss(name, losses, options.reduction)
  },
)
