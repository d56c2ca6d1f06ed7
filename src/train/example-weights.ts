import { type DataInput, type Rows, type RowSet, toRows } from '../data/rows.ts'
import { ShapeError, ValueError } from '../errors.ts'
import type { LossFunction } from '../losses/loss.ts'
import { reshape } from '../ops/reshape.ts'
import { formatShape, sizeOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Prediction } from './model.ts'
import { type StepMask, stepWeights } from './step-mask.ts'

/** What makes some examples count more than others. */
export interface ExampleWeights {
  /** Factor of each example's loss. */
  readonly sampleWeight?: DataInput
  /** Factor of the loss of the examples of each class, by class number; 1 for a class that is left out. */
  readonly classWeight?: Readonly<Record<number, number>>
}

/** One factor per example, as rows to cut batches from; null where all are 1. */
export function exampleWeights(operation: string, targets: RowSet, options: ExampleWeights): Rows | null {
  const { sampleWeight, classWeight } = options
  if (sampleWeight === undefined && classWeight === undefined) return null
  const values = new Float32Array(targets.count).fill(1)
  if (sampleWeight !== undefined) {
    const given = toRows(operation, 'sampleWeight', sampleWeight)
    if (given.count !== targets.count || sizeOf(given.shape) !== 1) {
      throw new ShapeError({
        operation,
        problem: `needs one sampleWeight per example, got ${formatShape([given.count, ...given.shape])} for ${targets.count} examples.`,
        hint: 'a vector as long as the data, without the part that validationSplit keeps.',
        shapes: [[given.count, ...given.shape], [targets.count]],
      })
    }
    values.set(given.values)
  }
  if (classWeight !== undefined) {
    const weights = new Map(Object.entries(classWeight).map(([label, weight]) => [Number(label), weight]))
    if (targets.parts.length !== 1) {
      throw new ValueError({
        operation,
        problem: `can use classWeight with one output, got ${targets.parts.length}.`,
        hint: 'pass sampleWeight, or lossWeights to compile.',
        argument: 'classWeight',
      })
    }
    const stranger = Object.keys(classWeight).find(label => !/^\d+$/.test(label))
    if (stranger !== undefined) {
      throw new ValueError({
        operation,
        problem: `needs the numbers of classes as keys of classWeight, got "${stranger}".`,
        hint: 'for example { classWeight: { 0: 1, 1: 3 } }.',
        argument: 'classWeight',
        received: stranger,
      })
    }
    const labels = labelsOf(operation, targets.parts[0])
    for (let i = 0; i < values.length; i++) values[i] *= weights.get(labels[i]) ?? 1
  }
  const wrong = values.findIndex(weight => !(weight >= 0 && Number.isFinite(weight)))
  if (wrong >= 0) {
    throw new ValueError({
      operation,
      problem: `needs finite weights ≥ 0, got ${values[wrong]} for example ${wrong}.`,
      argument: sampleWeight === undefined ? 'classWeight' : 'sampleWeight',
      received: values[wrong],
    })
  }
  return { values, count: targets.count, shape: [], dtype: 'float32' }
}

/** The class of each example: its label, or the place of the largest number in its one-hot row. */
function labelsOf(operation: string, { values, count, shape }: Rows): ArrayLike<number> {
  const classes = sizeOf(shape)
  if (classes === 1) return values
  if (shape.length !== 1 || classes === 0) {
    throw new ValueError({
      operation,
      problem: `can use classWeight with one label or one-hot row per example, got targets ${formatShape([count, ...shape])}.`,
      hint: 'pass sampleWeight, or the weight option of the loss.',
      argument: 'classWeight',
    })
  }
  return Int32Array.from({ length: count }, (_, row) => {
    let best = 0
    for (let c = 1; c < classes; c++) {
      if (values[row * classes + c] > values[row * classes + best]) best = c
    }
    return best
  })
}

/**
 * Loss of a batch whose examples count differently, Σ w·l / n: as in Keras, n counts the losses, not the weights.
 *
 * @throws ValueError for a loss that does not give one number (or more) per example
 */
export function weightedLoss(
  loss: LossFunction,
  output: Tensor,
  y: Tensor,
  weights: Tensor,
  isLogits: boolean,
): Tensor {
  const reduction = 'none' as const
  const losses = loss(output, y, isLogits ? { fromLogits: true, reduction } : { reduction })
  if (losses.rank === 0 || losses.shape[0] !== weights.size) {
    throw new ValueError({
      operation: 'fit',
      problem: `needs one loss per example to weigh, got ${formatShape(losses.shape)} from ${loss.name} for ${weights.size} examples.`,
      hint: 'use a built-in loss, or weigh the examples inside your own.',
      argument: 'loss',
    })
  }
  const spread = reshape(weights, [weights.size, ...losses.shape.slice(1).map(() => 1)])
  const total = losses.mul(spread).sum()
  return loss.fixed.reduction === 'sum' ? total : total.div(losses.size)
}

/**
 * Loss of sequences whose padded steps do not count, Σ w·m·l / Σ m: as in Keras, they are left out of the mean, too.
 * Where nothing counts it is 0.
 */
export function maskedLoss(
  loss: LossFunction,
  { output, isLogits }: Prediction,
  y: Tensor,
  mask: StepMask,
  weights: Tensor | null,
): Tensor {
  const reduction = 'none' as const
  const losses = loss(output, y, isLogits ? { fromLogits: true, reduction } : { reduction })
  const { batch, time, valid } = mask
  if (losses.rank < 2 || losses.shape[0] !== batch || losses.shape[1] !== time) {
    throw new ValueError({
      operation: 'fit',
      problem: `needs one loss per step to leave padding out, got ${formatShape(losses.shape)} from ${loss.name} for ${batch} sequences of ${time} steps.`,
      hint: 'give each step a target: [batch, time] or [batch, time, …].',
      argument: 'loss',
    })
  }
  const spread = reshape(stepWeights(mask, weights), [batch, time, ...losses.shape.slice(2).map(() => 1)])
  const total = losses.mul(spread).sum()
  const count = valid * (losses.size / (batch * time))
  return loss.fixed.reduction === 'sum' || count === 0 ? total : total.div(count)
}
