import { ValueError } from '../../errors.ts'
import type { Callback } from '../callback.ts'

/**
 * Sets the learning rate before each epoch, by a function of the epoch (from 0) and the present rate. For a rate that
 * changes with every step, give the optimizer a schedule instead.
 *
 * @throws ValueError for anything but a function; during `fit` for a rate that is not finite and ≥ 0
 * @example learningRateScheduler((epoch, rate) => (epoch < 10 ? rate : rate * 0.9))
 */
export function learningRateScheduler(rateFor: (epoch: number, rate: number) => number): Callback {
  const name = 'learningRateScheduler'
  if (typeof rateFor !== 'function') {
    throw new ValueError({
      operation: name,
      problem: `takes a function (epoch, rate) => rate, got ${rateFor === null ? 'null' : typeof rateFor}.`,
      received: rateFor,
    })
  }
  return {
    name,
    onEpochBegin: (epoch, { optimizer }) => {
      optimizer.learningRate = rateFor(epoch, optimizer.learningRate)
    },
  }
}
