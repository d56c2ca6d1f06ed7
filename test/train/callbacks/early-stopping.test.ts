import { describe, expect, it } from 'vitest'
import {
  type Callback,
  dense,
  earlyStopping,
  type EarlyStoppingOptions,
  ones,
  sequential,
  type TrainEnd,
  History,
  SGD,
  tensor,
} from '../../../src/index.ts'
import { line, quiet, regression } from '../problems.ts'

const model = sequential(dense({ units: 1, inputSize: 1 }))
const setKernel = (value: number): void =>
  model.loadStateDict(
    new Map([
      ['dense.kernel', tensor([[value]])],
      ['dense.bias', tensor([0])],
    ]),
  )

/** Plays epochs with these figures, epoch n with the kernel n: when it stopped, and the kernel in the end. */
async function play(
  options: EarlyStoppingOptions,
  values: readonly number[],
  reason: TrainEnd['reason'] = 'completed',
): Promise<{ stopped: number | null; kernel: number }> {
  const callback: Callback = earlyStopping({ monitor: 'loss', ...options })
  let stopped: number | null = null
  let epoch = 0
  const stop = (): void => {
    stopped ??= epoch
  }
  const control = { optimizer: new SGD([]), model, stop }
  const info = { model, epochs: 9, batches: 1, examples: 1, initialEpoch: 0, initialBatch: 0 }
  callback.onTrainBegin?.(info, control)
  for (; epoch < values.length && stopped === null; epoch++) {
    setKernel(epoch)
    await callback.onEpochEnd?.(epoch, { loss: values[epoch], accuracy: values[epoch] }, control)
  }
  callback.onTrainEnd?.({}, { reason, history: new History() })
  return { stopped, kernel: model.stateDict().get('dense.kernel')?.item() ?? Number.NaN }
}

describe('earlyStopping', () => {
  it.each<[string, EarlyStoppingOptions, number[], number | null]>([
    ['at the first epoch that is no better', {}, [3, 2, 2], 2],
    ['never in the first epoch', {}, [Number.NaN], null],
    ['after patience epochs that are no better', { patience: 2 }, [3, 2, 4, 3, 1], 3],
    ['not while it improves now and then', { patience: 2 }, [3, 2, 4, 1, 4, 0], null],
    ['when what is better is not better enough', { minDelta: 1 }, [3, 2.5, 1], 1],
    ['when a figure that should rise falls', { monitor: 'accuracy' }, [0.5, 0.6, 0.4], 2],
    ['as mode says', { monitor: 'accuracy', mode: 'min' }, [0.5, 0.6, 0.4], 1],
    ['when the baseline is not reached in time', { baseline: 1, patience: 2 }, [3, 2, 1.5], 1],
    ['not after the baseline is passed', { baseline: 1, patience: 2 }, [3, 0.5, 0.4, 0.3], null],
    ['not before startFromEpoch', { startFromEpoch: 3 }, [1, 2, 3, 4, 5], 4],
    ['when the figure is NaN', { patience: 1 }, [1, Number.NaN], 1],
  ])('stops %s', async (_, options, values, stopped) => {
    expect((await play(options, values)).stopped).toBe(stopped)
  })

  it('gives the best weights back on request, and else leaves the last ones', async () => {
    const values = [3, 1, 2, 4]
    expect((await play({ patience: 5, restoreBestWeights: true }, values)).kernel).toBe(1)
    expect((await play({ patience: 5 }, values)).kernel).toBe(3)
    expect((await play({ patience: 5, restoreBestWeights: true }, values, 'failed')).kernel).toBe(3)
  })

  it('counts the first epoch as the best of a run that never improves', async () => {
    expect((await play({ patience: 1, restoreBestWeights: true }, [Number.NaN, Number.NaN])).kernel).toBe(0)
  })

  it('names the figures there are', async () => {
    const { x, y } = line(8)
    await expect(regression().fit(x, y, quiet({ callbacks: [earlyStopping()] }))).rejects.toThrow(
      /"earlyStopping": earlyStopping finds no 'valLoss' among loss/,
    )
  })

  it('refuses options out of range', () => {
    expect(() => earlyStopping({ patience: -1 })).toThrow(/patience/)
    expect(() => earlyStopping({ mode: 'up' as 'min' })).toThrow(/'min' and 'max'/)
    expect(() => earlyStopping({ patients: 1 } as EarlyStoppingOptions)).toThrow(/did you mean 'patience'/)
  })

  it('begins anew with each fit', async () => {
    const callback = earlyStopping({ monitor: 'loss', patience: 1, restoreBestWeights: true })
    const fitted = regression()
    const { x, y } = line(16)
    await fitted.fit(x, y, quiet({ epochs: 4, callbacks: [callback] }))
    fitted.loadStateDict(
      new Map([...fitted.stateDict()].map(([name, value]) => [name, ones(value.shape).mul(50)])),
    )
    const { epochs } = await fitted.fit(x, y, quiet({ epochs: 4, callbacks: [callback] }))
    expect(epochs.length).toBe(4)
  })
})
