import { describe, expect, it } from 'vitest'
import {
  adam,
  type Callback,
  cosineSchedule,
  defaultGenerator,
  reduceLrOnPlateau,
  type StateDict,
  earlyStopping,
  progress,
} from '../../../src/index.ts'
import { x, y, net, bitsOf, inBoth, quiet } from './runs.ts'

describe('callbacks of a fit in a worker', () => {
  it('are called here, in order, with the model, the rate and the generator as they are there', async () => {
    const watch = (seen: unknown[]): Callback => ({
      name: 'watch',
      onTrainBegin: ({ epochs, batches, examples }) => void seen.push(['begin', epochs, batches, examples]),
      onEpochBegin: epoch => void seen.push(['epoch', epoch]),
      onBatchEnd: (batch, logs, { optimizer }) =>
        void seen.push([batch, logs.loss, optimizer.learningRate, optimizer.stepCount]),
      onTestBatchEnd: (batch, logs) => void seen.push(['test', batch, logs.loss]),
      onEpochEnd: async (epoch, logs, { model }) => {
        await Promise.resolve()
        seen.push(['end', epoch, logs, [...model.stateDict()].map(([, tensor]) => tensor.data().join())])
        seen.push(defaultGenerator().next())
      },
      onTrainEnd: (logs, { reason }) => void seen.push([reason, logs]),
    })
    const [here, there] = await inBoth(net, async (model, where) => {
      const seen: unknown[] = []
      model.compile({
        optimizer: adam({ learningRate: cosineSchedule({ learningRate: 0.02, steps: 20 }) }),
        loss: 'binaryCrossentropy',
      })
      await model.fit(x, y, {
        epochs: 2,
        validationSplit: 0.2,
        callbacks: [watch(seen)],
        ...quiet,
        ...where,
      })
      return seen
    })
    expect(there).toEqual(here)
  })

  it('can change the rate, overwrite parameters and stop the run, to the bits of this thread', async () => {
    const meddle: Callback = {
      onBatchEnd: (batch, _, control) => {
        control.optimizer.learningRate = 0.01 / (batch + 1)
      },
      onEpochEnd: (epoch, _, control) => {
        if (epoch === 0) control.model.loadStateDict(initial)
        if (epoch === 2) control.stop()
      },
    }
    let initial: StateDict = new Map()
    const [here, there] = await inBoth(
      () => {
        const model = net()
        model.build([3])
        initial = model.stateDict()
        return model
      },
      (model, where) =>
        model.fit(x, y, {
          epochs: 9,
          validationSplit: 0.1,
          callbacks: [meddle, reduceLrOnPlateau({ monitor: 'loss', patience: 0 })],
          ...quiet,
          ...where,
        }),
    )
    expect(there).toEqual(here)
  })

  it('stop it when they are observers, without being waited for', async () => {
    const batches: number[] = []
    const stop: Callback = {
      isObserver: true,
      onBatchEnd: (batch, _, control) => {
        batches.push(batch)
        control.stop()
      },
    }
    const { epochs } = await net().fit(x, y, {
      epochs: 100_000,
      callbacks: [stop],
      ...quiet,
      worker: true,
    })
    expect(epochs.length).toBeLessThan(100_000)
    expect(batches.length).toBeGreaterThan(0)
  })

  it('end the run with their error, and the model has what was learnt', async () => {
    const model = net()
    model.build([3])
    const before = JSON.stringify(bitsOf(model).state)
    const broken: Callback = {
      name: 'broken',
      onEpochEnd: epoch => {
        if (epoch === 1) throw new RangeError('enough')
      },
    }
    const run = model.fit(x, y, { epochs: 5, callbacks: [broken], ...quiet, worker: true })
    await expect(run).rejects.toThrow(new RangeError('callback "broken": enough'))
    expect(JSON.stringify(bitsOf(model).state)).not.toBe(before)
    await model.fit(x, y, { ...quiet, worker: true })
  })

  it('draw the progress here', async () => {
    const lines: string[] = []
    const output = { isTerminal: false, write: (text: string) => void lines.push(text) }
    await net().fit(x, y, { epochs: 2, ...quiet, callbacks: [progress(output)], worker: true })
    expect(lines.map(line => line.slice(0, 9))).toEqual(['Epoch 1/2', 'Epoch 2/2'])
  })

  it('may put the best parameters back at the end', async () => {
    const [here, there] = await inBoth(net, (model, where) =>
      model.fit(x, y, {
        epochs: 6,
        validationSplit: 0.2,
        callbacks: [earlyStopping({ monitor: 'valAccuracy', patience: 1, restoreBestWeights: true })],
        ...quiet,
        ...where,
      }),
    )
    expect(there).toEqual(here)
  })
})
