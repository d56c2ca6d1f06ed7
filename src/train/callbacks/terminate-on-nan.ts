import type { Callback } from '../callback.ts'

/**
 * Ends training quietly when the loss of a batch is NaN or infinite; without it `fit` throws a NonFiniteError. The
 * weights are those before that batch.
 *
 * @example await model.fit(x, y, { epochs: 10, callbacks: [terminateOnNaN()] })
 */
export const terminateOnNaN = (): Callback => ({
  name: 'terminateOnNaN',
  onNonFiniteLoss: (batch, _, control) => {
    console.warn(`The loss of batch ${batch + 1} is not finite: training ends.`)
    control.stop()
  },
})
