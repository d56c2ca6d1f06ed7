import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import {
  type Callback,
  dense,
  manualSeed,
  type Model,
  ones,
  Sequential,
  sequential,
  ShapeError,
  tensor,
  ValueError,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { rejection } from '../setup/errors.ts'
import { numbersOf, quiet, recorder, regression } from './problems.ts'

describe.each(devices)('what fit trains on, on %s', device => {
  useDevice(device)

  describe('data', () => {
    const model = (): Sequential => {
      manualSeed(1)
      const made = sequential(dense({ units: 3, inputSize: 2, activation: 'softmax' }))
      made.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' })
      return made
    }
    const rows = [[1, 2], [3, 4], [5, 6], [7, 8]] // biome-ignore format: a table
    const flat = new Float32Array(rows.flat())
    const labels = [0, 1, 2, 1]
    const shaped = { data: flat, shape: [4, 2] }
    const train = async (
      x: Parameters<Model['fit']>[0],
      y: Parameters<Model['fit']>[1],
    ): Promise<number[]> => {
      const made = model()
      await made.fit(x, y, quiet({ batchSize: 3, epochs: 2 }))
      return numbersOf(made)
    }
    const foreign = runInNewContext(
      '({ x: new Float32Array([1,2,3,4,5,6,7,8]), y: new Int32Array([0,1,2,1]), rows: [[1,2],[3,4],[5,6],[7,8]] })',
    )

    it.each([
      ['a tensor', () => [tensor(rows), tensor(labels, { dtype: 'int32' })]],
      ['a shaped array and an Int32Array', () => [shaped, new Int32Array(labels)]],
      [
        'rows of typed arrays and floats',
        () => [rows.map(row => new Float32Array(row)), new Float32Array(labels)],
      ],
      ['a column of labels', () => [rows, labels.map(label => [label])]],
      ['arrays of another realm', () => [{ data: foreign.x, shape: [4, 2] }, foreign.y]],
      ['nested arrays of another realm', () => [foreign.rows, Uint8Array.from(labels)]],
    ] as const)('as %s trains to the same bits as plain arrays', async (_, make) => {
      const [x, y] = make()
      expect(await train(x, y)).toEqual(await train(rows, labels))
    })

    it('of booleans are labels too', async () => {
      const made = regression()
      made.compile({ optimizer: 'sgd', loss: 'binaryCrossentropy', metrics: ['accuracy'] })
      made.add(dense({ units: 1, activation: 'sigmoid' }))
      await made.fit(rows, [true, false, true, false], quiet())
      expect((await made.evaluate(rows, [true, false, true, false])).accuracy).toBeGreaterThanOrEqual(0)
    })

    it('of a second fit must wait for the first', async () => {
      const made = model()
      const first = made.fit(rows, labels, quiet({ epochs: 3 }))
      expect(await rejection(made.fit(rows, labels, quiet()))).toBeInstanceOf(ValueError)
      await first
      await made.fit(rows, labels, quiet())
    })

    it('smaller than a batch is one batch', async () => {
      const events: string[] = []
      await model().fit(rows, labels, quiet({ batchSize: 1000, callbacks: [recorder('a', events)] }))
      expect(events[0]).toBe('a begin 1×1 of 4')
    })

    it('may be changed by a callback without consequence', async () => {
      const x = tensor(rows)
      const spoil: Callback = { onTrainBegin: () => x.assign(ones([4, 2])) }
      const made = model()
      await made.fit(x, labels, quiet({ batchSize: 3, epochs: 2, callbacks: [spoil] }))
      expect(numbersOf(made)).toEqual(await train(rows, labels))
    })
  })

  it('restarts the optimizer for a layer that is added later, so that it trains', async () => {
    const model = regression()
    await model.fit([[1, 2]], [3], quiet())
    model.add(dense({ units: 1, inputSize: 1 }))
    const before = (model.layers[1] as ReturnType<typeof dense>).kernel.data()
    await model.fit([[1, 2]], [30], quiet())
    expect((model.layers[1] as ReturnType<typeof dense>).kernel.data()).not.toEqual(before)
  })

  it('leaves a model without the layer that did not fit', () => {
    const model = new Sequential([dense({ units: 2 })], { inputShape: [3] })
    expect(() => model.add(dense({ units: 1, inputSize: 5 }))).toThrow(ShapeError)
    expect(model.layers).toHaveLength(1)
    expect(model.forward(ones([1, 3])).shape).toEqual([1, 2])
    expect(() => model.add(model)).toThrow(ValueError)
  })

  it('builds a model as it grows, once it knows its input', () => {
    const model = new Sequential([], { inputShape: [3] })
    model.add(dense({ units: 2 })).add(dense({ units: 1 }))
    expect([...model.namedParameters()].map(([name, p]) => [name, p.shape])).toEqual([
      ['dense.kernel', [3, 2]],
      ['dense.bias', [2]],
      ['dense_1.kernel', [2, 1]],
      ['dense_1.bias', [1]],
    ])
    expect(() => new Sequential([], { inputShape: [1.5] })).toThrow(/whole numbers.*got \[1\.5\]/)
  })
})
