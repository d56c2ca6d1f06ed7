import type { Optimizer } from '../optim/optimizer.ts'
import type { Logs } from './history.ts'

/** What a callback is told about the run it watches. */
export interface FitInfo {
  readonly epochs: number
  /** Batches per epoch. */
  readonly batches: number
  /** Training examples per epoch. */
  readonly examples: number
}

/** What a callback can do to the run. */
export interface FitControl {
  /** Ends the run after the current batch or epoch. */
  stop(): void
  /** To read or change the learning rate. */
  readonly optimizer: Optimizer
}

/**
 * Watches a training run. All parts are optional; promises are awaited; an error ends the run.
 *
 * @example
 * const stopEarly: Callback = {
 *   name: 'stopEarly',
 *   onEpochEnd: (epoch, logs, control) => { if (logs.valLoss < 0.1) control.stop() },
 * }
 */
export interface Callback {
  /** Named in errors. */
  readonly name?: string
  onTrainBegin?(info: FitInfo): void | Promise<void>
  onEpochBegin?(epoch: number): void | Promise<void>
  onBatchEnd?(batch: number, logs: Logs, control: FitControl): void | Promise<void>
  onEpochEnd?(epoch: number, logs: Logs, control: FitControl): void | Promise<void>
  onTrainEnd?(logs: Logs): void | Promise<void>
}
