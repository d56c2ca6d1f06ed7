import { Part } from '../../part.ts'
import type { FitEvent } from '../events.ts'
import type { FitRun } from '../run.ts'
import type { RunState } from '../run-state.ts'

/** A worker of the browser or of Node.js, by what the library needs of it. */
export interface TrainingWorker {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void
  terminate(): unknown
}

/** Options of `fit` that move the training to a worker. */
export interface WorkerOptions {
  /**
   * Trains in a worker, so that this thread stays free; the result is the same, bit for bit. A function starts a worker
   * of your own, whose program calls `serveTraining`. Default false.
   */
  readonly worker?: boolean | (() => TrainingWorker)
  /** A module that exports the custom layers, losses, metrics and optimizers, and `callbacks` to run in the worker. */
  readonly workerModule?: URL
}

/** Trains like `fitStream`, in a worker: model, optimizer, generator and state follow what happens there. */
export type WorkerFit = (run: FitRun, state: RunState) => AsyncGenerator<FitEvent, void>

/**
 * How `fit` trains in a worker. That needs the descriptions of models, which lie above training: so it is handed in from
 * there, as the method `save` is.
 */
export const workerFit = new Part<WorkerFit>('fit with worker: true')
