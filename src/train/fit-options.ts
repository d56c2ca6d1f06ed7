import type { ModelData } from '../data/rows.ts'
import { ValueError } from '../errors.ts'
import { refuseUnknown } from '../nn/options.ts'
import { checkCount } from '../optim/schedules/schedule.ts'
import type { Callback } from './callback.ts'
import type { CheckpointOptions } from './checkpoint/options.ts'
import { checkCheckpointOptions } from './checkpoint/options.ts'
import type { ExampleWeights } from './example-weights.ts'
import { requireBatchSize } from './examples.ts'
import { checkDevice, type DeviceOption } from './on-device.ts'
import { progressBar } from './parts.ts'
import type { BatchInput } from './source/batches.ts'
import type { WorkerOptions } from './worker/hook.ts'

export interface FitOptions extends ExampleWeights, DeviceOption, WorkerOptions {
  /** Passes over the data. Default 1. */
  readonly epochs?: number
  /** Examples per step; the last batch of an epoch may be smaller. Default 32. Data that come in batches have their own. */
  readonly batchSize?: number
  /**
   * Batches per optimizer step, whose gradients add up to those of one large batch. Default 1. The last step of an
   * epoch takes the batches that are left.
   */
  readonly accumulate?: number
  /** New random order in each epoch. Default true. Data that come in batches have their own order. */
  readonly shuffle?: boolean
  /** For data that come in batches: so many make an epoch. Default: all of them, until the iterable ends. */
  readonly stepsPerEpoch?: number
  /** Part of the examples, from the end, kept for validation: 0 ≤ part < 1. Default 0. */
  readonly validationSplit?: number
  /** Examples and targets for validation after each epoch, or batches of them. */
  readonly validationData?: readonly [x: ModelData, y: ModelData] | BatchInput
  readonly callbacks?: readonly Callback[]
  /** Saves everything that training depends on, now and then, so that a run which was ended can go on. */
  readonly checkpoint?: CheckpointOptions
  /**
   * Goes on from the newest checkpoint; begins anew where there is none. The run then equals one that was never ended,
   * bit for bit. Default false: a place that has checkpoints already is refused.
   */
  readonly resume?: boolean
  /**
   * `'nan'` looks at every step's gradients, and where NaN or an infinity turns up runs the step again to name the first
   * operation that gave one: slower, for finding the cause.
   */
  readonly debug?: 'nan'
  /** Ends the run between batches; `fit` then rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Progress bar on a terminal, a line per epoch elsewhere. Default true; false with `tensorloom/mini`. */
  readonly verbose?: boolean
}

const KNOWN: readonly (keyof FitOptions)[] = [
  'epochs',
  'batchSize',
  'accumulate',
  'sampleWeight',
  'classWeight',
  'shuffle',
  'stepsPerEpoch',
  'validationSplit',
  'validationData',
  'callbacks',
  'checkpoint',
  'debug',
  'device',
  'resume',
  'signal',
  'verbose',
  'worker',
  'workerModule',
]

/** Options that say how examples become batches: data that come in batches have no use for them. */
const FOR_EXAMPLES: readonly (keyof FitOptions)[] = [
  'batchSize',
  'shuffle',
  'validationSplit',
  'sampleWeight',
]

/** The options with their defaults; what is left of them is checked where the data are read. */
export type CheckedOptions = FitOptions &
  Required<Pick<FitOptions, 'epochs' | 'batchSize' | 'accumulate' | 'shuffle' | 'resume' | 'verbose'>>

/** @throws ValueError for options that are unknown, out of range, or do not go together */
export function checkFitOptions(options: FitOptions, isInBatches: boolean): CheckedOptions {
  refuseUnknown('fit', options, KNOWN)
  const {
    epochs = 1,
    batchSize = 32,
    accumulate = 1,
    shuffle = true,
    resume = false,
    verbose = progressBar.added !== null,
  } = options
  if (!Number.isSafeInteger(epochs) || epochs < 0) {
    throw new ValueError({
      operation: 'fit',
      problem: `needs epochs to be a whole number ≥ 0, got ${epochs}.`,
    })
  }
  requireBatchSize('fit', batchSize)
  checkDevice(options)
  if (options.debug !== undefined && options.debug !== 'nan') {
    throw new ValueError({
      operation: 'fit',
      problem: `knows debug: 'nan', got ${String(options.debug)}.`,
      argument: 'debug',
      received: options.debug,
    })
  }
  checkCount('fit', 'accumulate', accumulate)
  if (options.stepsPerEpoch !== undefined) checkCount('fit', 'stepsPerEpoch', options.stepsPerEpoch)
  const idle = isInBatches
    ? FOR_EXAMPLES.find(name => options[name] !== undefined)
    : options.stepsPerEpoch !== undefined
      ? 'stepsPerEpoch'
      : undefined
  if (idle !== undefined) {
    throw new ValueError({
      operation: 'fit',
      problem: isInBatches
        ? `has no use for ${idle}: the data come in batches.`
        : `has no use for ${idle}: it is for data that come in batches.`,
      hint: isInBatches ? 'let the data decide it.' : 'batchSize decides how many steps an epoch has.',
      argument: idle,
    })
  }
  checkCallbacks(options.callbacks ?? [])
  if (options.checkpoint !== undefined) checkCheckpointOptions(options.checkpoint)
  else if (resume) {
    throw new ValueError({
      operation: 'fit',
      problem: 'cannot resume without checkpoints.',
      hint: "pass checkpoint: { dir: '…' }, too.",
      argument: 'resume',
    })
  }
  return { ...options, epochs, batchSize, accumulate, shuffle, resume, verbose }
}

function checkCallbacks(callbacks: unknown): void {
  const isList = Array.isArray(callbacks)
  const wrong = isList
    ? callbacks.findIndex(callback => typeof callback !== 'object' || callback === null)
    : -1
  if (isList && wrong < 0) return
  throw new ValueError({
    operation: 'fit',
    problem: isList
      ? `needs callbacks to be objects with hooks, got ${callbacks[wrong] === null ? 'null' : typeof callbacks[wrong]} at ${wrong}.`
      : 'needs a list of callbacks.',
    hint: 'for example { callbacks: [earlyStopping()] }.',
    argument: 'callbacks',
    received: callbacks,
  })
}
