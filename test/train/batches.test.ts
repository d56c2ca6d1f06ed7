import { describe, expect, it } from 'vitest'
import {
  type Callback,
  type DataBatch,
  defaultGenerator,
  dense,
  dropout,
  type FitOptions,
  input,
  manualSeed,
  memoryStore,
  model as graph,
  type ResumableBatches,
  type Sequential,
  sequential,
  ValueError,
} from '../../src/index.ts'
import { dataset } from '../../src/data/dataset.ts'
import { rejection } from '../setup/errors.ts'
import { line, numbersOf, quiet, regression } from './problems.ts'

const { x, y } = line(20)
const cut = (size: number): DataBatch[] =>
  Array.from({ length: Math.ceil(x.length / size) }, (_, i) => ({
    x: x.slice(i * size, (i + 1) * size),
    y: y.slice(i * size, (i + 1) * size),
  }))

async function* slowly(batches: readonly DataBatch[]): AsyncGenerator<DataBatch> {
  for (const batch of batches) {
    await Promise.resolve()
    yield batch
  }
}

const inOrder = { batchSize: 8, shuffle: false }

/** The weights, and all losses, of a seeded regression over batches. */
async function trained(data: Parameters<typeof fitBatches>[1], options: FitOptions = {}): Promise<number[]> {
  const model = regression()
  const { history } = await fitBatches(model, data, options)
  return [...numbersOf(model), ...history.loss]
}

const fitBatches = (
  model: Sequential,
  data:
    | Iterable<DataBatch>
    | AsyncIterable<DataBatch>
    | (() => Iterable<DataBatch> | AsyncIterable<DataBatch>),
  options: FitOptions,
) => model.fit(data, quiet(options))

describe('fit on batches', () => {
  it.each([
    ['an array', () => cut(8)],
    ['a set', () => new Set(cut(8))],
    ['a function of generators', () => () => cut(8)[Symbol.iterator]()],
    ['a function of asynchronous generators', () => () => slowly(cut(8))],
  ])('from %s trains to the same bits as on the examples', async (_, make) => {
    const model = regression()
    const { history } = await model.fit(x, y, quiet({ epochs: 3, ...inOrder }))
    expect(await trained(make() as DataBatch[], { epochs: 3 })).toEqual([
      ...numbersOf(model),
      ...history.loss,
    ])
  })

  it('weighs the loss of each batch by its size, and accumulates like one large batch', async () => {
    const model = regression()
    const { history } = await model.fit(x, y, quiet({ epochs: 2, accumulate: 2, ...inOrder }))
    expect(await trained(cut(8), { epochs: 2, accumulate: 2 })).toEqual([
      ...numbersOf(model),
      ...history.loss,
    ])
  })

  it('takes sample weights and class weights', async () => {
    const labels = y.map(value => (value > 0 ? 1 : 0))
    const sampleWeight = y.map((_, i) => 1 + (i % 3))
    const make = (): Sequential => {
      manualSeed(2)
      const made = sequential(dense({ units: 1, inputSize: 2, activation: 'sigmoid' }))
      made.compile({ optimizer: 'sgd', loss: 'binaryCrossentropy' })
      return made
    }
    const [whole, parts] = [make(), make()]
    const classWeight = { 1: 3 }
    await whole.fit(x, labels, quiet({ ...inOrder, sampleWeight, classWeight }))
    const batches = [0, 8, 16].map(start => ({
      x: x.slice(start, start + 8),
      y: labels.slice(start, start + 8),
      sampleWeight: sampleWeight.slice(start, start + 8),
    }))
    await parts.fit(batches, quiet({ classWeight }))
    expect(numbersOf(parts)).toEqual(numbersOf(whole))
  })

  it('goes on with one iterator through epochs of stepsPerEpoch, and begins anew at its end', async () => {
    const seen: number[] = []
    const log: Callback = {
      onEpochBegin: epoch => void seen.push(epoch),
      onBatchEnd: batch => void seen.push(batch),
    }
    const twice = [...cut(8), ...cut(8)]
    expect(await trained(cut(8), { epochs: 3, stepsPerEpoch: 2, callbacks: [log] })).toEqual(
      await trained(twice, { epochs: 3, stepsPerEpoch: 2 }),
    )
    expect(seen).toEqual([0, 0, 1, 1, 0, 1, 2, 0, 1])
  })

  it('validates on batches', async () => {
    const whole = await regression().fit(x, y, quiet({ validationData: [x, y], epochs: 2, ...inOrder }))
    const parts = await regression().fit(cut(8), quiet({ validationData: () => slowly(cut(8)), epochs: 2 }))
    expect(parts.history).toEqual(whole.history)
  })

  it('does not know how many there are', async () => {
    const infos: (number | null)[] = []
    const watch: Callback = { onTrainBegin: ({ batches, examples }) => void infos.push(batches, examples) }
    await regression().fit(cut(8), quiet({ callbacks: [watch] }))
    await regression().fit(cut(8), quiet({ callbacks: [watch], stepsPerEpoch: 2 }))
    expect(infos).toEqual([null, null, 2, null])
  })

  it('lets a generator clean up when training ends early', async () => {
    let isClean = false
    function* generator(): Generator<DataBatch> {
      try {
        yield* cut(8)
      } finally {
        isClean = true
      }
    }
    const stop: Callback = { onBatchEnd: (_, __, control) => control.stop() }
    await regression().fit(() => generator(), quiet({ callbacks: [stop] }))
    expect(isClean).toBe(true)
  })

  it('feeds several inputs and outputs by name', async () => {
    const make = () => {
      manualSeed(3)
      const [a, b] = [input({ shape: [2], name: 'a' }), input({ shape: [2], name: 'b' })]
      const head = dense({ units: 1, name: 'head' }).apply(dense({ units: 3 }).apply(a))
      const tail = dense({ units: 1, name: 'tail' }).apply(b)
      const made = graph({ inputs: [a, b], outputs: [head, tail] })
      made.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
      return made
    }
    const [whole, parts] = [make(), make()]
    const { history } = await whole.fit({ a: x, b: x }, { head: y, tail: y }, quiet(inOrder))
    const batches = cut(8).map(batch => ({
      x: { a: batch.x, b: batch.x },
      y: { head: batch.y, tail: batch.y },
    }))
    expect((await parts.fit(batches as DataBatch[], quiet())).history).toEqual(history)
  })

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['no batch', () => regression().fit([].values(), quiet()), /got no batch/],
    [
      'an iterator for two epochs',
      () => regression().fit(cut(8).values(), quiet({ epochs: 2 })),
      /once: pass a function/,
    ],
    [
      'a batch without targets',
      () => regression().fit([{ x }] as never, quiet()),
      /needs batches { x, y }, got { x }/,
    ],
    [
      'a function that gives none',
      () => regression().fit((() => 3) as never, quiet()),
      /can be iterated, got number/,
    ],
    [
      'an option for examples',
      () => regression().fit(cut(8), quiet({ batchSize: 3 })),
      /no use for batchSize/,
    ],
    [
      'steps for examples',
      () => regression().fit(x, y, quiet({ stepsPerEpoch: 3 })),
      /no use for stepsPerEpoch/,
    ],
    ['examples without targets', () => regression().fit(x as never, quiet()), /targets|y/],
  ])('refuses %s', async (_, run, message) => {
    const error = await rejection(run())
    expect(error).toBeInstanceOf(Error)
    expect(String(error)).toMatch(message)
  })
})

describe('evaluate and predict on batches', () => {
  it('give what they give on the examples', async () => {
    const model = regression()
    expect(await model.evaluate(cut(8))).toEqual(await model.evaluate(x, y, { batchSize: 8 }))
    expect((await model.predict(() => slowly(cut(8)))).data()).toEqual(
      model.predict(x, { batchSize: 8 }).data(),
    )
    expect((await model.predict(cut(8).map(batch => ({ x: batch.x })))).shape).toEqual([20, 1])
  })

  it('evaluate the first so many', async () => {
    const model = regression()
    const some = await model.evaluate(cut(8), { steps: 2 })
    expect(some).toEqual(await model.evaluate(x.slice(0, 16), y.slice(0, 16), { batchSize: 8 }))
  })

  it('refuse data without a batch', async () => {
    expect(await rejection(regression().predict(() => []))).toBeInstanceOf(ValueError)
  })
})

describe('a run on batches that resumes', () => {
  const made = (): Sequential => {
    manualSeed(4)
    const model = sequential(dense({ units: 6, inputSize: 2 }), dropout({ rate: 0.3 }), dense({ units: 1 }))
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
    return model
  }
  type Data = Iterable<DataBatch> | AsyncIterable<DataBatch> | (() => Iterable<DataBatch>)
  const run = async (data: (seeded: Sequential) => Data, options: FitOptions): Promise<unknown> => {
    const model = made()
    const { history } = await model.fit(data(model), quiet({ epochs: 4, ...options }))
    return [numbersOf(model), history]
  }
  /** In a new order at each pass, by the default generator. */
  const shuffled = (): Data => () => {
    const batches = cut(4)
    return [...defaultGenerator().permutation(batches.length)].map(i => batches[i])
  }
  const fromDataset = (): Data =>
    dataset(x.map((row, i) => ({ x: row, y: y[i] })))
      .shuffle({ buffer: 6 })
      .batch({ batchSize: 4 })

  it.each<[string, (model: Sequential) => Data, FitOptions]>([
    ['an iterable', () => cut(4), {}],
    ['an iterable that is shuffled anew', shuffled, {}],
    ['an iterable with steps', () => cut(4), { stepsPerEpoch: 3 }],
    ['a data set', fromDataset, {}],
    ['a data set with steps', fromDataset, { stepsPerEpoch: 3 }],
  ])('equals one that was never ended, on %s', async (_, data, options) => {
    const expected = await run(data, options)
    for (const at of [1, 4, 5, 7, 11]) {
      const checkpoint = { store: memoryStore(), everySteps: 1 }
      const die: Callback = {
        onBatchEnd: (_batch, _logs, { optimizer }) => {
          if (optimizer.stepCount === at) throw new Error('killed')
        },
      }
      const killed = run(data, { ...options, checkpoint, callbacks: [die] })
      expect(String(await rejection(killed))).toContain('killed')
      expect(await run(data, { ...options, checkpoint, resume: true })).toEqual(expected)
    }
  })

  it('does not read again what a data set with a cursor has given', async () => {
    const read: number[] = []
    class Rows implements ResumableBatches {
      private at = 0
      async *[Symbol.asyncIterator](): AsyncGenerator<DataBatch> {
        const batches = cut(4)
        while (this.at < batches.length) {
          read.push(this.at)
          yield batches[this.at++]
        }
        this.at = 0
      }
      state(): object {
        return { at: this.at }
      }
      restore(state: { readonly at: number }): void {
        this.at = state.at
      }
    }
    const checkpoint = { store: memoryStore(), everySteps: 1 }
    const die: Callback = {
      onBatchBegin: batch => {
        if (batch === 3) throw new Error('killed')
      },
    }
    await rejection(run(() => new Rows(), { epochs: 1, checkpoint, callbacks: [die] }))
    read.length = 0
    await run(() => new Rows(), { epochs: 1, checkpoint, resume: true })
    expect(read).toEqual([3, 4])
  })

  it('says so when the data have become fewer', async () => {
    const checkpoint = { store: memoryStore(), everySteps: 1 }
    const die: Callback = {
      onBatchBegin: batch => {
        if (batch === 4) throw new Error('killed')
      },
    }
    await rejection(run(() => cut(4), { checkpoint, callbacks: [die] }))
    const resumed = run(() => cut(4).slice(0, 2), { checkpoint, resume: true })
    expect(String(await rejection(resumed))).toMatch(/after batch 4 of the data: this time there are only 2/)
  })
})
