import { ShapeError } from '../errors.ts'
import { toFloat } from '../ops/operand.ts'
import { transpose } from '../ops/permute.ts'
import { reshape } from '../ops/reshape.ts'
import { formatShape, normalizeAxis, sameShape, type Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { LossOptions } from './loss.ts'
import { checkProbabilities } from './targets.ts'

/** Options of the losses over classes. */
export interface CategoricalLossOptions extends LossOptions {
  /** One factor per class. */
  readonly weight?: Tensor
  /** Gives this share of each target to all classes in equal parts: (1 − s)·y + s/classes. Default 0. */
  readonly labelSmoothing?: number
  /** The axis of the classes; the last by default (PyTorch: 1). */
  readonly axis?: number
}

/** The smallest normal float32: a probability of 0 counts as this, so that its logarithm is −87.3 instead of −∞. */
export const SMALLEST = 2 ** -126

/** Rows are rescaled to the sum 1, so a probability may be off by rounding; a logit is farther off. */
const ROUNDING = 1e-3

/** Predictions with their classes last. */
export interface ClassRows {
  /** [rows, classes] */
  readonly rows: Tensor
  readonly classes: number
  /** The prediction's shape without the class axis. */
  readonly outer: Shape
  /** Position of the class axis in the prediction. */
  readonly axis: number
}

/** Moves the class axis to the end, keeping the order of the others, and flattens them. */
export function toClassRows(operation: string, x: Tensor, axisOption: number | undefined): ClassRows {
  const axis = normalizeAxis(operation, axisOption ?? -1, x.shape)
  const classes = x.shape[axis]
  if (classes === 0) {
    throw new ShapeError({
      operation,
      problem: `needs at least one class, got predictions ${formatShape(x.shape)}.`,
      hint: 'check the units of the last layer.',
      shapes: [x.shape],
    })
  }
  let moved = toFloat(operation, x)
  for (let i = axis; i < x.rank - 1; i++) moved = transpose(moved, { axes: [i, i + 1] })
  const outer = x.shape.filter((_, i) => i !== axis)
  return { rows: reshape(moved, [x.size / classes, classes]), classes, outer, axis }
}

/**
 * Logits of the rows: ln p where the prediction holds probabilities. The softmax of ln p is p / Σ p, so rows that do
 * not quite sum to 1 are rescaled, as in Keras.
 */
export function toLogits(operation: string, rows: Tensor, fromLogits: boolean): Tensor {
  if (fromLogits) return rows
  checkProbabilities(operation, rows, 'prediction', ROUNDING)
  return rows.clip({ min: SMALLEST }).log()
}

/** The labels' shape must be the prediction's without the class axis; a class axis of size 1 is accepted. */
export function checkLabelShape(
  operation: string,
  prediction: Tensor,
  target: Tensor,
  rows: ClassRows,
): void {
  const { outer, axis } = rows
  const withOne = prediction.shape.map((size, i) => (i === axis ? 1 : size))
  if (sameShape(target.shape, outer) || sameShape(target.shape, withOne)) return
  throw new ShapeError({
    operation,
    problem: `needs one label per row, ${formatShape(outer)} for predictions ${formatShape(prediction.shape)}, got ${formatShape(target.shape)}.`,
    hint: sameShape(target.shape, prediction.shape)
      ? 'for one-hot targets or probabilities use categoricalCrossentropy.'
      : 'labels have the shape of the predictions without the class axis (axis, by default the last).',
    shapes: [target.shape, prediction.shape],
  })
}
