import { describe, expect, it } from 'vitest'
import {
  Activation,
  activation,
  adam,
  Dense,
  dense,
  dropout,
  Embedding,
  embedding,
  flatten,
  LSTM,
  lstm,
  manualSeed,
  noGrad,
  ones,
  Sequential,
  sequential,
  ShapeError,
  tensor,
  ValueError,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { errorOf } from '../setup/errors.ts'
import { expectClose, int, normal } from '../setup/numbers.ts'

describe.each(devices)('layers on %s', device => {
  useDevice(device)

  describe('Dense', () => {
    it('computes activation(x·W + b) on the last axis, whatever comes before it', () => {
      const layer = dense({ units: 2, inputSize: 3, activation: 'relu' })
      layer.kernel.assign(tensor([[1, 0], [0, 1], [1, -1]])) // biome-ignore format: a matrix
      layer.bias?.assign(tensor([0.5, -0.5]))
      const x = tensor([[1, 2, 3], [-1, 0, 0]]) // biome-ignore format: a matrix
      expect(layer.forward(x).toArray()).toEqual([
        [4.5, 0],
        [0, 0],
      ])
      expect(layer.forward(x.reshape([1, 2, 1, 3])).toArray()).toEqual([[[[4.5, 0]], [[0, 0]]]])
    })

    it('learns its input size from the first batch, and starts with zero bias', () => {
      const layer = dense({ units: 2 })
      expect(layer.built).toBe(false)
      layer.forward(ones([4, 5]))
      expect(layer.kernel.shape).toEqual([5, 2])
      expect(layer.bias?.data()).toEqual(new Float32Array(2))
    })

    it('has no bias if told so', () => {
      const layer = dense({ units: 2, inputSize: 3, useBias: false })
      expect([...layer.namedParameters().keys()]).toEqual(['kernel'])
      expectClose(layer.forward(ones([1, 3])), layer.kernel.sum({ axis: 0, keepDims: true }))
    })

    it('starts from the initialisers it is given', () => {
      const layer = dense({ units: 2, inputSize: 3, kernelInitializer: 'ones', biasInitializer: 'ones' })
      expect(layer.forward(ones([1, 3])).toArray()).toEqual([[4, 4]])
    })

    it('gives an empty output for an empty batch', () => {
      expect(dense({ units: 2, inputSize: 3 }).forward(tensor([], { shape: [0, 3] })).shape).toEqual([0, 2])
    })
  })

  describe('Embedding', () => {
    const table = (): Embedding => {
      const layer = embedding({ inputDim: 3, outputDim: 2 })
      layer.embeddings.assign(tensor([[0, 1], [2, 3], [4, 5]])) // biome-ignore format: a matrix
      return layer
    }

    it('gives the rows of its table, for whole and for fractionless ids', () => {
      const want = [[[4, 5], [0, 1]], [[2, 3], [2, 3]]] // biome-ignore format: a matrix
      const ids = [[2, 0], [1, 1]] // biome-ignore format: a matrix
      expect(table().forward(int(ids)).toArray()).toEqual(want)
      expect(table().forward(tensor(ids)).toArray()).toEqual(want)
      expect(table().forward(int([2, 1])).shape).toEqual([2, 2])
    })

    it('starts uniform in ±0.05', () => {
      const values = embedding({ inputDim: 100, outputDim: 10 }).embeddings.data()
      expect(Math.max(...values)).toBeLessThan(0.05)
      expect(Math.max(...values)).toBeGreaterThan(0.045)
      expect(Math.min(...values)).toBeLessThan(-0.045)
    })

    it.each([
      [
        [
          [0, 1],
          [3, 0],
        ],
        /in Embedding "words": got the id 3 at position 2, but there are 3 \(0 … 2\)/,
      ],
      [[[0, -1]], /got the id -1 at position 1/],
      [[[0.5]], /got the id 0\.5 at position 0[\s\S]*whole numbers/],
      [[[Number.NaN]], /got the id NaN at position 0/],
    ])('refuses the ids %j', (ids, message) => {
      const layer = new Embedding({ inputDim: 3, outputDim: 2, name: 'words' })
      const error = errorOf(() => layer.forward(tensor(ids)))
      expect(error).toBeInstanceOf(ValueError)
      expect(error.message).toMatch(message)
      expect(layer.forward(int([[0, 2]])).shape).toEqual([1, 2, 2])
    })

    it('adds up the gradients of an id that comes twice, and leaves the others at zero', () => {
      const layer = table()
      layer
        .forward(int([[1, 1, 0]]))
        .sum()
        .backward()
      expect(layer.embeddings.grad?.toArray()).toEqual([[1, 1], [2, 2], [0, 0]]) // biome-ignore format: a matrix
    })

    it('never trains the padding row, which starts at zero', async () => {
      const layer = embedding({ inputDim: 4, outputDim: 3, paddingIndex: 1 })
      const row = (id: number): number[] => [...layer.embeddings.data().slice(3 * id, 3 * id + 3)]
      expect(row(1)).toEqual([0, 0, 0])
      const others = row(2)
      const model = sequential(layer, flatten(), dense({ units: 1 }))
      model.compile({ optimizer: adam({ learningRate: 0.1 }), loss: 'meanSquaredError' })
      await model.fit([[1, 2], [1, 3], [2, 1]], [[1], [2], [3]], { epochs: 3, verbose: false }) // biome-ignore format: data
      expect(row(1)).toEqual([0, 0, 0])
      expect(row(2)).not.toEqual(others)
    })

    it('lets the values of a loaded padding row through', () => {
      const layer = embedding({ inputDim: 2, outputDim: 1, paddingIndex: 0 })
      layer.embeddings.assign(tensor([[7], [8]]))
      expect(layer.forward(int([[0, 1]])).toArray()).toEqual([[[7], [8]]])
    })

    it('makes a mask of ids other than 0 with maskZero', () => {
      const layer = embedding({ inputDim: 4, outputDim: 2, maskZero: true })
      expect(layer.maskFor(int([[0, 2, 0, 1]]), null)?.toArray()).toEqual([[false, true, false, true]])
      expect(table().maskFor(int([[0, 2]]), null)).toBeNull()
    })
  })

  describe('Dropout', () => {
    const x = normal([200, 100])

    it('zeroes its rate of elements and scales the rest, so that the mean stays', () => {
      const y = dropout({ rate: 0.3 }).forward(x).data()
      const source = x.data()
      let zeros = 0
      for (let i = 0; i < y.length; i++) {
        if (y[i] === 0) zeros++
        else expect(Math.abs(y[i] / source[i] - 1 / 0.7)).toBeLessThan(1e-5)
      }
      // Four deviations of the binomial distribution.
      expect(Math.abs(zeros / y.length - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / y.length))
    })

    it('is the identity in evaluation, and with rate 0', () => {
      expect(dropout({ rate: 0.9 }).eval().forward(x).data()).toEqual(x.data())
      expect(dropout({ rate: 0 }).forward(x).data()).toEqual(x.data())
    })

    it('lets gradients through where it lets values through', () => {
      const leaf = tensor(new Float32Array(50).fill(2), { requiresGrad: true, shape: [5, 10] })
      const y = dropout({ rate: 0.5 }).forward(leaf)
      y.sum().backward()
      expect(leaf.grad?.data()).toEqual(y.data().map(value => value / 2))
    })

    it('draws the same with the same seed, and anew on each call', () => {
      const draw = (): Float32Array => dropout({ rate: 0.5 }).forward(x).data()
      manualSeed(5)
      const first = draw()
      expect(draw()).not.toEqual(first)
      manualSeed(5)
      expect(draw()).toEqual(first)
    })

    it.each([-0.1, 1, 1.5, Number.NaN, '0.5'])('refuses the rate %s', rate => {
      expect(() => dropout({ rate: rate as number })).toThrow(ValueError)
    })
  })

  it('Activation applies what it is named after, softmax on the last axis', () => {
    const x = tensor([[-1, 0, 2]])
    expect(activation({ activation: 'relu' }).forward(x).toArray()).toEqual([[0, 0, 2]])
    expectClose(activation({ activation: 'softmax' }).forward(x), x.softmax())
    expect(activation({ activation: 'linear' }).forward(x).data()).toEqual(x.data())
  })

  it('Flatten keeps the batch and merges the rest', () => {
    const x = normal([2, 3, 4])
    const y = flatten().forward(x)
    expect(y.shape).toEqual([2, 12])
    expect(y.data()).toEqual(x.data())
    expect(flatten().forward(ones([5])).shape).toEqual([5, 1])
    expect(flatten().outputShape([-1, 4])).toEqual([-1])
  })

  describe('options', () => {
    const bad: [string, () => unknown, RegExp][] = [
      ['units 0', () => dense({ units: 0 }), /^Dense needs units to be a whole number ≥ 1, got 0/],
      ['units missing', () => new LSTM({} as never), /^LSTM needs units .* got undefined/],
      ['a number', () => new Dense(64 as never), /^Dense takes an object of options, got number/],
      ['nothing', () => new Dense(undefined as never), /^Dense takes an object of options, got undefined/],
      [
        'snake case',
        () => new LSTM({ units: 2, return_sequences: true } as never),
        /^LSTM has no option "return_sequences"\.\n.*did you mean 'returnSequences'/,
      ],
      ['a misspelling', () => new Dense({ unit: 3 } as never), /no option "unit"[\s\S]*did you mean 'units'/],
      [
        'an unknown activation',
        () => dense({ units: 1, activation: 'sigmoyd' as never }),
        /"sigmoyd" is unknown\.\n.*did you mean 'sigmoid'/,
      ],
      ['an unknown activation of Activation', () => new Activation({} as never), /"undefined" is unknown/],
      [
        'an unknown initialiser',
        () => dense({ units: 1, inputSize: 1, kernelInitializer: 'he' as never }),
        /Dense kernelInitializer "he" is unknown/,
      ],
      [
        'a padding index out of range',
        () => embedding({ inputDim: 3, outputDim: 1, paddingIndex: 3 }),
        /0 … 2, got 3/,
      ],
      [
        'an unknown bias',
        () => lstm({ units: 1, bias: 'both' as never }),
        /one of single, separate, none, got both/,
      ],
      ['a name with a dot', () => dense({ units: 1, name: 'a.b' }), /name without dots, got "a\.b"/],
      ['a number as name', () => dense({ units: 1, name: 3 as never }), /name without dots, got number/],
    ]
    it.each(bad)('refuse %s', (_, make, message) => {
      const error = errorOf(make)
      expect(error).toBeInstanceOf(ValueError)
      expect(error.message).toMatch(message)
    })
  })

  describe('errors', () => {
    const model = (): Sequential =>
      new Sequential(
        [embedding({ inputDim: 9, outputDim: 4 }), lstm({ units: 3 }), dense({ units: 2, name: 'hidden' })],
        { name: 'text' },
      )

    it('begin with the path of layers, each of them once', () => {
      const outer = new Sequential(
        [new Sequential([dense({ units: 2, name: 'hidden' })], { name: 'inner' })],
        {
          name: 'outer',
        },
      )
      outer.forward(ones([1, 3]))
      const error = errorOf(() => outer.forward(ones([1, 4])))
      expect(error).toBeInstanceOf(ShapeError)
      expect(error.message).toBe(
        'in Sequential "outer" → Sequential "inner" → Dense "hidden": needs [batch, ..., 3], got [batch, 4] (4 ≠ 3).\n' +
          '  Hint: its inputSize must be the last size of what comes before it.',
      )
      expect(error.layers).toEqual(['Sequential "outer"', 'Sequential "inner"', 'Dense "hidden"'])
    })

    it('have the path in training, where the last activation is left to the loss, and in predict', async () => {
      const net = new Sequential([dense({ units: 1, activation: 'sigmoid', inputSize: 3 })], { name: 'net' })
      net.compile({ optimizer: 'sgd', loss: 'binaryCrossentropy' })
      const wanted =
        /^in Sequential "net" → Dense "dense": needs \[batch, \.\.\., 3\], got \[batch, 2\] \(2 ≠ 3\)/
      await expect(net.fit([[1, 2]], [1], { verbose: false })).rejects.toThrow(wanted)
      expect(() => net.predict([[1, 2]])).toThrow(wanted)
    })

    it('name the operation when it is not the layer itself that refuses', () => {
      const net = new Sequential([lstm({ units: 2 })], { name: 'net' })
      const error = errorOf(() => net.forward(ones([2, 3, 1]), { mask: ones([2, 4]).greater(0) }))
      expect(error.message).toMatch(
        /^in Sequential "net" → LSTM "lstm": lstm needs a mask \[2, 3\], got \[2, 4\]/,
      )
    })

    it('leave no layer built by a bad first batch', () => {
      const net = new Sequential([dense({ units: 4 }), lstm({ units: 3 })], { name: 'net' })
      const error = errorOf(() => net.forward(ones([2, 7])))
      expect(error.message).toMatch(/LSTM "lstm": needs \[batch, time, features\], got \[batch, 4\]/)
      expect(error.message).toMatch(/returnSequences|Embedding/)
      expect(net.forward(ones([2, 5, 6])).shape).toEqual([2, 3])
      const ids = sequential(embedding({ inputDim: 3, outputDim: 2 }), flatten(), dense({ units: 1 }))
      expect(() => ids.forward(int([[1, 2, 3]]))).toThrow(/the id 3/)
      expect(ids.forward(int([[1, 2]])).shape).toEqual([1, 1])
    })

    it('show which layer lacks its sequence', () => {
      const net = sequential(lstm({ units: 2 }), lstm({ units: 2, name: 'second' }))
      expect(errorOf(() => net.forward(ones([1, 5, 3]))).message).toMatch(
        /LSTM "second": needs \[batch, time, features\], got \[batch, 2\][\s\S]*returnSequences: true/,
      )
    })

    it('refuse what is no tensor, or has no batch axis', () => {
      expect(errorOf(() => model().forward([[1]] as never)).message).toMatch(/takes tensors, got an array/)
      expect(errorOf(() => model().forward(tensor(1))).message).toMatch(
        /needs a batch axis first, got the shape \[\]/,
      )
      expect(errorOf(() => sequential().forward(ones([1]))).message).toMatch(/has no layers/)
    })
  })

  it('run without recording, and give the same numbers', () => {
    const net = sequential(embedding({ inputDim: 9, outputDim: 4 }), lstm({ units: 3 }), dense({ units: 2 }))
    const x = int([[1, 2, 3], [4, 5, 6]]) // biome-ignore format: a matrix
    const recorded = net.forward(x)
    const plain = noGrad(() => net.forward(x))
    expect(plain.requiresGrad).toBe(false)
    expect(plain.data()).toEqual(recorded.data())
  })
})
