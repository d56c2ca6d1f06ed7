import { describe, expect, it } from 'vitest'
import { loadTfjsModel, type TfjsModel, toTfjsModel } from '../../../src/formats/tfjs/index.ts'
import { layerFormats } from '../../../src/formats/tfjs/layers/table.ts'
import * as tensorloom from '../../../src/index.ts'
import {
  adagrad,
  adam,
  adamw,
  bidirectional,
  Concatenate,
  dense,
  embedding,
  flatten,
  gru,
  input,
  type Layer,
  lstm,
  manualSeed,
  model,
  multiHeadAttention,
  type OptimizerSpec,
  rmsprop,
  Sequential,
  sequential,
  type Shape,
  sgd,
  simpleRNN,
  type Tensor,
  timeDistributed,
  UnsupportedError,
  upSampling2d,
} from '../../../src/index.ts'
import { errorOf, rejection } from '../../setup/errors.ts'
import { expectClose, int, normal } from '../../setup/numbers.ts'

type Options = Readonly<Record<string, unknown>>
const [image, sequence, row]: Shape[] = [[6, 6, 2], [5, 3], [4]]

/** Every class that the format knows, with options that are not the defaults, and the shape of an example. */
const cases: [string, Options, Shape][] = [
  ['Activation', { activation: 'silu' }, row],
  ['Activation', { activation: 'geluTanh' }, row],
  ['Activation', { activation: 'hardSigmoid' }, row],
  ['AlphaDropout', { rate: 0.2 }, row],
  ['AveragePooling1D', { poolSize: 3, strides: 2, padding: 'same' }, sequence],
  ['AveragePooling2D', { poolSize: [2, 3], padding: 'same' }, image],
  [
    'BatchNormalization',
    { momentum: 0.8, epsilon: 1e-5, gammaInitializer: { name: 'constant', value: 2 } },
    row,
  ],
  ['BatchNormalization', { axis: 1, scale: false }, sequence],
  [
    'Conv1D',
    {
      filters: 2,
      kernelSize: 2,
      padding: 'same',
      dilationRate: 2,
      activation: 'relu',
      kernelConstraint: { name: 'maxNorm' },
    },
    sequence,
  ],
  [
    'Conv2D',
    {
      filters: 2,
      kernelSize: [2, 3],
      strides: [1, 2],
      padding: 'same',
      useBias: false,
      kernelRegularizer: { l1: 0.1 },
    },
    image,
  ],
  ['Conv2D', { filters: 4, kernelSize: 2, dilationRate: 2 }, image],
  ['Conv2D', { filters: 2, kernelSize: 2, dataFormat: 'channelsFirst' }, [2, 5, 5]],
  ['Conv2DTranspose', { filters: 3, kernelSize: 3, strides: 2, padding: 'same', activation: 'tanh' }, image],
  [
    'Cropping2D',
    {
      cropping: [
        [1, 0],
        [0, 2],
      ],
    },
    image,
  ],
  [
    'Dense',
    {
      units: 3,
      activation: 'softmax',
      kernelInitializer: 'heNormal',
      biasRegularizer: { l2: 0.5 },
      biasConstraint: 'nonNeg',
    },
    row,
  ],
  [
    'Dense',
    {
      units: 3,
      kernelInitializer: { name: 'truncatedNormal', deviation: 0.1 },
      kernelConstraint: { name: 'minMaxNorm', rate: 0.5, axis: 1 },
    },
    row,
  ],
  [
    'Dense',
    {
      units: 3,
      kernelInitializer: { name: 'randomUniform', low: 0, high: 1 },
      kernelConstraint: { name: 'unitNorm' },
      useBias: false,
    },
    sequence,
  ],
  [
    'DepthwiseConv2D',
    { kernelSize: 2, depthMultiplier: 2, padding: 'same', depthwiseRegularizer: { l2: 1 } },
    image,
  ],
  ['Dropout', { rate: 0.25 }, row],
  ['ELU', {}, row],
  ['Flatten', {}, image],
  ['Flatten', { dataFormat: 'channelsFirst' }, image],
  [
    'GRU',
    { units: 3, resetAfter: false, recurrentActivation: 'hardSigmoid', goBackwards: true, useBias: false },
    sequence,
  ],
  ['GaussianDropout', { rate: 0.25 }, row],
  ['GaussianNoise', { stddev: 0.25 }, row],
  ['GlobalAveragePooling1D', {}, sequence],
  ['GlobalAveragePooling2D', { dataFormat: 'channelsFirst' }, image],
  ['GlobalMaxPooling1D', {}, sequence],
  ['GlobalMaxPooling2D', {}, image],
  [
    'LSTM',
    {
      units: 3,
      returnSequences: true,
      activation: 'softsign',
      dropout: 0.1,
      recurrentDropout: 0.2,
      recurrentInitializer: { name: 'identity', gain: 0.5 },
    },
    sequence,
  ],
  [
    'LSTM',
    {
      units: 3,
      bias: 'none',
      recurrentRegularizer: { l2: 0.1 },
      recurrentConstraint: 'nonNeg',
      unitForgetBias: false,
    },
    sequence,
  ],
  ['LayerNormalization', { epsilon: 1e-5, center: false }, sequence],
  ['LeakyReLU', { negativeSlope: 0.2 }, row],
  ['Masking', { maskValue: -1 }, sequence],
  ['MaxPooling1D', { poolSize: 2, strides: 1 }, sequence],
  ['MaxPooling2D', { poolSize: 2, padding: 'same', dataFormat: 'channelsFirst' }, image],
  ['PReLU', { sharedAxes: [1], alphaInitializer: { name: 'randomNormal', mean: 1 } }, sequence],
  ['Permute', { dims: [2, 1] }, sequence],
  ['ReLU', { maxValue: 1.5, negativeSlope: 0.1, threshold: 0.2 }, row],
  ['RepeatVector', { times: 3 }, row],
  ['Rescaling', { scale: 2, offset: -1 }, row],
  ['Reshape', { targetShape: [2, -1] }, row],
  [
    'SeparableConv2D',
    { filters: 3, kernelSize: 2, depthMultiplier: 2, pointwiseInitializer: 'lecunUniform' },
    image,
  ],
  ['SimpleRNN', { units: 3, activation: 'relu', bias: 'separate' }, sequence],
  ['Softmax', { axis: 1 }, sequence],
  ['SpatialDropout1D', { rate: 0.5 }, sequence],
  ['ThresholdedReLU', { theta: 0.3 }, row],
  ['UpSampling2D', { size: [2, 3] }, image],
  [
    'ZeroPadding2D',
    {
      padding: [
        [1, 0],
        [2, 1],
      ],
    },
    image,
  ],
]

const classes = new Map(Object.entries(tensorloom))
const layerOf = (className: string, options: object): Layer => {
  const make = classes.get(className) as new (options: object) => Layer
  return new make(options)
}

const throughFile = ({ modelJson, weights }: TfjsModel) =>
  loadTfjsModel({ modelJson: JSON.parse(JSON.stringify(modelJson)), weights })

describe('a layer in a file', () => {
  it.each(cases)('%s with %o comes back', async (className, options, shape) => {
    manualSeed(1)
    const net = new Sequential([layerOf(className, options)], { inputShape: shape })
    for (const parameter of net.parameters()) parameter.storage.cold = normal(parameter.shape, 7).data()
    const file = toTfjsModel(net)
    const again = (await throughFile(file)) as Sequential
    const x = normal([3, ...shape], 2)
    expectClose(again.predict(x), net.predict(x).data(), 1e-6)
    expect(toTfjsModel(again)).toEqual(file)
  })

  it('is tested for every class', () => {
    const apart = [
      'Add',
      'Average',
      'Concatenate',
      'Dot',
      'Maximum',
      'Minimum',
      'Multiply',
      'Embedding',
      'Bidirectional',
      'TimeDistributed',
      'RNN',
    ]
    const tested = new Set([...cases.map(([name]) => name), ...apart])
    expect([...layerFormats.keys()].filter(name => !tested.has(name))).toEqual([])
  })

  it('is wrapped as it was', async () => {
    manualSeed(2)
    const net = sequential(
      embedding({ inputDim: 7, outputDim: 3, maskZero: true }),
      bidirectional({ layer: lstm({ units: 2, returnSequences: true }), mergeMode: 'sum' }),
      bidirectional({ layer: gru({ units: 2, returnSequences: true, resetAfter: false }), mergeMode: 'mul' }),
      timeDistributed({ layer: dense({ units: 2, activation: 'tanh' }) }),
      bidirectional({ layer: simpleRNN({ units: 2 }), mergeMode: 'ave' }),
    )
    const x = int([1, 2, 3, 0, 4, 5, 0, 0]).reshape([2, 4])
    const before = net.predict(x)
    expectClose(await throughFile(toTfjsModel(net)).then(each => each.predict(x)), before.data())
  })

  it('has one bias there where it has two here', async () => {
    const net = new Sequential([lstm({ units: 2, bias: 'separate' })], { inputShape: sequence })
    for (const parameter of net.parameters()) parameter.storage.cold = normal(parameter.shape, 3).data()
    const again = await throughFile(toTfjsModel(net))
    expect([...again.namedParameters().keys()]).toEqual(['lstm.kernel', 'lstm.recurrentKernel', 'lstm.bias'])
    expectClose(
      again.predict(normal([2, ...sequence], 1)),
      net.predict(normal([2, ...sequence], 1)).data(),
      1e-6,
    )
  })

  it('is frozen when it was', async () => {
    const net = new Sequential([dense({ units: 2 }), dense({ units: 1 })], { inputShape: row })
    net.layers[0].trainable = false
    const again = await throughFile(toTfjsModel(net))
    expect(again.parameters().map(({ requiresGrad }) => requiresGrad)).toEqual([false, false, true, true])
  })
})

describe('a graph in a file', () => {
  it('keeps shared layers, states, lists and models among the layers', async () => {
    manualSeed(3)
    const [a, b] = [input({ shape: [5, 3], name: 'a' }), input({ shape: [4, 3], name: 'b' })]
    const [, h, c] = lstm({ units: 3, returnState: true }).apply(a)
    const shared = lstm({ units: 3, returnSequences: true })
    const d = shared.apply(b, { initialState: { h, c } })
    const inner = new Sequential([dense({ units: 3, name: 'one' }), dense({ units: 3, name: 'two' })], {
      inputShape: [4, 3],
    })
    const both = bidirectional({ layer: simpleRNN({ units: 2 }), mergeMode: 'none' }).apply(
      inner.apply(inner.apply(d)),
    )
    const joined = new Concatenate().apply([both[0], both[1], flatten().apply(shared.apply(b))])
    const net = model({ inputs: [a, b], outputs: [dense({ units: 1, name: 'score' }).apply(joined), d] })
    const x = [normal([2, 5, 3], 1), normal([2, 4, 3], 2)]
    const again = await throughFile(toTfjsModel(net))
    const [want, got] = [net, again].map(each => each.predict(x) as unknown as readonly Tensor[])
    want.forEach((tensor, i) => {
      expectClose(got[i], tensor.data(), 1e-6)
    })
    expect([again.inputNames, again.outputNames]).toEqual([net.inputNames, net.outputNames])
  })
})

describe('settings of training in a file', () => {
  const net = () => new Sequential([dense({ units: 2, activation: 'softmax' })], { inputShape: row })
  it.each<[OptimizerSpec, string]>([
    [adam({ learningRate: 0.05, beta1: 0.8 }), 'Adam'],
    [sgd({ learningRate: 0.5 }), 'SGD'],
    [sgd({ momentum: 0.9, nesterov: true }), 'Momentum'],
    [rmsprop({ rho: 0.8, centered: true, epsilonInRoot: true }), 'RMSProp'],
    [adagrad({ initialAccumulator: 0.2, epsilonInRoot: true }), 'Adagrad'],
  ])('%o comes back', async (optimizer, className) => {
    const first = net()
    first.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] })
    const file = toTfjsModel(first)
    expect(JSON.stringify(file.modelJson.trainingConfig)).toContain(`"${className}"`)
    const again = await throughFile(file)
    const compiled = again.compiledSettings
    expect(compiled?.options.optimizer).toMatchObject({ name: optimizer.name, options: optimizer.options })
    expect(compiled?.outputs[0].loss.builtIn).toBe('categoricalCrossentropy')
    expect(compiled?.outputs[0].metrics).toEqual(['accuracy'])
    expect(toTfjsModel(again)).toEqual(file)
  })

  it.each([adamw(), sgd({ weightDecay: 0.1 }), adam({ amsgrad: true })])(
    '%o has no words there',
    optimizer => {
      const first = net()
      first.compile({ optimizer, loss: 'categoricalCrossentropy' })
      expect(toTfjsModel(first).modelJson.trainingConfig).toBeUndefined()
    },
  )

  it('can be left', async () => {
    const first = net()
    first.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' })
    const { modelJson, weights } = toTfjsModel(first)
    expect((await loadTfjsModel({ modelJson, weights }, { compile: false })).compiledSettings).toBeNull()
  })
})

describe('what the format has no words for', () => {
  it('is named, all of it', () => {
    const attention = multiHeadAttention({ numHeads: 1, name: 'look' })
    const net = new Sequential([attention, sequential(tensorloom.rmsNormalization())], {
      inputShape: sequence,
    })
    const error = errorOf(() => toTfjsModel(net))
    expect(error).toBeInstanceOf(UnsupportedError)
    expect(error.message).toMatch(/MultiHeadAttention "look", RMSNorm "sequential.rms_norm"/)
  })

  it.each<[string, () => Sequential, RegExp]>([
    [
      'a GRU that resets after',
      () => new Sequential([gru({ units: 2 })], { inputShape: sequence }),
      /resetAfter: false/,
    ],
    [
      'a stateful layer',
      () => new Sequential([lstm({ units: 2, stateful: true })], { inputShape: sequence }),
      /leave out stateful/,
    ],
    [
      'images between pixels',
      () => new Sequential([upSampling2d({ interpolation: 'bilinear' })], { inputShape: image }),
      /nearest/,
    ],
    [
      'a model without inputShape',
      () => sequential(dense({ units: 1, inputSize: 2 })),
      /without an inputShape/,
    ],
    [
      'a class of the user’s own',
      () => new (class Mine extends Sequential {})([dense({ units: 1 })], { inputShape: row }),
      /class of your own/,
    ],
  ])('is refused: %s', (_, make, message) => {
    expect(() => toTfjsModel(make())).toThrow(message)
  })

  it('is named when it is read, all of it', async () => {
    const { modelJson, weights } = toTfjsModel(
      new Sequential([dense({ units: 1 }), dense({ units: 1 })], { inputShape: row }),
    )
    const text = JSON.stringify(modelJson)
      .replace('"Dense"', '"ConvLSTM2D"')
      .replace('"Dense"', '"Attention"')
    const error = await rejection(loadTfjsModel({ modelJson: text, weights }))
    expect(error).toBeInstanceOf(UnsupportedError)
    expect((error as UnsupportedError).items).toEqual(['ConvLSTM2D', 'Attention'])
  })
})
