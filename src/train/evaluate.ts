import type { ModelData } from '../data/rows.ts'
import { refuseUnknown } from '../nn/options.ts'
import { checkCount } from '../optim/schedules/schedule.ts'
import type { Callback } from './callback.ts'
import { CallbackList } from './callback-list.ts'
import type { TestEvent } from './events.ts'
import { requireBatchSize, toExamples } from './examples.ts'
import type { Logs } from './history.ts'
import { Mean } from '../metrics/metric.ts'
import { type Measure, measuresOf } from './measures.ts'
import type { Model, ModelResult } from './model.ts'
import { checkDevice, type DeviceOption, onDevice } from './on-device.ts'
import { iterableSource } from './parts.ts'
import { type BatchInput, isBatchInput } from './source/batches.ts'
import { RowsSource } from './source/rows-source.ts'
import type { BatchSource } from './source/source.ts'
import { testStep } from './step.ts'
import { Turns } from './turns.ts'

type AnyModel = Model<ModelResult>

export interface EvaluateOptions extends DeviceOption {
  /** Examples per batch. Default 32. Data that come in batches have their own. */
  readonly batchSize?: number
  /** Of data that come in batches: the first so many. Default: all. */
  readonly steps?: number
  /** Told of each batch: `onTestBegin`, `onTestBatchBegin`, `onTestBatchEnd`, `onTestEnd`. */
  readonly callbacks?: readonly Callback[]
  /** Ends the run between batches. */
  readonly signal?: AbortSignal
}

/** Fresh metrics for a run. */
export const freshMetrics = (model: AnyModel, operation: string): Measure[] =>
  measuresOf(model.requireCompiled(operation).outputs)

/**
 * Evaluates, in evaluation mode, and gives what happens, as it happens; the mode is put back at the end.
 * @returns loss (mean over examples) and metrics over all examples
 */
export async function* evaluateSource(
  model: AnyModel,
  operation: string,
  source: BatchSource,
  turns: Turns,
  on: DeviceOption,
): AsyncGenerator<TestEvent, Logs> {
  const metrics = freshMetrics(model, operation)
  const loss = new Mean()
  const figures = (): Logs => ({
    loss: loss.result(),
    ...Object.fromEntries(metrics.map(metric => [metric.name, metric.result()])),
  })
  const wasTraining = model.training
  model.eval()
  try {
    yield { hook: 'onTestBegin' }
    await source.begin()
    for (let index = 0; ; index++) {
      const batch = await source.next()
      if (batch === null) break
      yield { hook: 'onTestBatchBegin', batch: index }
      loss.add(
        onDevice(on, () => testStep(model, metrics, batch.make)),
        batch.count,
      )
      yield {
        hook: 'onTestBatchEnd',
        batch: index,
        // Some metrics sort for their result: only where somebody looks.
        get logs() {
          return figures()
        },
      }
      await turns.pause()
    }
    const logs = figures()
    yield { hook: 'onTestEnd', logs }
    return logs
  } finally {
    await source.close()
    if (wasTraining) model.train()
  }
}

export async function evaluate(
  model: AnyModel,
  x: ModelData | BatchInput,
  y: ModelData | null,
  options: EvaluateOptions,
): Promise<Logs> {
  refuseUnknown('evaluate', options, ['batchSize', 'steps', 'callbacks', 'device', 'signal'])
  model.requireCompiled('evaluate')
  checkDevice(options)
  const source = sourceOf(model, x, y, options)
  const callbacks = new CallbackList(options.callbacks ?? [])
  const events = evaluateSource(model, 'evaluate', source, new Turns(options.signal), options)
  let event = await events.next()
  while (event.done !== true) {
    try {
      await callbacks.handle(event.value, null)
    } catch (error) {
      await events.return({})
      throw error
    }
    event = await events.next()
  }
  return event.value
}

function sourceOf(
  model: AnyModel,
  x: ModelData | BatchInput,
  y: ModelData | null,
  { batchSize = 32, steps }: EvaluateOptions,
): BatchSource {
  requireBatchSize('evaluate', batchSize)
  if (steps !== undefined) checkCount('evaluate', 'steps', steps)
  if (y === null && isBatchInput(x)) {
    const options = { operation: 'evaluate', stepsPerEpoch: steps ?? null }
    return new iterableSource.required(model, x as BatchInput, options)
  }
  const examples = toExamples('evaluate', model, x as ModelData, y as ModelData)
  return new RowsSource(examples, { batchSize, shuffle: false, weights: null })
}
