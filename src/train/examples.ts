import { toRowSet } from '../data/row-set.ts'
import type { Hold, ModelData, RowSet } from '../data/rows.ts'
import { ShapeError, ValueError } from '../errors.ts'
import { formatShape } from '../tensor/shape.ts'
import type { Model, ModelResult } from './model.ts'

/** Refuses anything but a whole number ≥ 1. */
export function requireBatchSize(operation: string, batchSize: number): number {
  if (Number.isSafeInteger(batchSize) && batchSize >= 1) return batchSize
  throw new ValueError({
    operation,
    problem: `needs batchSize to be a whole number ≥ 1, got ${batchSize}.`,
  })
}

/** Examples and targets that belong together. */
export interface Examples {
  readonly x: RowSet
  readonly y: RowSet
}

/**
 * Reads examples and targets for a model.
 * @throws ShapeError when their numbers differ; ValueError when there are none
 */
export function toExamples(
  operation: string,
  model: Model<ModelResult>,
  x: ModelData,
  y: ModelData,
  hold?: Hold,
): Examples {
  const inputs = toRowSet(operation, 'x', x, model.inputNames, hold)
  const targets = toRowSet(operation, 'y', y, model.outputNames, hold)
  if (inputs.count !== targets.count) {
    const [shape, targetShape] = [inputs, targets].map(({ count, parts }) => [count, ...parts[0].shape])
    throw new ShapeError({
      operation,
      problem: `needs one target per example, got ${inputs.count} examples ${formatShape(shape)} and ${targets.count} targets ${formatShape(targetShape)}.`,
      hint: 'the first axis of both counts the examples.',
      shapes: [shape.slice(1), targetShape.slice(1)],
    })
  }
  if (inputs.count === 0)
    throw new ValueError({ operation, problem: 'needs at least one example, got none.' })
  return { x: inputs, y: targets }
}
