import type { Callback, Model, StateDict } from '../../src/index.ts'

/** What `keepBest` found, filled in while the model trains. */
export interface Best {
  /** Counted from 0; −1 before the first epoch has ended. */
  epoch: number
  accuracy: number
  loss: number
}

/**
 * Stops when validation has not become better for `patience` epochs, and gives the model the weights of its best
 * epoch back. Better is a higher accuracy, or the same with a lower loss.
 *
 * @example
 * const { callback, best } = keepBest(model, { patience: 2 })
 * await model.fit(x, y, { epochs: 20, validationData, callbacks: [callback] })
 */
export function keepBest(
  model: Model,
  { patience }: { readonly patience: number },
): { readonly callback: Callback; readonly best: Best } {
  const best: Best = { epoch: -1, accuracy: Number.NEGATIVE_INFINITY, loss: Number.POSITIVE_INFINITY }
  let weights: StateDict | null = null
  const callback: Callback = {
    name: 'keepBest',
    onEpochEnd: (epoch, { valAccuracy, valLoss }, control) => {
      if (valAccuracy > best.accuracy || (valAccuracy === best.accuracy && valLoss < best.loss)) {
        Object.assign(best, { epoch, accuracy: valAccuracy, loss: valLoss })
        weights = model.stateDict()
      } else if (epoch - best.epoch >= patience) control.stop()
    },
    onTrainEnd: () => {
      if (weights !== null) model.loadStateDict(weights)
    },
  }
  return { callback, best }
}
