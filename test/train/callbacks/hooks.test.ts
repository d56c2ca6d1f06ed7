import { describe, expect, it, vi } from 'vitest'
import {
  type Callback,
  dense,
  History,
  lambdaCallback,
  learningRateScheduler,
  manualSeed,
  NonFiniteError,
  sequential,
  sgd,
  terminateOnNaN,
  type TrainEnd,
  ValueError,
} from '../../../src/index.ts'
import { rejection } from '../../setup/errors.ts'
import { line, numbersOf, quiet, regression } from '../problems.ts'

/** Writes every hook down that is called. */
function everyHook(events: string[]): Callback {
  const note = (text: string): void => void events.push(text)
  return {
    name: 'every',
    onTrainBegin: ({ model, initialEpoch }) => note(`train begins ${model.name} ${initialEpoch}`),
    onTrainEnd: (_, { reason }) => note(`train ends ${reason}`),
    onEpochBegin: epoch => note(`epoch ${epoch}`),
    onEpochEnd: epoch => note(`epoch ${epoch} ends`),
    onBatchBegin: batch => note(`batch ${batch}`),
    onBatchEnd: batch => note(`batch ${batch} ends`),
    onTestBegin: () => note('test'),
    onTestEnd: logs => note(`test ends ${Object.keys(logs)}`),
    onTestBatchBegin: batch => note(`test batch ${batch}`),
    onTestBatchEnd: (batch, logs) => note(`test batch ${batch} ends ${Object.keys(logs)}`),
  }
}

describe('callbacks', () => {
  it('are told of everything in the order of Keras', async () => {
    const events: string[] = []
    const { x, y } = line(4)
    const options = { validationData: [x, y] as const, batchSize: 2, callbacks: [everyHook(events)] }
    await regression().fit(x, y, quiet(options))
    const test = [0, 1].flatMap(i => [`test batch ${i}`, `test batch ${i} ends loss`])
    expect(events).toEqual([
      'train begins sequential 0',
      'epoch 0',
      ...['batch 0', 'batch 0 ends', 'batch 1', 'batch 1 ends'],
      ...['test', ...test, 'test ends loss'],
      'epoch 0 ends',
      'train ends completed',
    ])
  })

  it('of evaluate are told of its batches', async () => {
    const events: string[] = []
    const { x, y } = line(3)
    await regression().evaluate(x, y, { batchSize: 2, callbacks: [everyHook(events)] })
    expect(events.map(event => event.split(' ').slice(0, 3).join(' '))).toEqual([
      'test',
      ...['test batch 0', 'test batch 0', 'test batch 1', 'test batch 1'],
      'test ends loss',
    ])
  })

  it('run in the order in which they are given, for each event', async () => {
    const calls: string[] = []
    const named = (name: string): Callback => ({
      name,
      onEpochBegin: async () => {
        await Promise.resolve()
        calls.push(name)
      },
      onEpochEnd: () => void calls.push(name),
    })
    const { x, y } = line(4)
    await regression().fit(x, y, quiet({ callbacks: [named('a'), named('b'), named('c')] }))
    expect(calls.join('')).toBe('abcabc')
  })

  it('hear of the end after an abort and after an error, with the reason', async () => {
    const ends: TrainEnd[] = []
    const watch: Callback = { onTrainEnd: (_, end) => void ends.push(end) }
    const { x, y } = line(8)
    const abort = new AbortController()
    const aborting: Callback = { onBatchEnd: () => abort.abort('enough') }
    const failing: Callback = { name: 'bad', onEpochEnd: () => Promise.reject(new Error('no')) }
    const stopping: Callback = { onEpochEnd: (_, __, control) => control.stop() }
    const run = (options: object) => regression().fit(x, y, quiet({ epochs: 2, ...options }))
    expect(await rejection(run({ callbacks: [watch, aborting], signal: abort.signal }))).toBe('enough')
    const error = await rejection(run({ callbacks: [watch, failing] }))
    await run({ callbacks: [watch, stopping] })
    expect(ends.map(({ reason }) => reason)).toEqual(['aborted', 'failed', 'stopped'])
    expect(String(error)).toBe('Error: callback "bad": no')
    expect(ends[1].error).toBe(error)
    expect(ends[2].history.epochs).toEqual([0])
  })

  it('hear of the end only if they heard of the beginning', async () => {
    const told: string[] = []
    const first: Callback = { onTrainEnd: () => void told.push('first') }
    const broken: Callback = {
      name: 'broken',
      onTrainBegin: () => {
        throw new Error('cannot begin')
      },
      onTrainEnd: () => void told.push('broken'),
    }
    const { x, y } = line(4)
    const error = await rejection(regression().fit(x, y, quiet({ callbacks: [first, broken] })))
    expect(String(error)).toContain('callback "broken": cannot begin')
    expect(told).toEqual(['first'])
  })

  it('that fail at the end do not hide what ended the run, nor keep others from hearing of it', async () => {
    const told: string[] = []
    const failing = (name: string): Callback => ({
      name,
      onTrainEnd: () => {
        throw new Error(name)
      },
    })
    const { x, y } = line(4)
    const stumble: Callback = { name: 'stumble', onBatchEnd: () => Promise.reject(new Error('first')) }
    const last: Callback = { onTrainEnd: () => void told.push('last') }
    const callbacks = [failing('a'), stumble, last]
    const error: unknown = await rejection(regression().fit(x, y, quiet({ callbacks })))
    expect(error instanceof AggregateError && error.errors.map(String)).toEqual([
      'Error: callback "stumble": first',
      'Error: callback "a": a',
    ])
    expect(told).toEqual(['last'])
  })

  it('change nothing of a run by watching it', async () => {
    const { x, y } = line(16)
    const [watched, alone] = [regression(), regression()]
    await watched.fit(x, y, quiet({ epochs: 2, callbacks: [everyHook([])] }))
    manualSeed(1)
    const again = regression()
    await again.fit(x, y, quiet({ epochs: 2 }))
    expect(numbersOf(watched)).toEqual(numbersOf(again))
    expect(numbersOf(alone)).not.toEqual(numbersOf(again))
  })
})

describe('lambdaCallback', () => {
  it('calls its functions', async () => {
    const seen: number[] = []
    const { x, y } = line(4)
    const callback = lambdaCallback({ onEpochEnd: (epoch, { loss }) => void seen.push(epoch, loss) })
    const { history } = await regression().fit(x, y, quiet({ callbacks: [callback] }))
    expect(seen).toEqual([0, history.loss[0]])
  })

  it('finds misspelt hooks, and those that are no functions', () => {
    expect(() => lambdaCallback({ onEpochsEnd: () => {} } as Callback)).toThrow(/did you mean 'onEpochEnd'/)
    const hooks = { onEpochEnd: 3 } as Partial<Record<keyof Callback, unknown>>
    expect(() => lambdaCallback(hooks as Callback)).toThrow(ValueError)
  })
})

describe('learningRateScheduler', () => {
  it('sets the rate before each epoch', async () => {
    const rates: number[] = []
    const model = regression()
    model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' })
    const { x, y } = line(4)
    const watch: Callback = { onBatchBegin: (_, { optimizer }) => void rates.push(optimizer.learningRate) }
    const schedule = learningRateScheduler((epoch, rate) => (epoch === 0 ? rate : rate / 2))
    await model.fit(x, y, quiet({ epochs: 3, callbacks: [schedule, watch] }))
    expect(rates).toEqual([0.1, 0.05, 0.025])
  })
})

describe('terminateOnNaN', () => {
  const { x, y } = line(8)
  const bad = y.map((value, i) => (i === 5 ? Number.NaN : value))
  const options = { batchSize: 2, shuffle: false, epochs: 3 }

  it('ends training with the weights before the bad batch', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const ends: string[] = []
    const model = regression()
    const watch: Callback = { onTrainEnd: (_, { reason }) => void ends.push(reason) }
    await model.fit(x, bad, quiet({ ...options, callbacks: [terminateOnNaN(), watch] }))
    expect(ends).toEqual(['stopped'])
    expect(warn.mock.calls.flat().join()).toContain('batch 3')
    warn.mockRestore()
    const twin = regression()
    await twin.fit(x.slice(0, 4), y.slice(0, 4), quiet({ ...options, epochs: 1 }))
    expect(numbersOf(model)).toEqual(numbersOf(twin))
  })

  it('is what keeps fit from throwing', async () => {
    expect(await rejection(regression().fit(x, bad, quiet(options)))).toBeInstanceOf(NonFiniteError)
  })
})

describe('a history', () => {
  const history = new History()
  history.record(0, { loss: 3, valLoss: Number.NaN, accuracy: 0.5 })
  history.record(1, { loss: 1, valLoss: 2, accuracy: 0.9 })
  history.record(2, { loss: 1, valLoss: 4, accuracy: 0.7 })

  it('knows the best epoch by a figure, the first of equals, NaN being never best', () => {
    expect(history.best('loss')).toMatchObject({ epoch: 1, value: 1 })
    expect(history.best('valLoss')).toMatchObject({ epoch: 1, value: 2 })
    expect(history.best('accuracy')).toEqual({
      epoch: 1,
      value: 0.9,
      logs: { loss: 1, valLoss: 2, accuracy: 0.9 },
    })
    expect(history.best('accuracy', { mode: 'min' })?.epoch).toBe(0)
  })

  it('names the figures there are', () => {
    expect(() => history.best('valAccuracy')).toThrow(/There are 'loss', 'valLoss', 'accuracy'/)
    expect(new History().best('loss')).toBe(null)
  })
})

describe('what is no list of callbacks', () => {
  it.each([
    [[null], /got null at 0/],
    [[{}, 'progress'], /got string at 1/],
    [{ onEpochEnd: () => undefined }, /needs a list of callbacks/],
  ])('is refused before training: %j', async (callbacks, message) => {
    const { x, y } = line(4)
    const error = await rejection(regression().fit(x, y, quiet({ callbacks: callbacks as Callback[] })))
    expect(error).toBeInstanceOf(ValueError)
    expect(error.message).toMatch(message)
  })
})

describe('a model that is not built', () => {
  it('is handed to callbacks all the same', async () => {
    const names: string[] = []
    const model = sequential(dense({ units: 1 }))
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    const { x, y } = line(4)
    const watch: Callback = { onTrainBegin: info => void names.push(info.model.name) }
    await model.fit(x, y, quiet({ callbacks: [watch] }))
    expect(names).toEqual(['sequential'])
  })
})
