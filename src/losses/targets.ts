import type { ColdArray } from '../engine/dtype.ts'
import { readStorage } from '../engine/engine.ts'
import { NonFiniteError, ShapeError, ValueError } from '../errors.ts'
import { reshape } from '../ops/reshape.ts'
import { formatShape, sameShape, type Shape } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'

/** A tensor's numbers to look at, copied only when they are in the engine's memory. Never write to them. */
export const peek = (x: Tensor): ColdArray => x.storage.cold ?? readStorage(x.storage)

/** Whether `longer` is `shorter` with an axis of size 1 at the end. */
export const hasTrailingOne = (longer: Shape, shorter: Shape): boolean =>
  longer.length === shorter.length + 1 &&
  longer[shorter.length] === 1 &&
  sameShape(longer.slice(0, -1), shorter)

/**
 * The target in the prediction's shape. Equal shapes pass, and [batch] for [batch, 1]; nothing is broadcast, since
 * [batch] against [batch, 1] would silently compare every pair.
 */
export function matchTarget(operation: string, prediction: Tensor, target: Tensor): Tensor {
  if (sameShape(prediction.shape, target.shape)) return target
  if (hasTrailingOne(prediction.shape, target.shape)) return reshape(target, prediction.shape)
  const [p, t] = [prediction.shape, target.shape]
  throw new ShapeError({
    operation,
    problem: `needs one target per prediction, got targets ${formatShape(t)} for predictions ${formatShape(p)}.`,
    hint: hasTrailingOne(t, p)
      ? `reshape the targets to ${formatShape(p)}.`
      : p.length === t.length + 1 && p[p.length - 1] > 1
        ? 'for class numbers use sparseCategoricalCrossentropy, or a last layer with one unit.'
        : 'reshape one of them, or check what the last layer puts out.',
    shapes: [t, p],
  })
}

/**
 * Refuses numbers outside [0, 1], give or take `slack`, and NaN among targets: a NaN prediction is the model's
 * business.
 */
export function checkProbabilities(
  operation: string,
  x: Tensor,
  role: 'target' | 'prediction',
  slack = 0,
): void {
  const values = peek(x)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (value >= -slack && value <= 1 + slack) continue
    if (Number.isNaN(value)) {
      if (role === 'prediction') continue
      throw new NonFiniteError({
        operation,
        problem: `got the ${role} NaN at position ${i} of ${formatShape(x.shape)}.`,
        hint: 'remove or repair the examples without a label.',
      })
    }
    throw new ValueError({
      operation,
      problem: `needs every ${role} in 0 … 1, got ${value} at position ${i} of ${formatShape(x.shape)}.`,
      hint:
        role === 'target'
          ? 'labels are 0 and 1, or probabilities between; −1 and 1 must be mapped first.'
          : 'pass {fromLogits: true} for a prediction before its sigmoid or softmax.',
      argument: role,
      received: value,
    })
  }
}

/** Class numbers, one per row of the logits. */
export interface Labels {
  /** int32 [rows]; −1 where the target is to be ignored. */
  readonly tensor: Tensor
  readonly values: ArrayLike<number>
  /** How many are not ignored. */
  readonly kept: number
}

/**
 * Checks class numbers: whole, and in 0 … classes − 1 unless equal to `ignoreIndex`.
 * float32 is accepted, since that is how peers and files store them.
 */
export function checkLabels(
  operation: string,
  target: Tensor,
  classes: number,
  ignoreIndex: number | undefined,
): Labels {
  const given = peek(target)
  let ignored = 0
  for (let i = 0; i < given.length; i++) {
    const label = given[i]
    if (label === ignoreIndex) ignored++
    else if (!(label >= 0 && label < classes && Number.isInteger(label)))
      refuseLabel(operation, label, i, classes)
  }
  if (ignored === 0 && target.dtype === 'int32')
    return { tensor: reshape(target, [target.size]), values: given, kept: given.length }
  const values = Int32Array.from(given, label => (label === ignoreIndex ? -1 : label))
  return { tensor: fromCold(values, [values.length], 'int32'), values, kept: values.length - ignored }
}

function refuseLabel(operation: string, label: number, position: number, classes: number): never {
  if (Number.isNaN(label)) {
    throw new NonFiniteError({
      operation,
      problem: `got the label NaN at position ${position}.`,
      hint: 'remove the examples without a label, or mark them and pass {ignoreIndex}.',
    })
  }
  throw new ValueError({
    operation,
    problem: `got the label ${label} at position ${position}, but there are ${classes} classes (0 … ${classes - 1}).`,
    hint: Number.isInteger(label)
      ? 'labels count from 0; check the units of the last layer, or pass {ignoreIndex}.'
      : 'labels are whole numbers; for probabilities use categoricalCrossentropy.',
    argument: 'target',
    received: label,
  })
}
