import { toRowSet } from '../data/row-set.ts'
import { batchOf, emptyLike, type ModelData, type RowSet } from '../data/rows.ts'
import type { ColdArray } from '../engine/dtype.ts'
import { ShapeError, ValueError } from '../errors.ts'
import { refuseUnknown } from '../nn/options.ts'
import { formatShape, sameShape, type Shape } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import type { Logs } from './history.ts'
import { type Measure, measuresOf } from './measures.ts'
import type { Model, ModelResult } from './model.ts'
import { predictStep, testStep } from './step.ts'
import { Turns } from './turns.ts'

type AnyModel = Model<ModelResult>

export interface EvaluateOptions {
  /** Examples per batch. Default 32. */
  readonly batchSize?: number
  /** Ends the run between batches. */
  readonly signal?: AbortSignal
}

export interface PredictOptions {
  /** Examples per batch. Default 32. */
  readonly batchSize?: number
}

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
export function toExamples(operation: string, model: AnyModel, x: ModelData, y: ModelData): Examples {
  const inputs = toRowSet(operation, 'x', x, model.inputNames)
  const targets = toRowSet(operation, 'y', y, model.outputNames)
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

/** Fresh metrics for a run. */
export const freshMetrics = (model: AnyModel, operation: string): Measure[] =>
  measuresOf(model.requireCompiled(operation).outputs)

/** Loss (mean over examples) and metrics over all examples, in evaluation mode; the mode is put back. */
export async function evaluateExamples(
  model: AnyModel,
  operation: string,
  { x, y }: Examples,
  batchSize: number,
  turns: Turns,
): Promise<Logs> {
  const metrics = freshMetrics(model, operation)
  const wasTraining = model.training
  model.eval()
  try {
    let total = 0
    for (let start = 0; start < x.count; start += batchSize) {
      const end = Math.min(x.count, start + batchSize)
      total +=
        (end - start) *
        testStep(model, metrics, () => ({
          x: batchOf(x, null, start, end),
          y: batchOf(y, null, start, end),
        }))
      await turns.pause()
    }
    return {
      loss: total / x.count,
      ...Object.fromEntries(metrics.map(metric => [metric.name, metric.result()])),
    }
  } finally {
    if (wasTraining) model.train()
  }
}

export async function evaluate(
  model: AnyModel,
  x: ModelData,
  y: ModelData,
  options: EvaluateOptions,
): Promise<Logs> {
  refuseUnknown('evaluate', options, ['batchSize', 'signal'])
  model.requireCompiled('evaluate')
  const batchSize = requireBatchSize('evaluate', options.batchSize ?? 32)
  const examples = toExamples('evaluate', model, x, y)
  return evaluateExamples(model, 'evaluate', examples, batchSize, new Turns(options.signal))
}

/** The outputs for all examples, one tensor for each output of the model. */
export function predict(model: AnyModel, x: ModelData, options: PredictOptions): readonly Tensor[] {
  refuseUnknown('predict', options, ['batchSize'])
  const batchSize = requireBatchSize('predict', options.batchSize ?? 32)
  const rows = toRowSet('predict', 'x', x, model.inputNames)
  const wasTraining = model.training
  const collected: { readonly first: Tensor; readonly parts: ColdArray[] }[] = []
  model.eval()
  try {
    // An empty set of examples is one empty batch: its output has a shape too.
    for (let start = 0; start < rows.count || start === 0; start += batchSize) {
      const end = Math.min(rows.count, start + batchSize)
      predictStep(
        model,
        () => batchOf(rows, null, start, end),
        outputs =>
          outputs.forEach((output, i) => {
            collected[i] ??= { first: output, parts: [] }
            requireRows(output, end - start, collected[i].first.shape)
            collected[i].parts.push(output.values())
          }),
      )
    }
  } finally {
    if (wasTraining) model.train()
  }
  return collected.map(({ first: { shape, dtype }, parts }) =>
    fromCold(joined(parts), [rows.count, ...shape.slice(1)], dtype),
  )
}

/** Each batch must give one row per example, all of one shape. */
function requireRows(output: Tensor, count: number, first: Shape): void {
  const wanted = [count, ...first.slice(1)]
  if (sameShape(output.shape, wanted)) return
  throw new ShapeError({
    operation: 'predict',
    problem: `needs one output per example, got ${formatShape(output.shape)} where ${formatShape(wanted)} was due.`,
    hint: 'the model must keep the batch axis first, and give rows of one shape.',
    shapes: [output.shape, wanted],
  })
}

/** One array after the other. */
function joined(parts: readonly ColdArray[]): ColdArray {
  if (parts.length === 1) return parts[0]
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const all = emptyLike(parts[0], length)
  let start = 0
  for (const part of parts) {
    all.set(part, start)
    start += part.length
  }
  return all
}
