import { describe, expect, it } from 'vitest'
import {
  Add,
  alphaDropout,
  Average,
  Concatenate,
  cropping1d,
  cropping2d,
  deserializeModel,
  Dot,
  ELU,
  gaussianDropout,
  input,
  type Layer,
  LeakyReLU,
  lstm,
  manualSeed,
  masking,
  Maximum,
  Minimum,
  model,
  Multiply,
  ones,
  prelu,
  ReLU,
  rescaling,
  Sequential,
  sequential,
  serializeModel,
  type Shape,
  ShapeError,
  Softmax,
  spatialDropout2d,
  Subtract,
  tensor,
  ThresholdedReLU,
  ValueError,
  zeroPadding1d,
  zeroPadding2d,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { errorOf } from '../setup/errors.ts'
import { expectClose, int, normal } from '../setup/numbers.ts'

const values = [-3, -1, -0.5, 0, 0.5, 1, 3, 8]

/** A layer, what it makes of a number, and of which shape its input is. */
const elementwise: [string, Layer<never, number | 'same'>, (x: number) => number][] = [
  ['ReLU', new ReLU(), x => Math.max(0, x)],
  ['ReLU up to 6', new ReLU({ maxValue: 6 }), x => Math.min(6, Math.max(0, x))],
  [
    'ReLU with everything',
    new ReLU({ maxValue: 6, negativeSlope: 0.1, threshold: 1 }),
    x => (x >= 1 ? Math.min(6, x) : 0.1 * (x - 1)),
  ],
  ['LeakyReLU', new LeakyReLU(), x => (x < 0 ? 0.3 * x : x)],
  ['LeakyReLU with a slope', new LeakyReLU({ negativeSlope: 0.1 }), x => (x < 0 ? 0.1 * x : x)],
  ['ELU', new ELU({ alpha: 0.5 }), x => (x < 0 ? 0.5 * Math.expm1(x) : x)],
  ['ThresholdedReLU', new ThresholdedReLU({ theta: 0.5 }), x => (x > 0.5 ? x : 0)],
  ['PReLU', prelu({ alphaInitializer: { name: 'constant', value: 0.2 } }), x => (x < 0 ? 0.2 * x : x)],
  ['Rescaling', rescaling({ scale: 2, offset: 1 }), x => 2 * x + 1],
]

describe.each(devices)('small layers on %s', device => {
  useDevice(device)

  it.each(elementwise)('%s does what its equation says', (_, layer, f) => {
    expectClose((layer as Layer).forward(tensor(values).reshape([2, 4])), values.map(f), 1e-6)
  })

  it('Softmax runs over its axis', () => {
    const y = new Softmax({ axis: 1 }).forward(normal([2, 3, 4], 1))
    expectClose(y.sum({ axis: 1 }), new Float32Array(8).fill(1), 1e-6)
  })

  it('PReLU shares slopes along axes, and trains them', () => {
    const layer = prelu({ sharedAxes: [1, 2] })
    layer
      .forward(ones([1, 2, 2, 3]).neg())
      .sum()
      .backward()
    expect(layer.alpha.shape).toEqual([1, 1, 3])
    expect(layer.alpha.grad?.data()).toEqual(Float32Array.of(-4, -4, -4))
    expect(() => layer.forward(ones([1, 2, 2, 4]))).toThrow(ShapeError)
  })

  it('paddings and croppings undo each other', () => {
    const x = normal([2, 3, 4, 2], 1)
    const padded = zeroPadding2d({ padding: [[1, 2], [0, 3]] }).forward(x) // biome-ignore format: pairs
    expect(padded.shape).toEqual([2, 6, 7, 2])
    expect(padded.sum().item()).toBeCloseTo(x.sum().item(), 4)
    expectClose(cropping2d({ cropping: [[1, 2], [0, 3]] }).forward(padded), x) // biome-ignore format: pairs
    const first = zeroPadding2d({ padding: [1, 0], dataFormat: 'channelsFirst' }).forward(
      normal([1, 2, 3, 3], 2),
    )
    expect(first.shape).toEqual([1, 2, 5, 3])
    const sequence = normal([2, 3, 4], 3)
    expectClose(
      cropping1d({ cropping: [2, 1] }).forward(zeroPadding1d({ padding: [2, 1] }).forward(sequence)),
      sequence,
    )
  })

  it('Masking names padding, which an LSTM then skips', () => {
    manualSeed(1)
    const layer = lstm({ units: 2, inputSize: 2 })
    const x = tensor([[[1, 2], [3, 4], [-1, -1]], [[-1, 2], [-1, -1], [-1, -1]]]) // biome-ignore format: sequences
    const net = sequential(masking({ maskValue: -1 }), layer)
    const short = layer.forward(
      x.slice([
        [0, 1],
        [0, 2],
      ]),
    )
    expectClose(net.forward(x).slice([[0, 1]]), short.data())
    expectClose(
      net.forward(x).slice([[1, 2]]),
      layer
        .forward(
          x.slice([
            [1, 2],
            [0, 1],
          ]),
        )
        .data(),
    )
  })

  it('merges compute element by element, and broadcast', () => {
    const [a, b] = [tensor([[1, 4]]), tensor([[3, 2]])]
    expect(new Add().forward([a, b, b]).toArray()).toEqual([[7, 8]])
    expect(new Subtract().forward([a, b]).toArray()).toEqual([[-2, 2]])
    expect(new Multiply().forward([a, b]).toArray()).toEqual([[3, 8]])
    expect(new Average().forward([a, b]).toArray()).toEqual([[2, 3]])
    expect(new Maximum().forward([a, b]).toArray()).toEqual([[3, 4]])
    expect(new Minimum().forward([a, b]).toArray()).toEqual([[1, 2]])
    expect(new Add().forward([ones([2, 3, 4]), ones([2, 1, 4])]).shape).toEqual([2, 3, 4])
    expect(new Concatenate({ axis: 1 }).forward([ones([2, 3, 4]), ones([2, 1, 4])]).shape).toEqual([2, 4, 4])
  })

  it('Dot multiplies over axes, example by example', () => {
    const [a, b] = [normal([2, 3, 4], 1), normal([2, 5, 4], 2)]
    const product = new Dot({ axes: 2 }).forward([a, b])
    expectClose(product, a.matmul(b.transpose()).data(), 1e-5)
    const [u, v] = [normal([3, 4], 3), normal([3, 4], 4)]
    const cosine = u
      .mul(v)
      .sum({ axis: 1 })
      .div(
        u
          .square()
          .sum({ axis: 1 })
          .mul(v.square().sum({ axis: 1 }))
          .sqrt(),
      )
    expectClose(new Dot({ normalize: true }).forward([u, v]), cosine.data(), 1e-5)
    expect(new Dot().forward([u, v]).shape).toEqual([3, 1])
  })
})

describe('noise', () => {
  it('drops whole channels of images', () => {
    manualSeed(1)
    const layer = spatialDropout2d({ rate: 0.5 })
    const sums = layer
      .forward(ones([8, 4, 4, 3]))
      .sum({ axis: [1, 2] })
      .data()
    expect([...new Set(sums)].sort((a, b) => a - b)).toEqual([0, 32])
    expect(
      layer
        .eval()
        .forward(ones([1, 2, 2, 3]))
        .sum()
        .item(),
    ).toBe(12)
  })

  it.each([
    ['GaussianDropout', gaussianDropout({ rate: 0.3 }), 1, 1 + 0.3 / 0.7],
    ['AlphaDropout', alphaDropout({ rate: 0.3 }), 0, 1],
  ])('%s keeps mean and second moment where it should', (_, layer, mean, moment) => {
    manualSeed(2)
    const x = mean === 1 ? ones([200, 500]) : normal([200, 500], 1)
    const y = layer.forward(x)
    expect(y.mean().item()).toBeCloseTo(mean, 1)
    expect(y.square().mean().item()).toBeCloseTo(moment, 1)
    expect(layer.eval().forward(x)).toBe(x)
  })
})

describe('masks in merges', () => {
  it('meet where steps count in all inputs, and follow each other along time', () => {
    const [a, b] = [int([1, 1, 0, 1]).reshape([2, 2]), int([1, 0, 1, 1]).reshape([2, 2])]
    const x = ones([2, 2, 3])
    const [both] = new Add().masksFor([x, x], [a, b])
    expect(both?.toArray()).toEqual([[true, false], [false, true]]) // biome-ignore format: a table
    const [long] = new Concatenate({ axis: 1 }).masksFor([x, x], [a, null])
    expect(long?.toArray()).toEqual([[1, 1, 1, 1], [0, 1, 1, 1]]) // biome-ignore format: a table
    expect(new Add().masksFor([x, x], [null, null])).toEqual([null])
  })
})

describe('what the layers cannot take', () => {
  it.each<[() => unknown, typeof ShapeError | typeof ValueError, RegExp]>([
    [
      () => cropping2d({ cropping: 2 }).forward(ones([1, 4, 4, 1])),
      ShapeError,
      /leaves nothing of \[batch, 4, 4, 1\]/,
    ],
    [() => zeroPadding2d({ padding: [1, -1] }), ValueError, /whole numbers ≥ 0, got \[1,-1\]/],
    [() => masking().forward(ones([1, 2])), ShapeError, /needs \[batch, time, features\]/],
    [() => new Concatenate({ axis: 0 }), ValueError, /other than 0/],
    [() => new Concatenate().forward([ones([1, 2, 3]), ones([1, 3, 3])]), ShapeError, /cannot join/],
    [() => new Dot({ axes: 1 }).forward([ones([1, 2]), ones([1, 3])]), ShapeError, /cannot multiply/],
    [() => new Subtract().forward([ones([1]), ones([1]), ones([1])]), ValueError, /takes two tensors, got 3/],
    [() => new Add().forward([ones([1, 2]), ones([2, 2])]), ShapeError, /batches of one size, got 1, 2/],
    [() => new ELU({ alpha: Number.NaN }), ValueError, /finite alpha/],
    [() => new Softmax({ axis: 0.5 }), ValueError, /whole number, got 0.5/],
    [() => rescaling({ scale: Number.POSITIVE_INFINITY }), ValueError, /finite scale/],
    [() => gaussianDropout({ rate: 1 }), ValueError, /0 ≤ rate < 1, got 1/],
  ])('%s', (make, kind, message) => {
    const error = errorOf(make)
    expect(error).toBeInstanceOf(kind)
    expect(error.message).toMatch(message)
  })
})

describe('saving', () => {
  const layers: [Layer<never, number | 'same'>, Shape][] = [
    ...elementwise.map(([, layer]): [Layer<never, number | 'same'>, Shape] => [layer, [4]]),
    [new Softmax({ axis: 1 }), [3, 4]],
    [prelu({ sharedAxes: [1] }), [3, 4]],
    [zeroPadding1d({ padding: [1, 2] }), [3, 4]],
    [cropping1d({ cropping: 1 }), [3, 4]],
    [zeroPadding2d({ padding: [[1, 2], [0, 1]] }), [3, 3, 2]], // biome-ignore format: pairs
    [cropping2d({ cropping: [1, 0] }), [3, 3, 2]],
    [spatialDropout2d({ rate: 0.5, dataFormat: 'channelsFirst' }), [3, 3, 2]],
    [gaussianDropout({ rate: 0.5 }), [4]],
    [alphaDropout({ rate: 0.5 }), [4]],
    [masking({ maskValue: 3 }), [3, 4]],
  ]

  it.each(layers)('gives %o back', (layer, shape) => {
    const net = new Sequential([layer.className === 'PReLU' ? prelu(layer.config()) : layer], {
      inputShape: shape,
    })
    const bytes = serializeModel(net)
    const { model: again } = deserializeModel(bytes)
    const x = normal([2, ...shape], 5)
    expectClose(again.predict(x), net.predict(x).data())
    expect(serializeModel(again)).toEqual(bytes)
  })

  it('gives merges back', () => {
    const [a, b] = [input({ shape: [4] }), input({ shape: [4] })]
    const merges = [Add, Subtract, Multiply, Average, Maximum, Minimum].map(Merge =>
      new Merge().apply([a, b]),
    )
    const dots = new Dot({ axes: 1, normalize: true }).apply([a, b])
    const net = model({ inputs: [a, b], outputs: new Concatenate().apply([...merges, dots]) })
    const data = [normal([2, 4], 1), normal([2, 4], 2)]
    expectClose(deserializeModel(serializeModel(net)).model.predict(data), net.predict(data).data())
  })
})
