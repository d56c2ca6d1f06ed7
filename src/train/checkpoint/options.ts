import { ValueError } from '../../errors.ts'
import type { ByteStore } from '../../io/byte-store.ts'
import { refuseUnknown } from '../../nn/options.ts'
import { checkCount } from '../../optim/schedules/schedule.ts'

/** Where and when `fit` saves checkpoints. */
export interface CheckpointOptions {
  /** A directory of their own; it need not exist. */
  readonly dir?: string | URL
  /** Another place, such as a database of the browser. */
  readonly store?: ByteStore
  /** Every so many optimizer steps, besides those at the end of each epoch. Default: none between epochs. */
  readonly everySteps?: number
  /** So many of the newest are kept. Default 3, so that a damaged one can be done without. */
  readonly keep?: number
}

/** @throws ValueError for options that are unknown or out of range */
export function checkCheckpointOptions(options: CheckpointOptions): void {
  refuseUnknown('checkpoint', options, ['dir', 'store', 'everySteps', 'keep'])
  const { dir, store, everySteps, keep } = options
  if ((dir === undefined) === (store === undefined)) {
    throw new ValueError({
      operation: 'checkpoint',
      problem: `needs dir or store, got ${dir === undefined ? 'neither' : 'both'}.`,
      hint: "for example checkpoint: { dir: 'checkpoints' }.",
      argument: 'checkpoint',
    })
  }
  if (everySteps !== undefined) checkCount('checkpoint', 'everySteps', everySteps)
  if (keep !== undefined) checkCount('checkpoint', 'keep', keep)
}
