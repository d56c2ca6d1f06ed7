import { batchOf, type ModelData, sliceRows } from '../data/rows.ts'
import { ValueError } from '../errors.ts'
import { refuseUnknown } from '../nn/options.ts'
import { checkCount } from '../optim/schedules/schedule.ts'
import { defaultGenerator } from '../tensor/random.ts'
import type { Callback, FitControl } from './callback.ts'
import { type ExampleWeights, exampleWeights } from './example-weights.ts'
import { type Examples, evaluateExamples, freshMetrics, requireBatchSize, toExamples } from './evaluate.ts'
import { History, type Logs } from './history.ts'
import type { Model, ModelResult } from './model.ts'
import { progress } from './progress.ts'
import { trainStep } from './step.ts'
import { Turns } from './turns.ts'

export interface FitOptions extends ExampleWeights {
  /** Passes over the data. Default 1. */
  readonly epochs?: number
  /** Examples per step; the last batch of an epoch may be smaller. Default 32. */
  readonly batchSize?: number
  /**
   * Batches per optimizer step, whose gradients add up to those of one large batch. Default 1. The last step of an
   * epoch takes the batches that are left.
   */
  readonly accumulate?: number
  /** New random order in each epoch. Default true. */
  readonly shuffle?: boolean
  /** Part of the examples, from the end, kept for validation: 0 ≤ part < 1. Default 0. */
  readonly validationSplit?: number
  /** Examples and targets for validation after each epoch. */
  readonly validationData?: readonly [x: ModelData, y: ModelData]
  readonly callbacks?: readonly Callback[]
  /** Ends the run between batches; `fit` then rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Progress bar on a terminal, a line per epoch elsewhere. Default true. */
  readonly verbose?: boolean
}

const KNOWN = [
  'epochs',
  'batchSize',
  'accumulate',
  'sampleWeight',
  'classWeight',
  'shuffle',
  'validationSplit',
  'validationData',
  'callbacks',
  'signal',
  'verbose',
]

/** Runs one hook of every callback, in order; an error names its callback. */
async function notify(
  callbacks: readonly Callback[],
  run: (callback: Callback) => void | Promise<void>,
): Promise<void> {
  for (const [i, callback] of callbacks.entries()) {
    try {
      const pending = run(callback)
      if (pending !== undefined) await pending
    } catch (error) {
      const name = callback.name === undefined ? String(i + 1) : `"${callback.name}"`
      // Some messages are read-only (a DOMException's): such an error passes as it is.
      if (error instanceof Error) Reflect.set(error, 'message', `callback ${name}: ${error.message}`)
      throw error
    }
  }
}

/** Training and validation examples. */
function splitExamples(
  model: Model<ModelResult>,
  all: Examples,
  options: FitOptions,
): { training: Examples; validation: Examples | null } {
  const { validationData, validationSplit = 0 } = options
  if (validationData !== undefined) {
    if (!Array.isArray(validationData) || validationData.length !== 2) {
      throw new ValueError({
        operation: 'fit',
        problem: 'needs validationData as [x, y].',
        argument: 'validationData',
        received: validationData,
      })
    }
    return {
      training: all,
      validation: toExamples('fit validationData', model, validationData[0], validationData[1]),
    }
  }
  if (!(validationSplit >= 0 && validationSplit < 1)) {
    throw new ValueError({
      operation: 'fit',
      problem: `needs 0 ≤ validationSplit < 1, got ${validationSplit}.`,
    })
  }
  if (validationSplit === 0) return { training: all, validation: null }
  // As Keras rounds, but for products that miss a whole number by their rounding error.
  const count = Math.floor(all.x.count * (1 - validationSplit) + 1e-9)
  if (count === 0) {
    throw new ValueError({
      operation: 'fit',
      problem: `has no training examples left: ${all.x.count} with validationSplit ${validationSplit}.`,
      argument: 'validationSplit',
      received: validationSplit,
    })
  }
  const part = (start: number, end: number): Examples => ({
    x: sliceRows(all.x, start, end),
    y: sliceRows(all.y, start, end),
  })
  return { training: part(0, count), validation: part(count, all.x.count) }
}

/** Models that a `fit` is training now: a second one would change mode and parameters under the first. */
const running = new WeakSet<Model<ModelResult>>()

export async function fit(
  model: Model<ModelResult>,
  x: ModelData,
  y: ModelData,
  options: FitOptions,
): Promise<History> {
  refuseUnknown('fit', options, KNOWN)
  const { optimizer } = model.requireCompiled('fit')
  const { epochs = 1, shuffle = true, signal, verbose = true } = options
  if (!Number.isSafeInteger(epochs) || epochs < 0) {
    throw new ValueError({
      operation: 'fit',
      problem: `needs epochs to be a whole number ≥ 0, got ${epochs}.`,
    })
  }
  const batchSize = requireBatchSize('fit', options.batchSize ?? 32)
  const accumulate = checkCount('fit', 'accumulate', options.accumulate ?? 1)
  const all = toExamples('fit', model, x, y)
  const weights = exampleWeights('fit', all.y, options)
  const { training, validation } = splitExamples(model, all, options)
  const count = training.x.count
  const batches = Math.ceil(count / batchSize)
  const callbacks = [...(options.callbacks ?? []), ...(verbose ? [progress()] : [])]
  const turns = new Turns(signal)
  const history = new History()
  let stopped = false
  const control: FitControl = {
    stop: () => {
      stopped = true
    },
    get optimizer() {
      return optimizer()
    },
  }
  let logs: Logs = {}
  if (running.has(model)) {
    throw new ValueError({
      operation: 'fit',
      problem: `was called while model "${model.name}" is still being trained.`,
      hint: 'await the first fit before the second.',
    })
  }
  running.add(model)
  model.zeroGrad()
  model.train()
  try {
    await notify(callbacks, c => c.onTrainBegin?.({ epochs, batches, examples: count }))
    for (let epoch = 0; epoch < epochs && !stopped; epoch++) {
      await notify(callbacks, c => c.onEpochBegin?.(epoch))
      const order = shuffle ? defaultGenerator().permutation(count) : null
      const metrics = freshMetrics(model, 'fit')
      let total = 0
      for (let batch = 0; batch < batches && !stopped; batch++) {
        const start = batch * batchSize
        const end = Math.min(count, start + batchSize)
        const first = batch - (batch % accumulate)
        const last = Math.min(batches, first + accumulate) - 1
        const examples = Math.min(count, (last + 1) * batchSize) - first * batchSize
        const place = { share: (end - start) / examples, isLast: batch === last }
        const value = trainStep(model, optimizer, metrics, place, () => ({
          x: batchOf(training.x, order, start, end),
          y: batchOf(training.y, order, start, end),
          weights: weights === null ? null : batchOf(weights, order, start, end),
        }))
        total += value * (end - start)
        logs = {
          loss: total / end,
          ...Object.fromEntries(metrics.map(metric => [metric.name, metric.result()])),
        }
        if (callbacks.length > 0) await notify(callbacks, c => c.onBatchEnd?.(batch, logs, control))
        await turns.pause()
      }
      if (validation !== null) {
        const results = await evaluateExamples(model, 'fit', validation, batchSize, turns)
        for (const [name, value] of Object.entries(results)) {
          logs = { ...logs, [`val${name[0].toUpperCase()}${name.slice(1)}`]: value }
        }
      }
      history.record(epoch, logs)
      await notify(callbacks, c => c.onEpochEnd?.(epoch, logs, control))
    }
    await notify(callbacks, c => c.onTrainEnd?.(logs))
  } finally {
    // A frozen parameter's gradient is nobody's business after this.
    model.zeroGrad()
    running.delete(model)
    model.eval()
  }
  return history
}
