import type { StateTree } from '../io/state-tree.ts'
import type { NonFiniteError } from '../errors.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import type { History, Logs } from './history.ts'
import type { Model, ModelResult } from './model.ts'

type Awaitable = void | Promise<void>

/** What a callback is told about the run it watches. */
export interface FitInfo {
  /** The model that is trained. */
  readonly model: Model<ModelResult>
  /** The number of epochs that `fit` was asked for. */
  readonly epochs: number
  /** Batches per epoch; null where only the end of the data tells. */
  readonly batches: number | null
  /** Training examples per epoch; null where only the end of the data tells. */
  readonly examples: number | null
  /** The first epoch, counted from 0: later than 0 in a run that resumes. */
  readonly initialEpoch: number
  /** The first batch of it: later than 0 where a run resumes amid an epoch, whose `onEpochBegin` is not called again. */
  readonly initialBatch: number
}

/** What a callback can do to the run. */
export interface FitControl {
  /** Ends the run after the current batch or epoch. */
  stop(): void
  /** To read or change the learning rate. */
  readonly optimizer: Optimizer
  readonly model: Model<ModelResult>
}

/** How a run ended. */
export interface TrainEnd {
  /** All epochs done; `stop()` by a callback; the signal; an error. */
  readonly reason: 'completed' | 'stopped' | 'aborted' | 'failed'
  /** What `fit` rejects with, when it was aborted or failed; undefined otherwise. */
  readonly error?: unknown
  /** The epochs that were recorded. */
  readonly history: History
}

/**
 * Watches a training run. All parts are optional; promises are awaited; an error ends the run, and names its callback.
 * For each event the callbacks are called one after the other, in the order in which `fit` was given them.
 *
 * @example
 * const stopEarly: Callback = {
 *   name: 'stopEarly',
 *   onEpochEnd: (epoch, logs, control) => { if (logs.valLoss < 0.1) control.stop() },
 * }
 */
export interface Callback {
  /** Named in errors; in checkpoints it says whose state is whose. */
  readonly name?: string
  /** It only watches: training in a worker does not wait for it, and it is told of batches in groups. Default false. */
  readonly isObserver?: boolean
  /** Before the first batch. What a run leaves behind in the callback is to be forgotten here. */
  onTrainBegin?(info: FitInfo, control: FitControl): Awaitable
  /** At the very end, also after an abort or an error; `logs` are the last ones. */
  onTrainEnd?(logs: Logs, end: TrainEnd): Awaitable
  onEpochBegin?(epoch: number, control: FitControl): Awaitable
  /** After validation, whose figures are among the logs: `valLoss`, …. */
  onEpochEnd?(epoch: number, logs: Logs, control: FitControl): Awaitable
  onBatchBegin?(batch: number, control: FitControl): Awaitable
  /** The logs are those of the epoch up to here. */
  onBatchEnd?(batch: number, logs: Logs, control: FitControl): Awaitable
  /** Around each validation in `fit`, and in `evaluate`. */
  onTestBegin?(): Awaitable
  onTestEnd?(logs: Logs): Awaitable
  onTestBatchBegin?(batch: number): Awaitable
  onTestBatchEnd?(batch: number, logs: Logs): Awaitable
  /** The loss of a batch is NaN or infinite; `fit` throws the error unless a callback stops the run. */
  onNonFiniteLoss?(batch: number, error: NonFiniteError, control: FitControl): Awaitable
  /** What the callback needs to go on from a checkpoint. */
  stateDict?(): StateTree
  /** Goes on from a saved state; called after `onTrainBegin`. */
  loadStateDict?(state: StateTree): Awaitable
}
