import { ValueError } from '../errors.ts'
import { checkHyperparameter } from '../optim/hyperparameters.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import type { Callback } from './callback.ts'
import { monitored } from './monitor.ts'
import { Plateau, type PlateauOptions } from './plateau.ts'

export interface ReduceLrOptions extends PlateauOptions {
  /** The figure to watch, as logs call it. Default `'valLoss'`. */
  readonly monitor?: string
  /** The rate is multiplied by it. Default 0.1. */
  readonly factor?: number
  /** The rate does not fall below. Default 0. */
  readonly minimum?: number
}

/** The rates of an optimizer: its own, and those of groups that have one. */
function ratesOf(optimizer: Optimizer): { learningRate: number }[] {
  const rated = [optimizer, ...optimizer.groups.filter(group => group.hasOwnRate)]
  if (rated.some(({ schedule }) => schedule !== null)) {
    throw new ValueError({
      operation: 'reduceLrOnPlateau',
      problem: 'cannot reduce a learning rate that follows a schedule.',
      hint: 'give the optimizer a number as learningRate, or leave the callback out.',
      argument: 'callbacks',
    })
  }
  return rated
}

/**
 * Multiplies the learning rate by a factor whenever a figure has stopped improving for some epochs, by PyTorch's rules:
 * `patience` bad epochs are borne, the next one reduces (Keras reduces one epoch earlier).
 *
 * Each `fit` starts anew, unless it resumes. The rate stays reduced after it.
 *
 * @throws ValueError for options out of range; during `fit` for a figure that is not there, or a rate by schedule
 * @example await model.fit(x, y, { epochs: 50, validationSplit: 0.1, callbacks: [reduceLrOnPlateau({ patience: 3 })] })
 */
export function reduceLrOnPlateau(options: ReduceLrOptions = {}): Callback {
  const name = 'reduceLrOnPlateau'
  const { monitor = 'valLoss', factor = 0.1, minimum = 0, ...rules } = options
  checkHyperparameter(name, 'factor', factor, { from: 0, below: 1 })
  checkHyperparameter(name, 'minimum', minimum, { from: 0 })
  let plateau = new Plateau(rules, name)
  return {
    name,
    onTrainBegin: () => {
      plateau = new Plateau(rules, name)
    },
    onEpochEnd: (_, logs, { optimizer }) => {
      const value = monitored(name, monitor, logs)
      const rates = ratesOf(optimizer)
      if (!plateau.see(value)) return
      for (const rated of rates) rated.learningRate = Math.max(rated.learningRate * factor, minimum)
    },
    stateDict: () => plateau.stateDict(),
    loadStateDict: state => plateau.loadStateDict(state),
  }
}
