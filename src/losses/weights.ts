import { ShapeError, ValueError } from '../errors.ts'
import { requireTensor } from '../ops/operand.ts'
import { formatShape, type Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type Labels, peek } from './targets.ts'

/** Refuses weights that would enlarge the losses instead of being spread over them. */
export function requireBroadcastable(operation: string, argument: string, x: Tensor, shape: Shape): void {
  requireTensor(operation, x)
  const offset = shape.length - x.rank
  if (offset >= 0 && x.shape.every((size, axis) => size === 1 || size === shape[axis + offset])) return
  throw new ShapeError({
    operation,
    problem: `cannot spread ${argument} ${formatShape(x.shape)} over predictions ${formatShape(shape)}.`,
    hint: 'axes are matched from the last one; each has the same size or 1.',
    shapes: [x.shape, shape],
  })
}

export function checkSmoothing(operation: string, amount: number): void {
  if (amount >= 0 && amount <= 1) return
  throw new ValueError({
    operation,
    problem: `needs labelSmoothing in 0 … 1, got ${amount}.`,
    argument: 'labelSmoothing',
    received: amount,
  })
}

/** Refuses class weights that are not one number per class. */
export function checkClassWeights(operation: string, weight: Tensor, classes: number): void {
  requireTensor(operation, weight)
  if (weight.rank === 1 && weight.size === classes) return
  throw new ShapeError({
    operation,
    problem: `needs one weight per class, got ${formatShape(weight.shape)} for ${classes} classes.`,
    hint: 'give a vector as long as the class axis of the predictions.',
    shapes: [weight.shape, [classes]],
  })
}

/** The class weight of each row's label; 0 for ignored rows. */
export function rowWeights(labels: Labels, weight: Tensor): { values: Float32Array; total: number } {
  const byClass = peek(weight)
  const values = Float32Array.from(labels.values, label => (label < 0 ? 0 : byClass[label]))
  let total = 0
  for (const value of values) total += value
  return { values, total }
}
