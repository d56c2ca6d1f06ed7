import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import {
  adam,
  type Callback,
  dense,
  DeviceError,
  type FitOptions,
  NonFiniteError,
  type Sequential,
  sequential,
  ShapeError,
  UnsupportedError,
  ValueError,
} from '../../../src/index.ts'
import { absoluteLoss, meanPrediction, Scale } from './parts.ts'
import { x, y, net, bitsOf, quiet, partsModule } from './runs.ts'

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
