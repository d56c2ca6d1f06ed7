import { describe, expect, it } from 'vitest'
import {
  adam,
  cosineSchedule,
  type DataInput,
  dense,
  input,
  lstm,
  manualSeed,
  type Model,
  model as graph,
  type ModelResult,
  type Sequential,
  sequential,
  sgd,
  useThreads,
} from '../../../src/index.ts'
import { COUNT, x, y, net, inBoth, quiet } from './runs.ts'

describe('fit in a worker', () => {
  it('gives the bits of fit in this thread, for a model that has not met its data yet', async () => {
    const [here, there] = await inBoth(net, (model, where) =>
      model.fit(x, y, { epochs: 3, batchSize: 16, validationSplit: 0.2, ...quiet, ...where }),
    )
    expect(there).toEqual(here)
  })

  it('goes on where an earlier fit ended, here or there', async () => {
    const [here, there] = await inBoth(net, async (model, where) => {
      await model.fit(x, y, { epochs: 1, ...quiet, ...where })
      await model.fit(x, y, { epochs: 1, ...quiet })
      return model.fit(x, y, { epochs: 1, accumulate: 2, ...quiet, ...where })
    })
    expect(there).toEqual(here)
  })

  it('takes schedules, weights, options of losses and validation data along', async () => {
    const make = (): Sequential => {
      const model = net()
      model.compile({
        optimizer: adam({
          learningRate: cosineSchedule({ learningRate: 0.02, steps: 20 }),
          globalClipNorm: 1,
        }),
        loss: 'binaryCrossentropy',
      })
      return model
    }
    const [here, there] = await inBoth(make, (model, where) =>
      model.fit(x, y, {
        epochs: 2,
        sampleWeight: x.map((_, i) => 1 + (i % 2)),
        classWeight: { 1: 3 },
        validationData: [x.slice(0, 10), y.slice(0, 10)],
        shuffle: false,
        ...quiet,
        ...where,
      }),
    )
    expect(there).toEqual(here)
  })

  it('takes stateful layers, frozen layers and what they remember', async () => {
    let memory = lstm({ units: 4, inputSize: 2, stateful: true })
    const make = (): Sequential => {
      manualSeed(1)
      memory = lstm({ units: 4, inputSize: 2, stateful: true })
      const model = sequential(
        memory,
        dense({ units: 3, inputSize: 4, name: 'frozen' }),
        dense({ units: 1, inputSize: 3 }),
      )
      model.layers[1].trainable = false
      model.compile({ optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), loss: 'meanSquaredError' })
      return model
    }
    const steps = Array.from({ length: 8 }, (_, i) => [
      [i, 1],
      [i / 2, 0],
    ])
    const [here, there] = await inBoth(make, async (model, where) => {
      const options = { batchSize: 4, shuffle: false, ...quiet, ...where }
      await model.fit(steps, y.slice(0, 8), options)
      await model.fit(steps, y.slice(0, 8), options)
      return [...(memory.state?.h.data() ?? [])]
    })
    expect(there).toEqual(here)
  })

  it('computes on the device and with the threads of this thread', async () => {
    const [here, there] = await inBoth(net, (model, where) =>
      model.fit(x, y, { device: 'reference', ...quiet, ...where }),
    )
    expect(there).toEqual(here)
    await useThreads({ threads: 2 })
    try {
      const big = Array.from({ length: 64 }, (_, i) => Array.from({ length: 256 }, (_, j) => Math.sin(i * j)))
      const labels = big.map((_, i) => [i % 2])
      const [alone, outside] = await inBoth(net, (model, where) =>
        model.fit(big, labels, { ...quiet, ...where }),
      )
      expect(outside).toEqual(alone)
    } finally {
      await useThreads({ threads: 1 })
    }
  })

  it('trains graphs of layers with several inputs and outputs', async () => {
    const make = (): Model<ModelResult> => {
      manualSeed(4)
      const left = input({ shape: [3] })
      const right = input({ shape: [1] })
      const hidden = dense({ units: 4, activation: 'tanh', name: 'hidden' }).apply(left)
      const first = dense({ units: 1, name: 'first' }).apply(hidden)
      const second = dense({ units: 1, name: 'second' }).apply(right)
      const made = graph({ inputs: [left, right], outputs: [first, second] })
      made.compile({
        optimizer: 'adam',
        loss: ['meanSquaredError', 'huber'],
        lossWeights: [1, 0.5],
        metrics: { second: ['meanAbsoluteError'] },
      })
      return made
    }
    const [here, there] = await inBoth(make, (model, where) =>
      model.fit([x, y], [y, y], { epochs: 2, ...quiet, ...where }),
    )
    expect(there).toEqual(here)
  })

  it('never detaches the arrays that it is given', async () => {
    const data = Float32Array.from(x.flat())
    const given: DataInput = { data, shape: [COUNT, 3] }
    await net().fit(given, y, { ...quiet, worker: true })
    expect(data).toHaveLength(3 * COUNT)
    expect(data[1]).toBe(1)
  })
})
