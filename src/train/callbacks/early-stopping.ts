import type { StateTree } from '../../io/state-tree.ts'
import { StateReader } from '../../io/state-reader.ts'
import type { StateDict } from '../../nn/module.ts'
import { refuseUnknown } from '../../nn/options.ts'
import { checkHyperparameter } from '../../optim/hyperparameters.ts'
import type { Callback } from '../callback.ts'
import type { Model, ModelResult } from '../model.ts'
import { checkMode, type MonitorMode, modeOf, monitored } from '../monitor.ts'

export interface EarlyStoppingOptions {
  /** The figure to watch, as logs call it. Default `'valLoss'`. */
  readonly monitor?: string
  /** Which way it is better. Default: by its name; losses and errors are better when small. */
  readonly mode?: MonitorMode
  /** How much better counts as better. Default 0. */
  readonly minDelta?: number
  /** After so many epochs without an improvement training ends. Default 0. */
  readonly patience?: number
  /** What the figure must at least reach for its improvements to count. */
  readonly baseline?: number
  /** Epochs before it count for nothing. Default 0. */
  readonly startFromEpoch?: number
  /** Gives the model the weights of its best epoch at the end. Default false: those of the last one stay. */
  readonly restoreBestWeights?: boolean
}

/**
 * Ends training when a figure has stopped improving, by Keras' rules. Each `fit` starts anew, unless it resumes.
 *
 * @throws ValueError for options out of range; during `fit` for a figure that is not there
 * @example await model.fit(x, y, { epochs: 100, validationSplit: 0.1, callbacks: [earlyStopping({ patience: 3, restoreBestWeights: true })] })
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const name = 'earlyStopping'
  refuseUnknown(name, options, [
    'monitor',
    'mode',
    'minDelta',
    'patience',
    'baseline',
    'startFromEpoch',
    'restoreBestWeights',
  ])
  const { monitor = 'valLoss', minDelta = 0, patience = 0, baseline, startFromEpoch = 0 } = options
  const { restoreBestWeights = false } = options
  checkHyperparameter(name, 'minDelta', minDelta, { from: 0 })
  checkHyperparameter(name, 'patience', patience, { from: 0 })
  checkHyperparameter(name, 'startFromEpoch', startFromEpoch, { from: 0 })
  const sign = checkMode(name, options.mode ?? modeOf(monitor)) === 'min' ? -1 : 1
  const isBetter = (value: number, than: number | null): boolean =>
    !Number.isNaN(value) && (than === null || sign * value - minDelta > sign * than)

  let model: Model<ModelResult> | null = null
  let wait = 0
  let best: number | null = null
  let weights: StateDict | null = null
  return {
    name,
    onTrainBegin: info => {
      model = info.model
      wait = 0
      best = null
      weights = null
    },
    onEpochEnd: (epoch, logs, control) => {
      const value = monitored(name, monitor, logs)
      if (epoch < startFromEpoch) return
      wait++
      const improved = isBetter(value, best)
      // Of a run that never improves, the weights after its first epoch are the best there are.
      if (restoreBestWeights && (improved || weights === null)) weights = control.model.stateDict()
      if (improved) {
        best = value
        if (baseline === undefined || isBetter(value, baseline)) wait = 0
      }
      if (wait >= patience && wait > 0 && epoch > 0) control.stop()
    },
    onTrainEnd: (_, { reason }) => {
      if (weights !== null && (reason === 'completed' || reason === 'stopped')) model?.loadStateDict(weights)
      model = null
      weights = null
    },
    stateDict: (): StateTree => ({ wait, best, weights }),
    loadStateDict: state => {
      const saved = new StateReader(state, name)
      wait = saved.count('wait')
      best = saved.get('best') === null ? null : saved.number('best')
      weights = saved.get('weights') === null ? null : saved.tensors('weights')
    },
  }
}
