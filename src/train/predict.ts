import { toRowSet } from '../data/row-set.ts'
import { batchOf, emptyLike, type ModelData } from '../data/rows.ts'
import type { ColdArray } from '../engine/dtype.ts'
import { noGrad } from '../autodiff/mode.ts'
import { offloading } from '../engine/policy.ts'
import { BuildError, ShapeError, ValueError } from '../errors.ts'
import { refuseUnknown } from '../nn/options.ts'
import { formatShape, sameShape, type Shape } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { requireBatchSize } from './examples.ts'
import type { Model, ModelResult } from './model.ts'
import { checkDevice, type DeviceOption, onDevice } from './on-device.ts'
import { BatchReader } from './source/batch-reader.ts'
import type { BatchInput, InputBatch } from './source/batches.ts'
import { predictStep } from './step.ts'
import { Turns } from './turns.ts'

type AnyModel = Model<ModelResult>

export interface PredictOptions extends DeviceOption {
  /** Examples per batch. Default 32. Data that come in batches have their own. */
  readonly batchSize?: number
}

export interface PredictAsyncOptions extends PredictOptions {
  /** Ends the run between batches. */
  readonly signal?: AbortSignal
}

/** The outputs for all examples, one tensor for each output of the model. */
export function predict(model: AnyModel, x: ModelData, options: PredictOptions): readonly Tensor[] {
  refuseUnknown('predict', options, ['batchSize', 'device'])
  const batchSize = requireBatchSize('predict', options.batchSize ?? 32)
  const rows = toRowSet('predict', 'x', x, model.inputNames)
  const wasTraining = model.training
  const outputs = new Outputs(model, options)
  model.eval()
  try {
    // An empty set of examples is one empty batch: its output has a shape too.
    for (let start = 0; start < rows.count || start === 0; start += batchSize) {
      const end = Math.min(rows.count, start + batchSize)
      outputs.add(end - start, () => batchOf(rows, null, start, end))
    }
  } finally {
    if (wasTraining) model.train()
  }
  return outputs.joined()
}

/**
 * The same, with turns for the rest of the program between batches. A GPU that answers later takes part: a batch is then
 * begun again each time an answer has come.
 */
export async function predictAsync(
  model: AnyModel,
  x: ModelData,
  options: PredictAsyncOptions,
): Promise<readonly Tensor[]> {
  refuseUnknown('predictAsync', options, ['batchSize', 'device', 'signal'])
  const batchSize = requireBatchSize('predictAsync', options.batchSize ?? 32)
  checkDevice(options)
  const rows = toRowSet('predictAsync', 'x', x, model.inputNames)
  const turns = new Turns(options.signal)
  const outputs = new Outputs(model, options)
  for (let start = 0; start < rows.count || start === 0; start += batchSize) {
    const end = Math.min(rows.count, start + batchSize)
    const step = (): void =>
      inEvaluation(model, () => outputs.add(end - start, () => batchOf(rows, null, start, end)))
    const { deferred } = offloading
    // The first run builds the model, which must not happen again and again.
    if (deferred === null || !isBuilt(model)) step()
    else await deferred(step)
    await turns.pause()
  }
  return outputs.joined()
}

/** Nothing lasts longer than this call: the model may be trained while an answer is awaited. */
function inEvaluation(model: AnyModel, body: () => void): void {
  const wasTraining = model.training
  model.eval()
  try {
    noGrad(body)
  } finally {
    if (wasTraining) model.train()
  }
}

function isBuilt(model: AnyModel): boolean {
  try {
    model.parameters()
    return true
  } catch (error) {
    if (error instanceof BuildError) return false
    throw error
  }
}

/** The same, for batches { x }; other parts of them are not looked at. */
export async function predictBatches(
  model: AnyModel,
  batches: BatchInput<InputBatch>,
  options: PredictOptions,
): Promise<readonly Tensor[]> {
  refuseUnknown('predict', options, ['device'])
  const reader = new BatchReader('predict', batches)
  const turns = new Turns()
  const outputs = new Outputs(model, options)
  reader.open()
  try {
    for (let batch = await reader.read(); batch !== null; batch = await reader.read()) {
      const rows = toRowSet('predict', 'x', batch.x, model.inputNames)
      const wasTraining = model.training
      model.eval()
      try {
        noGrad(() => outputs.add(rows.count, () => batchOf(rows, null, 0, rows.count)))
      } finally {
        if (wasTraining) model.train()
      }
      await turns.pause()
    }
  } finally {
    await reader.close()
  }
  return outputs.joined()
}

/** Collects what the model gives, batch by batch. */
class Outputs {
  private readonly collected: { readonly first: Tensor; readonly parts: ColdArray[] }[] = []
  private count = 0

  constructor(
    private readonly model: AnyModel,
    private readonly on: DeviceOption,
  ) {}

  add(count: number, batch: () => readonly Tensor[]): void {
    onDevice(this.on, () =>
      predictStep(this.model, batch, outputs =>
        outputs.forEach((output, i) => {
          this.collected[i] ??= { first: output, parts: [] }
          requireRows(output, count, this.collected[i].first.shape)
          this.collected[i].parts.push(output.values())
        }),
      ),
    )
    this.count += count
  }

  joined(): readonly Tensor[] {
    if (this.collected.length === 0) {
      throw new ValueError({
        operation: 'predict',
        problem: 'got no batch from the data.',
        argument: 'x',
      })
    }
    return this.collected.map(({ first: { shape, dtype }, parts }) =>
      fromCold(joinedParts(parts), [this.count, ...shape.slice(1)], dtype),
    )
  }
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
function joinedParts(parts: readonly ColdArray[]): ColdArray {
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
