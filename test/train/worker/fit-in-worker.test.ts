import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import {
  adam,
  batchNormalization,
  type Callback,
  cosineSchedule,
  type DataInput,
  defaultGenerator,
  dense,
  DeviceError,
  dropout,
  type FitOptions,
  input,
  lstm,
  manualSeed,
  memoryStore,
  type Model,
  model as graph,
  type ModelResult,
  NonFiniteError,
  reduceLrOnPlateau,
  type Sequential,
  sequential,
  ShapeError,
  sgd,
  type StateDict,
  UnsupportedError,
  useThreads,
  ValueError,
} from '../../../src/index.ts'
import { absoluteLoss, meanPrediction, Scale } from './parts.ts'

const COUNT = 60
const x = Array.from({ length: COUNT }, (_, i) => [Math.sin(i), Math.cos(2 * i), i % 3])
const y = Array.from({ length: COUNT }, (_, i) => [Number(Math.sin(i) > 0)])
const partsModule = new URL('./parts.ts', import.meta.url)

const net = (): Sequential => {
  manualSeed(3)
  const model = sequential(
    dense({ units: 8, activation: 'relu' }),
    batchNormalization(),
    dropout({ rate: 0.2 }),
    dense({ units: 1, activation: 'sigmoid' }),
  )
  model.compile({
    optimizer: adam({ learningRate: 0.01 }),
    loss: 'binaryCrossentropy',
    metrics: ['accuracy', 'auc'],
  })
  return model
}

/** Everything that a fit leaves behind, as bits. */
const bitsOf = (model: Model<ModelResult>): Record<string, unknown> => {
  const optimizer = model.requireCompiled('test').optimizer().stateDict()
  return {
    state: [...model.stateDict()].map(([name, tensor]) => [name, [...tensor.data()]]),
    numbers: [...optimizer.numbers],
    slots: [...optimizer.tensors].map(([name, tensor]) => [name, [...tensor.data()]]),
    generator: defaultGenerator().state(),
    training: model.training,
  }
}

/** The same training in this thread and in a worker. */
async function inBoth<M extends Model<ModelResult>>(
  make: () => M,
  train: (model: M, where: Pick<FitOptions, 'worker' | 'workerModule'>) => Promise<unknown>,
  where: Pick<FitOptions, 'worker' | 'workerModule'> = { worker: true },
): Promise<readonly [here: unknown, there: unknown]> {
  const results: unknown[] = []
  for (const place of [{}, where]) {
    const model = make()
    const outcome = await train(model, place)
    results.push({ outcome, bits: bitsOf(model) })
  }
  return [results[0], results[1]]
}

const quiet = { verbose: false } as const

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
})

describe('what a fit in a worker throws', () => {
  it('is what training throws there, with class and fields', async () => {
    const model = net()
    const run = model.fit([[Number.NaN, 0, 0]], [[1]], { ...quiet, worker: true })
    const error = await run.catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(NonFiniteError)
    expect(error).toMatchObject({ name: 'NonFiniteError', operation: expect.stringMatching(/^fit of/) })
    const wrong = sequential(dense({ units: 1, inputSize: 2 }))
    wrong.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    const shapes = await wrong.fit(x, y, { ...quiet, worker: true }).catch((caught: unknown) => caught)
    expect(shapes).toBeInstanceOf(ShapeError)
    const here = await wrong.fit(x, y, quiet).catch((caught: unknown) => caught)
    expect((shapes as ShapeError).message).toBe((here as ShapeError).message)
    expect((shapes as ShapeError).shapes).toEqual((here as ShapeError).shapes)
    expect((shapes as ShapeError).layers).toEqual((here as ShapeError).layers)
  })

  it('is the reason of the signal, and the model has what was learnt', async () => {
    const model = net()
    const ending = new AbortController()
    const reason = new Error('enough')
    const stop: Callback = { onEpochEnd: epoch => (epoch === 2 ? ending.abort(reason) : undefined) }
    const run = model.fit(x, y, {
      epochs: 1000,
      callbacks: [stop],
      signal: ending.signal,
      ...quiet,
      worker: true,
    })
    await expect(run).rejects.toBe(reason)
    expect(model.requireCompiled('test').optimizer().stepCount).toBeGreaterThanOrEqual(6)
    expect(model.training).toBe(false)
  })

  it('names the part that cannot travel', async () => {
    const refused = async (
      change: (model: Sequential) => Partial<FitOptions> | undefined,
    ): Promise<unknown> => {
      const model = net()
      const more = change(model) ?? {}
      return model.fit(x, y, { ...quiet, worker: true, ...more }).catch((caught: unknown) => caught)
    }
    const compiled = (model: Sequential, options: object): void =>
      model.compile({ optimizer: 'adam', loss: 'meanSquaredError', ...options })
    const cases: [RegExp, (model: Sequential) => Partial<FitOptions> | undefined][] = [
      [/loss "absoluteLoss"/, model => void compiled(model, { loss: absoluteLoss })],
      [/metric "meanPrediction"/, model => void compiled(model, { metrics: [meanPrediction] })],
      [/layer "scale" \(Scale\)/, model => void model.add(new Scale())],
      [
        /schedule of the learning rate|optimizer "adam"/,
        model => void compiled(model, { optimizer: adam({ learningRate: { at: () => 0.1 } }) }),
      ],
    ]
    for (const [pattern, change] of cases) {
      const error = await refused(change)
      expect(error).toBeInstanceOf(UnsupportedError)
      expect((error as Error).message).toMatch(pattern)
    }
    const batches = [{ x, y }]
    const inBatches = await net()
      .fit(batches, { ...quiet, worker: true })
      .catch((caught: unknown) => caught)
    expect(inBatches).toBeInstanceOf(UnsupportedError)
    expect((inBatches as Error).message).toMatch(/data into a worker: they come in batches/)
  })

  it('is a DeviceError when the worker does not start, or dies', async () => {
    const model = net()
    model.build([3])
    const before = bitsOf(model).state
    const programs = ['throw new Error("cannot start")', 'process.exit(3)']
    for (const program of programs) {
      const worker = () => new Worker(program, { eval: true })
      const error = await model.fit(x, y, { ...quiet, worker }).catch((caught: unknown) => caught)
      expect(error).toBeInstanceOf(DeviceError)
      expect((error as DeviceError).message).toMatch(/lost its worker: (cannot start|it ended)/)
    }
    expect(bitsOf(model).state).toEqual(before)
  })

  it('is the reason of the signal while the worker starts, too', async () => {
    const ending = new AbortController()
    const silent = () => new Worker('setInterval(() => {}, 1000)', { eval: true })
    const run = net().fit(x, y, { ...quiet, worker: silent, signal: ending.signal })
    const reason = new Error('no patience')
    ending.abort(reason)
    await expect(run).rejects.toBe(reason)
  })

  it('says what the module lacks', async () => {
    const model = net()
    const missing = (prediction: Parameters<typeof absoluteLoss>[0]) => prediction.mean()
    model.compile({ optimizer: 'sgd', loss: missing })
    const run = model.fit(x, y, { ...quiet, worker: true, workerModule: partsModule })
    await expect(run).rejects.toThrow(ValueError)
    await expect(model.fit(x, y, { ...quiet, worker: true, workerModule: partsModule })).rejects.toThrow(
      /finds no loss "missing".*exports .*Scale/s,
    )
  })
})

describe('a module of the user’s own parts', () => {
  const make = (): Sequential => {
    manualSeed(6)
    const model = sequential(dense({ units: 4 }), new Scale(), dense({ units: 1 }))
    model.compile({ optimizer: adam(), loss: absoluteLoss, metrics: [meanPrediction] })
    return model
  }

  it('brings custom layers, losses, metrics and callbacks along', async () => {
    const halt: Callback = { onEpochEnd: (epoch, _, control) => (epoch === 1 ? control.stop() : undefined) }
    const [here, there] = await inBoth(
      make,
      (model, where) =>
        model.fit(x, y, { epochs: 5, ...quiet, ...where, callbacks: where.worker ? [] : [halt] }),
      { worker: true, workerModule: partsModule },
    )
    expect(there).toEqual(here)
  })

  it('can be part of a worker program of the user’s own', async () => {
    const program = JSON.stringify(new URL('./own-worker.ts', import.meta.url).href)
    const source = `import('tsx/esm/api').then(({ register }) => { register(); return import(${program}) })`
    const [here, there] = await inBoth(
      make,
      (model, where) => model.fit(x, y, { epochs: 2, ...quiet, ...where }),
      { worker: () => new Worker(source, { eval: true, execArgv: [] }) },
    )
    expect(there).toEqual(here)
  })
})

describe('checkpoints of a fit in a worker', () => {
  it('let it go on, here or there, to the bits of a run that never ended', async () => {
    const whole = net()
    await whole.fit(x, y, { epochs: 4, validationSplit: 0.2, ...quiet })
    const expected = bitsOf(whole)
    const store = memoryStore()
    const first = net()
    await first.fit(x, y, { epochs: 2, validationSplit: 0.2, ...quiet, checkpoint: { store }, worker: true })
    const resumed = net()
    manualSeed(99)
    await resumed.fit(x, y, {
      epochs: 4,
      validationSplit: 0.2,
      ...quiet,
      checkpoint: { store },
      resume: true,
      worker: true,
    })
    expect(bitsOf(resumed)).toEqual(expected)
  })

  it('are also written amid an epoch', async () => {
    const store = memoryStore()
    const stopped = net()
    const fail: Callback = {
      onBatchEnd: (batch, _, control) => {
        if (batch === 2 && control.optimizer.stepCount > 4) throw new Error('power cut')
      },
    }
    const options = { epochs: 3, batchSize: 15, ...quiet, worker: true } as const
    await expect(
      stopped.fit(x, y, { ...options, checkpoint: { store, everySteps: 1 }, callbacks: [fail] }),
    ).rejects.toThrow('power cut')
    const resumed = net()
    await resumed.fit(x, y, { ...options, checkpoint: { store, everySteps: 1 }, resume: true })
    const whole = net()
    await whole.fit(x, y, { ...options, worker: false })
    expect(bitsOf(resumed)).toEqual(bitsOf(whole))
  })
})
