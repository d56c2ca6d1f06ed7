import { ShapeError } from '../errors.ts'
import { checkLabels, peek } from '../losses/targets.ts'
import { formatShape, sameShape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** Position of the first largest of the numbers at `start … start + count − 1`; −1 if one is NaN. */
export function largest(values: ArrayLike<number>, start: number, count: number): number {
  let best = start
  for (let i = start; i < start + count; i++) {
    if (Number.isNaN(values[i])) return -1
    if (values[i] > values[best]) best = i
  }
  return best - start
}

/** Size of the last axis of predictions [..., classes]. */
export function classCount(operation: string, prediction: Tensor): number {
  const classes = prediction.shape[prediction.rank - 1]
  if (prediction.rank > 0 && classes > 0) return classes
  throw new ShapeError({
    operation,
    problem: `needs predictions [..., classes], got ${formatShape(prediction.shape)}.`,
    hint: 'the last axis holds a score for each class.',
    shapes: [prediction.shape],
  })
}

export const wrongShape = (operation: string, prediction: Tensor, target: Tensor, hint: string): ShapeError =>
  new ShapeError({
    operation,
    problem: `got targets ${formatShape(target.shape)} for predictions ${formatShape(prediction.shape)}.`,
    hint,
    shapes: [target.shape, prediction.shape],
  })

/** Predictions by class, with the class that each row should have. */
export interface LabelledRows {
  readonly classes: number
  /** [rows, classes], row by row. */
  readonly scores: ArrayLike<number>
  /** The label of each row; −1 where it is ignored or unclear. */
  readonly labels: ArrayLike<number>
}

/** Reads predictions [..., classes] with class numbers [...] (or [..., 1]), or one-hot rows of the same shape. */
export function labelledRows(
  operation: string,
  prediction: Tensor,
  target: Tensor,
  ignoreIndex?: number,
): LabelledRows {
  const classes = classCount(operation, prediction)
  const scores = peek(prediction)
  if (classes > 1 && sameShape(prediction.shape, target.shape)) {
    const y = peek(target)
    const labels = Int32Array.from({ length: scores.length / classes }, (_, row) =>
      largest(y, row * classes, classes),
    )
    return { classes, scores, labels }
  }
  const outer = prediction.shape.slice(0, -1)
  if (!sameShape(target.shape, outer) && !sameShape(target.shape, [...outer, 1]))
    throw wrongShape(operation, prediction, target, 'targets are class numbers [...], or one-hot rows.')
  return { classes, scores, labels: checkLabels(operation, target, classes, ignoreIndex).values }
}
