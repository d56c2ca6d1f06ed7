import { batchOf, type DataInput, type Rows, toRows } from '../data/rows.ts'
import { ShapeError, ValueError } from '../errors.ts'
import type { Metric } from '../metrics/metric.ts'
import { resolveMetric } from '../metrics/resolve.ts'
import { formatShape, sizeOf } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import type { Logs } from './history.ts'
import type { Model } from './model.ts'
import { predictStep, testStep } from './step.ts'
import { Turns } from './turns.ts'

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
  readonly x: Rows
  readonly y: Rows
}

/**
 * Reads examples and targets.
 * @throws ShapeError when their numbers differ; ValueError when there are none
 */
export function toExamples(operation: string, x: DataInput, y: DataInput): Examples {
  const examples = { x: toRows(operation, 'x', x), y: toRows(operation, 'y', y) }
  const { x: inputs, y: targets } = examples
  if (inputs.count !== targets.count) {
    throw new ShapeError({
      operation,
      problem: `needs one target per example, got ${inputs.count} examples ${formatShape([inputs.count, ...inputs.shape])} and ${targets.count} targets ${formatShape([targets.count, ...targets.shape])}.`,
      shapes: [inputs.shape, targets.shape],
    })
  }
  if (inputs.count === 0)
    throw new ValueError({ operation, problem: 'needs at least one example, got none.' })
  return examples
}

/** Fresh metrics for a run. */
export const freshMetrics = (model: Model, operation: string): Metric[] => {
  const { loss, metrics } = model.requireCompiled(operation)
  return metrics.map(metric => resolveMetric(metric, { loss }))
}

/** Loss (mean over examples) and metrics over all examples, in evaluation mode; the mode is put back. */
export async function evaluateExamples(
  model: Model,
  operation: string,
  { x, y }: Examples,
  batchSize: number,
  turns: Turns,
): Promise<Logs> {
  const { loss } = model.requireCompiled(operation)
  const metrics = freshMetrics(model, operation)
  const wasTraining = model.training
  model.eval()
  try {
    let total = 0
    for (let start = 0; start < x.count; start += batchSize) {
      const end = Math.min(x.count, start + batchSize)
      total +=
        (end - start) *
        testStep(model, loss, metrics, batchOf(x, null, start, end), batchOf(y, null, start, end))
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
  model: Model,
  x: DataInput,
  y: DataInput,
  options: EvaluateOptions,
): Promise<Logs> {
  model.requireCompiled('evaluate')
  const batchSize = requireBatchSize('evaluate', options.batchSize ?? 32)
  const examples = toExamples('evaluate', x, y)
  return evaluateExamples(model, 'evaluate', examples, batchSize, new Turns(options.signal))
}

export function predict(model: Model, x: DataInput, options: PredictOptions): Tensor {
  const batchSize = requireBatchSize('predict', options.batchSize ?? 32)
  const rows = toRows('predict', 'x', x)
  const wasTraining = model.training
  model.eval()
  try {
    if (rows.count <= batchSize) return predictStep(model, batchOf(rows, null, 0, rows.count))
    let all: Float32Array | null = null
    let shape: readonly number[] = []
    for (let start = 0; start < rows.count; start += batchSize) {
      const end = Math.min(rows.count, start + batchSize)
      const output = predictStep(model, batchOf(rows, null, start, end))
      shape = output.shape.slice(1)
      const width = sizeOf(shape)
      all ??= new Float32Array(rows.count * width)
      all.set(output.values(), start * width)
      output.storage.engine?.release(output.storage)
    }
    return fromCold(all ?? new Float32Array(0), [rows.count, ...shape], 'float32')
  } finally {
    if (wasTraining) model.train()
  }
}
