import { describe, expect, it } from 'vitest'
import {
  Add,
  Concatenate,
  dense,
  dropout,
  embedding,
  input,
  Layer,
  lstm,
  manualSeed,
  Model,
  Module,
  model,
  multiHeadAttention,
  ones,
  Sequential,
  sequential,
  type Shape,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '../../../src/index.ts'
import { devices, useDevice } from '../../setup/devices.ts'
import { errorOf } from '../../setup/errors.ts'
import { expectClose, int, normal } from '../../setup/numbers.ts'

/** Two inputs, a shared layer, a branch, two outputs. */
function twoTowers() {
  manualSeed(3)
  const left = input({ shape: [4], name: 'left' })
  const right = input({ shape: [4], name: 'right' })
  const shared = dense({ units: 5, activation: 'tanh' })
  const a = shared.apply(left)
  const b = shared.apply(right)
  const price = dense({ units: 1, name: 'price' }).apply(new Concatenate().apply([a, b]))
  const kind = dense({ units: 3, activation: 'softmax', name: 'kind' }).apply(new Add().apply([a, b]))
  return { shared, net: model({ inputs: [left, right], outputs: [price, kind] }) }
}

describe.each(devices)('a graph of layers on %s', device => {
  useDevice(device)

  it('computes what the layers compute one by one', () => {
    const { shared, net } = twoTowers()
    const [x, y] = [normal([3, 4], 1), normal([3, 4], 2)]
    const [price, kind] = net.forward([x, y])
    const [a, b] = [shared.forward(x), shared.forward(y)]
    const head = net.layer('price') as Layer
    expectClose(price, (head.forward(new Concatenate().forward([a, b])) as Tensor).data())
    expectClose(kind, (net.layer('kind') as Layer).forward(a.add(b)).data())
  })

  it('adds the gradients of a shared layer', () => {
    const { shared, net } = twoTowers()
    const [x, y] = [normal([3, 4], 1), normal([3, 4], 2)]
    net.forward([x, y])[0].sum().backward()
    const together = shared.kernel.grad?.data() ?? []
    net.zeroGrad()
    const head = net.layer('price') as Layer & { kernel: Tensor }
    const weights = head.kernel.data()
    const sides = [x, y].map((side, i) => {
      const part = tensor(weights.slice(5 * i, 5 * i + 5), { shape: [5, 1] })
      shared.forward(side).matmul(part).sum().backward()
      const gradient = shared.kernel.grad?.data() ?? new Float32Array(0)
      net.zeroGrad()
      return gradient
    })
    expectClose(
      tensor(Float32Array.from(together)),
      sides[0].map((value, i) => value + sides[1][i]),
    )
  })

  it('trains several outputs by the weighted sum of their losses', async () => {
    const { net } = twoTowers()
    const [x, y] = [normal([12, 4], 1), normal([12, 4], 2)]
    const targets = { price: normal([12, 1], 3), kind: int(Array.from({ length: 12 }, (_, i) => i % 3)) }
    net.compile({
      optimizer: 'adam',
      loss: { price: 'meanSquaredError', kind: 'sparseCategoricalCrossentropy' },
      lossWeights: { price: 0.25 },
      metrics: { kind: ['accuracy'] },
    })
    const before = await net.evaluate([x, y], targets)
    expect(Object.keys(before)).toEqual(['loss', 'priceLoss', 'kindLoss', 'kindAccuracy'])
    expect(before.loss).toBeCloseTo(0.25 * before.priceLoss + before.kindLoss, 5)
    const { history } = await net.fit({ right: y, left: x }, targets, {
      epochs: 30,
      batchSize: 5,
      verbose: false,
      validationSplit: 0.25,
    })
    expect(history.loss[29]).toBeLessThan(history.loss[0])
    expect(Object.keys(history)).toContain('valKindAccuracy')
    const outputs = net.predict([x, y], { batchSize: 5 })
    expect(outputs.map(({ shape }) => shape)).toEqual([
      [12, 1],
      [12, 3],
    ])
  })

  it('computes a softmax output from logits, as Sequential does', async () => {
    manualSeed(4)
    const x = input({ shape: [4] })
    const net = model({ inputs: x, outputs: dense({ units: 3, activation: 'softmax' }).apply(x) })
    manualSeed(4)
    const plain = new Sequential([dense({ units: 3, activation: 'softmax' })], { inputShape: [4] })
    for (const each of [net, plain]) each.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' })
    // So far apart that probabilities round to 0 and 1.
    const data = normal([6, 4], 5).mul(200)
    const targets = tensor([0, 1, 2, 0, 1, 2], { dtype: 'int32' })
    const hot = tensor(Array.from(targets.data(), c => [0, 1, 2].map(k => (k === c ? 1 : 0))))
    expect(await net.evaluate(data, hot)).toEqual(await plain.evaluate(data, hot))
  })

  it('hands masks on, and states as initialState', () => {
    manualSeed(5)
    const ids = input({ shape: [-1], dtype: 'int32' })
    const vectors = embedding({ inputDim: 9, outputDim: 4, maskZero: true })
    const encoder = lstm({ units: 3, returnState: true, name: 'encoder' })
    const decoder = lstm({ units: 3, name: 'decoder' })
    const e = vectors.apply(ids)
    const [, h, c] = encoder.apply(dropout({ rate: 0.5 }).apply(e))
    const net = model({ inputs: ids, outputs: decoder.apply(e, { initialState: { h, c } }) })
    const x = int([3, 1, 0, 0, 5, 2, 8, 0]).reshape([2, 4])
    const mask = x.notEqual(0)
    const z = vectors.forward(x)
    const [, h1, c1] = encoder.forward(z, { mask })
    const expected = decoder.forward(z, { mask, initialState: { h: h1, c: c1 } })
    expectClose(net.eval().forward(x), expected.data(), 1e-6)
  })

  it('takes models as layers, with their parameters shared', () => {
    manualSeed(6)
    const inner = sequential(dense({ units: 3 }), dense({ units: 4 }))
    const x = input({ shape: [4] })
    const tower = model({ inputs: x, outputs: new Add().apply([x, inner.apply(x)]), name: 'tower' })
    const y = input({ shape: [4] })
    const net = model({ inputs: y, outputs: tower.apply(tower.apply(y)) })
    expect([...net.namedParameters().keys()]).toEqual([
      'tower.sequential.dense.kernel',
      'tower.sequential.dense.bias',
      'tower.sequential.dense_1.kernel',
      'tower.sequential.dense_1.bias',
    ])
    const data = normal([2, 4], 1)
    expectClose(net.forward(data), tower.forward(tower.forward(data)).data())
    expect(sequential(tower, dense({ units: 1 })).forward(data).shape).toEqual([2, 1])
  })

  it('runs modules of the user’s own, whose shapes only running tells', () => {
    class Twice extends Module {
      readonly inner = dense({ units: 4 })
      forward(x: Tensor): Tensor {
        return this.inner.forward(this.inner.forward(x))
      }
    }
    class Halves extends Layer<number, number, readonly Tensor[]> {
      override get givesList(): boolean {
        return true
      }
      override outputShape([size]: Shape): Shape {
        return [size / 2]
      }
      override outputShapes([shape]: readonly (Shape | null)[]): readonly (Shape | null)[] {
        const half = shape === null ? null : this.outputShape(shape)
        return [half, half]
      }
      protected override compute(x: Tensor): readonly Tensor[] {
        const half = x.shape[1] / 2
        return [x.slice([null, [0, half]]), x.slice([null, [half, 2 * half]])]
      }
    }
    const x = input({ shape: [4] })
    const [first, second] = new Halves().apply(new Twice().apply(x))
    const net = model({ inputs: x, outputs: dense({ units: 2 }).apply(new Add().apply([first, second])) })
    expect(() => net.parameters()).toThrow(/input size is unknown/)
    expect(net.predict(ones([3, 4])).shape).toEqual([3, 2])
    expect(net.parameters()).toHaveLength(4)
  })

  it('begins at a tensor in the middle of another graph', () => {
    const x = input({ shape: [4] })
    const code = dense({ units: 2 }).apply(x)
    const decoded = dense({ units: 4 }).apply(code)
    const whole = model({ inputs: x, outputs: decoded })
    const [encoder, decoder] = [
      model({ inputs: x, outputs: code }),
      model({ inputs: code, outputs: decoded }),
    ]
    const data = normal([3, 4], 8)
    expectClose(decoder.forward(encoder.forward(data)), whole.forward(data).data())
    expect(decoder.parameters()).toHaveLength(2)
  })
})

describe('names in a graph', () => {
  it('come of the classes in the order of use, whatever model was made before', () => {
    const build = () => {
      const x = input({ shape: [2] })
      const a = dense({ units: 2 }).apply(x)
      return model({ inputs: x, outputs: new Add().apply([a, dense({ units: 2 }).apply(a)]) })
    }
    expect(
      build()
        .namedLayers()
        .map(([name]) => name),
    ).toEqual(['dense', 'dense_1', 'add'])
    expect(
      build()
        .namedLayers()
        .map(([name]) => name),
    ).toEqual(['dense', 'dense_1', 'add'])
    expect(build().inputNames).toEqual(['input'])
    expect(build().outputNames).toEqual(['add'])
  })

  it('are unique for outputs of one layer and inputs without names', () => {
    const [x, y] = [input({ shape: [2] }), input({ shape: [2] })]
    const shared = dense({ units: 1 })
    const net = model({ inputs: [x, y], outputs: [shared.apply(x), shared.apply(y)] })
    expect(net.inputNames).toEqual(['input', 'input_1'])
    expect(net.outputNames).toEqual(['dense', 'dense_1'])
  })

  it('made by one model give way in another', () => {
    const x = input({ shape: [2] })
    const a = dense({ units: 2 }).apply(x)
    model({ inputs: x, outputs: a })
    const y = input({ shape: [2] })
    const b = dense({ units: 2 }).apply(y)
    model({ inputs: y, outputs: b })
    const both = model({ inputs: [x, y], outputs: new Add().apply([a, b]) })
    expect([...both.namedParameters().keys()]).toEqual([
      'dense.kernel',
      'dense.bias',
      'dense_1.kernel',
      'dense_1.bias',
    ])
  })

  it('of the user are refused when two layers have one', () => {
    const x = input({ shape: [2] })
    const y = dense({ units: 2, name: 'a' }).apply(dense({ units: 2, name: 'a' }).apply(x))
    expect(() => model({ inputs: x, outputs: y })).toThrow(/two layers named "a"/)
  })
})

describe('mistakes in a graph', () => {
  const x = input({ shape: [4], name: 'text' })

  it.each<[string, () => unknown, new (...facts: never[]) => Error, RegExp]>([
    [
      'another size',
      () => dense({ units: 1, inputSize: 3, name: 'head' }).apply(input({ shape: [4] as Shape })),
      ShapeError,
      /^in Dense "head": needs \[batch, ..., 3\], got \[batch, 4\]/,
    ],
    [
      'merging unequal shapes',
      () => new Add({ name: 'sum' }).apply([x, input({ shape: [5] })]),
      ShapeError,
      /^in Add "sum": .*4 ≠ 5/,
    ],
    ['merging one tensor', () => new Add().apply([x]), ValueError, /2 or more tensors, got 1/],
    [
      'tensors in place of symbolic ones',
      () => dense({ units: 1 }).apply(zeros([1, 4]) as never),
      ValueError,
      /takes what input\(\) and apply\(\) give/,
    ],
    [
      'a context nobody reads',
      () => dense({ units: 1 }).apply(x, { initialState: x }),
      ValueError,
      /has no input "initialState"/,
    ],
    [
      'a tensor in a context',
      () => multiHeadAttention({ numHeads: 1 }).apply(input({ shape: [2, 4] }), { key: zeros([1]) as never }),
      ValueError,
      /takes what input/,
    ],
    [
      'an input that is not listed',
      () => model({ inputs: input({ shape: [1] }), outputs: dense({ units: 1 }).apply(x) }),
      ValueError,
      /depends on the input "text" \[batch, 4\]/,
    ],
    [
      'an input listed twice',
      () => model({ inputs: [x, x], outputs: dense({ units: 1 }).apply(x) }),
      ValueError,
      /the same input twice/,
    ],
    ['no outputs', () => model({ inputs: x, outputs: [] }), ValueError, /an empty list/],
    [
      'an unknown option',
      () => input({ shape: [1], nmae: 'x' } as never),
      ValueError,
      /has no option "nmae"/,
    ],
    ['a bad shape', () => input({ shape: [1.5] }), ShapeError, /whole numbers/],
    [
      'a bad dtype',
      () => input({ shape: [1], dtype: 'float16' as never }),
      ValueError,
      /float32, int32 and bool/,
    ],
  ])('are refused: %s', (_, run, kind, message) => {
    const error = errorOf(run)
    expect(error).toBeInstanceOf(kind)
    expect(error.message).toMatch(message)
  })

  it('in data are refused by the name of the input', async () => {
    const { net } = twoTowers()
    const [a, b] = [ones([2, 4]), ones([2, 4])]
    expect(() => net.predict([a, ones([2, 5])])).toThrow(
      /Model "model": input "right" needs \[batch, 4\], got \[batch, 5\]/,
    )
    expect(() => net.predict([a])).toThrow(/needs 2 sets of x \(left, right\), got 1/)
    expect(() => net.predict(a)).toThrow(/needs 2 sets of x/)
    expect(() => net.predict({ left: a })).toThrow(/misses x "right"/)
    expect(() => net.predict({ left: a, rihgt: b })).toThrow(/did you mean 'right'/)
    expect(() => net.predict([a, ones([3, 4])])).toThrow(/equally many examples/)
    expect(() => net.forward(a)).toThrow(/takes 2 tensors \(left, right\), got 1/)
  })

  it('in compile settings are refused by the name of the output', () => {
    const { net } = twoTowers()
    const optimizer = 'sgd' as const
    expect(() => net.compile({ optimizer, loss: { price: 'meanSquaredError' } })).toThrow(
      /no loss for the output "kind"/,
    )
    expect(() => net.compile({ optimizer, loss: ['meanSquaredError'] })).toThrow(/each of the 2 outputs/)
    expect(() => net.compile({ optimizer, loss: 'meanSquaredError', lossWeights: { prize: 1 } })).toThrow(
      /did you mean 'price'/,
    )
    expect(() => net.compile({ optimizer, loss: 'meanSquaredError', lossWeights: [1, Number.NaN] })).toThrow(
      /finite lossWeights/,
    )
  })
})

describe('a model of the user’s own with several inputs', () => {
  class Scorer extends Model {
    readonly head = dense({ units: 1, inputSize: 4 })
    override get inputNames(): readonly string[] {
      return ['query', 'document']
    }
    override forward([query, document]: readonly Tensor[]): Tensor {
      return this.head.forward(query.mul(document))
    }
  }

  it('says their names, and gets a list', async () => {
    manualSeed(1)
    const net = new Scorer()
    net.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
    const data = { query: normal([8, 4], 1), document: normal([8, 4], 2) }
    const { history } = await net.fit(data, ones([8, 1]), { epochs: 20, verbose: false })
    expect(history.loss[19]).toBeLessThan(history.loss[0])
    expect(net.predict(data).shape).toEqual([8, 1])
  })
})
