import { describe, expect, it } from 'vitest'
import {
  adam,
  type Callback,
  dense,
  dropout,
  History,
  manualSeed,
  Model,
  sequential,
  sgd,
  type Tensor,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { rejection } from '../setup/errors.ts'
import {
  corners,
  line,
  numbersOf,
  quiet,
  recorder,
  regression,
  sentences,
  textClassifier,
  xor,
} from './problems.ts'

describe.each(devices)('fit on %s', device => {
  useDevice(device)

  describe('learns', () => {
    it('a line: its slopes and its offset', async () => {
      const model = regression()
      model.compile({ optimizer: sgd({ learningRate: 0.2 }), loss: 'meanSquaredError' })
      const { x, y } = line()
      await model.fit(x, y, quiet({ epochs: 60, batchSize: 16 }))
      const [slope0, slope1, offset] = numbersOf(model)
      expect(slope0).toBeCloseTo(2, 3)
      expect(slope1).toBeCloseTo(-3, 3)
      expect(offset).toBeCloseTo(1, 3)
    })

    it('XOR', async () => {
      manualSeed(3)
      const model = sequential(
        dense({ units: 8, activation: 'tanh' }),
        dense({ units: 1, activation: 'sigmoid' }),
      )
      model.compile({
        optimizer: adam({ learningRate: 0.05 }),
        loss: 'binaryCrossentropy',
        metrics: ['accuracy'],
      })
      await model.fit(xor.x, xor.y, quiet({ epochs: 150, batchSize: 4 }))
      expect((await model.evaluate(xor.x, xor.y)).accuracy).toBe(1)
      expect([...model.predict(xor.x).data()].map(Math.round)).toEqual(xor.y)
    })

    it.each(['sparseCategoricalCrossentropy', 'categoricalCrossentropy'] as const)(
      'three classes with %s',
      async loss => {
        manualSeed(4)
        const model = sequential(dense({ units: 3, activation: 'softmax' }))
        model.compile({ optimizer: adam({ learningRate: 0.1 }), loss, metrics: ['accuracy'] })
        const { x, y } = corners()
        const targets =
          loss === 'categoricalCrossentropy' ? y.map(k => [0, 1, 2].map(c => Number(c === k))) : y
        const { history } = await model.fit(x, targets, quiet({ epochs: 20 }))
        expect(history.accuracy[19]).toBeGreaterThan(0.97)
        expect(history.loss[19]).toBeLessThan(history.loss[0])
      },
    )

    it('which of two words comes first, through padding', async () => {
      const model = textClassifier()
      model.compile({
        optimizer: adam({ learningRate: 0.03 }),
        loss: 'binaryCrossentropy',
        metrics: ['accuracy'],
      })
      const { x, y } = sentences()
      const { history } = await model.fit(x, y, quiet({ epochs: 25, batchSize: 16 }))
      expect(history.accuracy[24]).toBeGreaterThan(0.9)
    })
  })

  it('gives the same bits with the same seed, others with another one', async () => {
    const { x, y } = sentences()
    const train = async (seed: number): Promise<number[]> => {
      const model = textClassifier(seed)
      model.add(dropout({ rate: 0.2 }))
      const { history } = await model.fit(x, y, quiet({ epochs: 2, batchSize: 16 }))
      return [...numbersOf(model), ...history.loss]
    }
    const first = await train(1)
    expect(await train(1)).toEqual(first)
    expect(await train(2)).not.toEqual(first)
  })

  it('goes through the examples in order without shuffle, and in another order in each epoch with it', async () => {
    class Spy extends Model {
      readonly seen: number[] = []
      readonly head = dense({ units: 1, inputSize: 1 })
      forward(x: Tensor): Tensor {
        this.seen.push(...x.data())
        return this.head.forward(x)
      }
    }
    const x = Array.from({ length: 10 }, (_, i) => [i])
    const y = x.map(([value]) => value)
    const orderOf = async (shuffle: boolean): Promise<number[]> => {
      manualSeed(1)
      const spy = new Spy()
      spy.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
      await spy.fit(x, y, quiet({ epochs: 2, batchSize: 4, shuffle }))
      return spy.seen
    }
    expect(await orderOf(false)).toEqual([...y, ...y])
    const seen = await orderOf(true)
    const [first, second] = [seen.slice(0, 10), seen.slice(10)]
    expect(first).not.toEqual(y)
    expect(second).not.toEqual(first)
    expect([...first].sort()).toEqual(y)
    expect([...second].sort()).toEqual(y)
  })

  it('keeps the last part of the examples for validation', async () => {
    const seen: number[] = []
    const model = regression()
    model.compile({
      optimizer: sgd({ learningRate: 0 }),
      loss: 'meanSquaredError',
      metrics: [(_: Tensor, y: Tensor) => seen.push(...y.data())],
    })
    const x = Array.from({ length: 10 }, () => [0, 0])
    await model.fit(
      x,
      x.map((_, i) => i),
      quiet({ validationSplit: 0.25, shuffle: false, batchSize: 10 }),
    )
    // 7 for training and 3 for validation, as in Keras.
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    const { history } = await model.fit(
      x,
      x.map((_, i) => i),
      quiet({ validationSplit: 0.25 }),
    )
    expect(history.valLoss[0]).toBeCloseTo((49 + 64 + 81) / 3, 4)
  })

  it('records loss, metrics and their twins for validation, epoch by epoch', async () => {
    const model = textClassifier()
    const { x, y } = sentences(20)
    const result = await model.fit(x, y, quiet({ epochs: 2, validationData: [x, y] }))
    expect(result).toBeInstanceOf(History)
    expect(result.epochs).toEqual([0, 1])
    expect(Object.keys(result.history)).toEqual(['loss', 'accuracy', 'valLoss', 'valAccuracy'])
    expect(Object.values(result.history).every(values => values.length === 2)).toBe(true)
    const now = await model.evaluate(x, y)
    expect(now).toEqual({ loss: result.history.valLoss[1], accuracy: result.history.valAccuracy[1] })
  })

  it('reports the mean over examples, also when the last batch is smaller', async () => {
    const model = regression()
    model.compile({ optimizer: sgd({ learningRate: 0 }), loss: 'meanSquaredError' })
    const { x, y } = line(10)
    const { history } = await model.fit(x, y, quiet({ batchSize: 4 }))
    const { loss } = await model.evaluate(x, y, { batchSize: 10 })
    expect(history.loss[0]).toBeCloseTo(loss, 5)
  })

  it('tells callbacks after each batch the mean over the examples so far', async () => {
    const model = regression()
    model.compile({ optimizer: sgd({ learningRate: 0 }), loss: 'meanSquaredError' })
    const { x, y } = line(10)
    const seen: number[] = []
    const watch: Callback = { onBatchEnd: (_, logs) => void seen.push(logs.loss) }
    await model.fit(x, y, quiet({ batchSize: 4, shuffle: false, callbacks: [watch] }))
    for (const [i, end] of [4, 8, 10].entries())
      expect(seen[i]).toBeCloseTo((await model.evaluate(x.slice(0, end), y.slice(0, end))).loss, 5)
  })

  it('does nothing for no epochs, and leaves the model in evaluation mode', async () => {
    const model = regression()
    const before = numbersOf(model)
    const { history } = await model.fit([[1, 2]], [1], quiet({ epochs: 0 }))
    expect(history).toEqual({})
    expect(numbersOf(model)).toEqual(before)
    expect(model.training).toBe(false)
  })

  describe('callbacks', () => {
    const { x, y } = line(6)

    it('are called in order, each in its turn', async () => {
      const events: string[] = []
      await regression().fit(
        x,
        y,
        quiet({ epochs: 1, batchSize: 4, callbacks: [recorder('a', events), recorder('b', events)] }),
      )
      expect(events).toEqual([
        'a begin 1×2 of 6',
        'b begin 1×2 of 6',
        'a epoch 0',
        'b epoch 0',
        'a batch 0 loss',
        'b batch 0 loss',
        'a batch 1 loss',
        'b batch 1 loss',
        'a epoch 0 ends loss',
        'b epoch 0 ends loss',
        'a end loss',
        'b end loss',
      ])
    })

    it.each([
      [
        'onBatchEnd',
        ['a begin 3×2 of 6', 'a epoch 0', 'a batch 0 loss', 'a epoch 0 ends loss', 'a end loss'],
      ],
      [
        'onEpochEnd',
        [
          'a begin 3×2 of 6',
          'a epoch 0',
          'a batch 0 loss',
          'a batch 1 loss',
          'a epoch 0 ends loss',
          'a end loss',
        ],
      ],
    ] as const)('stop the run from %s', async (hook, want) => {
      const events: string[] = []
      const stop: Callback = { [hook]: (_: number, __: unknown, control: { stop(): void }) => control.stop() }
      const { epochs } = await regression().fit(
        x,
        y,
        quiet({ epochs: 3, batchSize: 4, callbacks: [recorder('a', events), stop] }),
      )
      expect(events).toEqual(want)
      expect(epochs).toEqual([0])
    })

    it('are awaited', async () => {
      const events: string[] = []
      const slow: Callback = {
        onBatchEnd: async batch => {
          await new Promise<void>(resolve => setImmediate(resolve))
          events.push(`slow ${batch}`)
        },
      }
      await regression().fit(x, y, quiet({ batchSize: 4, callbacks: [slow, recorder('a', events)] }))
      expect(events.slice(2, 6)).toEqual(['slow 0', 'a batch 0 loss', 'slow 1', 'a batch 1 loss'])
    })

    it('are named by an error in them, which ends the run in a usable state', async () => {
      const broken = (name?: string): Callback => ({
        name,
        onBatchEnd: () => {
          throw new TypeError('no disk')
        },
      })
      const model = regression()
      const error = await rejection(model.fit(x, y, quiet({ callbacks: [broken('saver')] })))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toBe('callback "saver": no disk')
      expect(model.training).toBe(false)
      expect((await rejection(model.fit(x, y, quiet({ callbacks: [{}, broken()] })))).message).toBe(
        'callback 2: no disk',
      )
      const readOnly: Callback = { onEpochEnd: () => Promise.reject(new DOMException('gone', 'AbortError')) }
      expect((await rejection(model.fit(x, y, quiet({ callbacks: [readOnly] })))).name).toBe('AbortError')
      await model.fit(x, y, quiet())
    })
  })

  describe('an AbortSignal', () => {
    const { x, y } = line(32)

    it('ends the run between batches with its reason, and fit resumes with the optimizer as it was', async () => {
      const straight = regression()
      straight.compile({ optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), loss: 'meanSquaredError' })
      await straight.fit(x, y, quiet({ epochs: 2, batchSize: 8, shuffle: false }))

      const model = regression()
      model.compile({ optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), loss: 'meanSquaredError' })
      const controller = new AbortController()
      const reason = new Error('enough')
      const abort: Callback = {
        onEpochEnd: () => controller.abort(reason),
      }
      const run = model.fit(
        x,
        y,
        quiet({ epochs: 9, batchSize: 8, shuffle: false, callbacks: [abort], signal: controller.signal }),
      )
      expect(await rejection(run)).toBe(reason)
      expect(model.training).toBe(false)
      expect(model.parameters().every(parameter => parameter.grad === null)).toBe(true)
      // The first epoch, the first batch of the second, then three by hand.
      await model.fit(x.slice(8), y.slice(8), quiet({ batchSize: 8, shuffle: false }))
      expect(numbersOf(model)).toEqual(numbersOf(straight))
    })

    it('that is aborted already lets nothing begin', async () => {
      const events: string[] = []
      const model = regression()
      const before = numbersOf(model)
      const run = model.fit(x, y, quiet({ signal: AbortSignal.abort(), callbacks: [recorder('a', events)] }))
      expect((await rejection(run)).name).toBe('AbortError')
      expect(events).toEqual([])
      expect(numbersOf(model)).toEqual(before)
    })
  })
})
