import * as t from '../../../src/index.ts'
import type { Model, ModelResult } from '../../../src/train/model.ts'

/** A model with weights that are all different, and a batch for it. */
export interface Example {
  readonly name: string
  readonly make: () => { readonly model: Model<ModelResult>; readonly inputs: readonly t.Tensor[] }
}

const images = (): t.Tensor => t.uniform([2, 8, 6, 3], { low: -1, high: 1 })
const sequences = (): t.Tensor => t.uniform([3, 5, 4], { low: -1, high: 1 })
const rows = (): t.Tensor => t.uniform([4, 6], { low: -1, high: 1 })
/** Padding in front, at the end, and in between. */
const ids = (): t.Tensor =>
  t.tensor(
    [
      [0, 0, 3, 4, 5],
      [1, 2, 0, 0, 0],
      [6, 0, 7, 0, 2],
    ],
    { dtype: 'int32' },
  )

type Layers = Parameters<typeof t.sequential>

/** A Sequential of these layers that has met the batch. */
function chain(name: string, x: () => t.Tensor, layers: () => readonly unknown[]): Example {
  return {
    name,
    make: () => {
      t.manualSeed(7)
      const model = t.sequential(...(layers() as unknown[] as Layers))
      const batch = x()
      model.predict(batch)
      stir(model)
      return { model, inputs: [batch] }
    },
  }
}

function graph(name: string, build: () => ReturnType<Example['make']>): Example {
  return {
    name,
    make: () => {
      t.manualSeed(7)
      const made = build()
      stir(made.model)
      return made
    },
  }
}

/** Zero biases and unit scales would hide mistakes. */
function stir(model: Model<ModelResult>): void {
  for (const [name, tensor] of model.namedState()) {
    const low = name.includes('Variance') ? 0.5 : -0.5
    t.assign(tensor, tensor.mul(0.5).add(t.uniform(tensor.shape as number[], { low, high: low + 1 })))
  }
}

const activations = [
  'linear',
  'relu',
  'relu6',
  'leakyRelu',
  'elu',
  'selu',
  'gelu',
  'silu',
  'mish',
  'tanh',
  'sigmoid',
  'hardSigmoid',
  'softplus',
  'softsign',
  'softmax',
] as const

const embed = (maskZero: boolean) => t.embedding({ inputDim: 8, outputDim: 4, maskZero })

const recurrent: [string, (options: object) => unknown][] = [
  ['lstm', o => t.lstm({ units: 3, ...o })],
  [
    'lstm separate hardSigmoid',
    o => t.lstm({ units: 3, bias: 'separate', recurrentActivation: 'hardSigmoid', ...o }),
  ],
  ['lstm without bias', o => t.lstm({ units: 3, bias: 'none', ...o })],
  ['gru', o => t.gru({ units: 3, ...o })],
  ['gru reset before', o => t.gru({ units: 3, resetAfter: false, ...o })],
  ['gru without bias', o => t.gru({ units: 3, useBias: false, ...o })],
  ['lstm relu', o => t.lstm({ units: 3, activation: 'relu', recurrentActivation: 'softsign', ...o })],
  ['gru linear', o => t.gru({ units: 3, activation: 'linear', recurrentActivation: 'hardSigmoid', ...o })],
  ['simpleRNN', o => t.simpleRNN({ units: 3, ...o })],
  ['simpleRNN relu', o => t.simpleRNN({ units: 3, activation: 'relu', bias: 'separate', ...o })],
]

/** Each recurrent layer with its last step, with all steps, backwards, and with masks. */
const recurrentExamples = recurrent.flatMap(([name, make]) => [
  chain(name, sequences, () => [make({})]),
  chain(`${name} sequences`, sequences, () => [make({ returnSequences: true }), t.dense({ units: 2 })]),
  chain(`${name} backwards`, sequences, () => [make({ returnSequences: true, goBackwards: true })]),
  chain(`${name} masked`, ids, () => [embed(true), make({ returnSequences: true }), make({})]),
  chain(`${name} masked backwards`, ids, () => [
    embed(true),
    make({ returnSequences: true, goBackwards: true }),
  ]),
])

const merges = [t.Add, t.Subtract, t.Multiply, t.Average, t.Maximum, t.Minimum]

export const examples: readonly Example[] = [
  ...activations.map(activation =>
    chain(`dense ${activation}`, rows, () => [t.dense({ units: 3, activation })]),
  ),
  chain('dense without bias', rows, () => [t.dense({ units: 3, useBias: false })]),
  chain('dense on sequences', sequences, () => [t.dense({ units: 3, activation: 'gelu' })]),
  chain('embedding', ids, () => [embed(false), t.flatten(), t.dense({ units: 2 })]),
  chain('dropout and noise', rows, () => [
    t.dropout({ rate: 0.5 }),
    new t.GaussianNoise({ stddev: 1 }),
    t.dense({ units: 2 }),
  ]),
  chain('spatial dropout', sequences, () => [new t.SpatialDropout1D({ rate: 0.5 }), t.lstm({ units: 2 })]),
  chain('reshape and permute', rows, () => [
    new t.Reshape({ targetShape: [3, -1] }),
    new t.Permute({ dims: [2, 1] }),
    t.dense({ units: 2 }),
  ]),
  chain('repeat vector', rows, () => [
    t.repeatVector({ times: 3 }),
    t.lstm({ units: 2, returnSequences: true }),
  ]),
  chain('time distributed dense', sequences, () => [t.timeDistributed({ layer: t.dense({ units: 2 }) })]),
  chain(
    'time distributed convolution',
    () => t.uniform([2, 3, 5, 4], { low: -1, high: 1 }),
    () => [t.timeDistributed({ layer: t.conv1d({ filters: 2, kernelSize: 3 }) })],
  ),
  ...recurrentExamples,
  ...(['concat', 'sum', 'mul', 'ave'] as const).map(mergeMode =>
    chain(`bidirectional ${mergeMode}`, ids, () => [
      embed(true),
      t.bidirectional({ layer: t.lstm({ units: 3, returnSequences: true }), mergeMode }),
      t.bidirectional({ layer: t.gru({ units: 2 }), mergeMode }),
    ]),
  ),
  chain('conv1d causal', sequences, () => [
    t.conv1d({ filters: 3, kernelSize: 2, padding: 'causal', dilationRate: 2 }),
  ]),
  chain('conv1d same', sequences, () => [
    t.conv1d({ filters: 3, kernelSize: 4, padding: 'same' }),
    t.lstm({ units: 2 }),
  ]),
  chain('conv2d stack', images, () => [
    t.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }),
    t.batchNormalization(),
    t.activation({ activation: 'relu' }),
    t.maxPooling2d(),
    t.conv2d({ filters: 2, kernelSize: [2, 3], strides: [2, 1] }),
    t.flatten(),
    t.dense({ units: 3, activation: 'softmax' }),
  ]),
  chain(
    'conv2d groups',
    () => t.uniform([2, 6, 5, 4], { low: -1, high: 1 }),
    () => [t.conv2d({ filters: 6, kernelSize: 3, groups: 2, padding: 'same', strides: 2, useBias: false })],
  ),
  chain(
    'conv2d channels first',
    () => t.uniform([2, 3, 6, 5], { low: -1, high: 1 }),
    () => [
      t.conv2d({
        filters: 4,
        kernelSize: 3,
        dataFormat: 'channelsFirst',
        dilationRate: 2,
        padding: [
          [2, 1],
          [0, 2],
        ],
      }),
      t.batchNormalization({ axis: 1 }),
      t.globalAveragePooling2d({ dataFormat: 'channelsFirst' }),
    ],
  ),
  chain('conv2d softmax', images, () => [t.conv2d({ filters: 4, kernelSize: 1, activation: 'softmax' })]),
  chain('depthwise', images, () => [
    t.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same' }),
  ]),
  chain('separable', images, () => [t.separableConv2d({ filters: 4, kernelSize: 3, activation: 'tanh' })]),
  ...(['same', 'valid', 1] as const).map(padding =>
    chain(`transposed convolution ${padding}`, images, () => [
      t.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding }),
    ]),
  ),
  chain('transposed convolution output padding', images, () => [
    t.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: 'same', outputPadding: 1 }),
  ]),
  chain('pooling 1d', sequences, () => [
    t.maxPooling1d({ poolSize: 2, strides: 1, padding: 'same' }),
    t.averagePooling1d(),
  ]),
  chain('pooling 2d', images, () => [
    t.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
    t.maxPooling2d({ poolSize: [2, 1], padding: 'same' }),
  ]),
  chain('global pooling', images, () => [t.globalAveragePooling2d(), t.dense({ units: 2 })]),
  chain('global max pooling', sequences, () => [t.globalMaxPooling1d(), t.dense({ units: 2 })]),
  chain('global pooling that keeps axes', images, () => [
    t.conv2d({ filters: 4, kernelSize: 1 }),
    t.globalMaxPooling2d({ keepDims: true }),
  ]),
  chain('global average of a sequence', sequences, () => [t.globalAveragePooling1d()]),
  chain('up sampling nearest', images, () => [t.upSampling2d({ size: [2, 3] })]),
  chain('up sampling bilinear', images, () => [t.upSampling2d({ size: 2, interpolation: 'bilinear' })]),
  chain('batch normalization of rows', rows, () => [t.batchNormalization(), t.dense({ units: 2 })]),
  chain('batch normalization of sequences', sequences, () => [t.batchNormalization({ scale: false })]),
  chain('layer normalization', sequences, () => [
    t.layerNormalization(),
    t.layerNormalization({ center: false, scale: false }),
  ]),
  chain('rms normalization', sequences, () => [t.rmsNormalization()]),
  chain(
    'group normalization',
    () => t.uniform([2, 3, 5, 4], { low: -1, high: 1 }),
    () => [t.groupNormalization({ groups: 2 })],
  ),
  chain('attention', sequences, () => [t.multiHeadAttention({ numHeads: 2 })]),
  chain('attention masked', ids, () => [
    embed(true),
    t.multiHeadAttention({ numHeads: 2, causal: true, rotary: true }),
  ]),
  chain('transformer', ids, () => [
    embed(true),
    t.positionEmbedding({ maxLength: 9 }),
    t.transformerEncoderLayer({ numHeads: 2, intermediateDim: 6, activation: 'gelu' }),
    t.transformerEncoderLayer({ numHeads: 2, intermediateDim: 6, normFirst: true, causal: true }),
    t.globalAveragePooling1d(),
    t.dense({ units: 2, activation: 'softmax' }),
  ]),
  chain('sinusoidal positions and decoder', ids, () => [
    embed(false),
    t.sinusoidalPositionEncoding(),
    t.transformerDecoderLayer({ numHeads: 2, intermediateDim: 6, rotary: true }),
  ]),
  chain('layers of single elements', sequences, () => [
    t.rescaling({ scale: 2, offset: 0.5 }),
    new t.ReLU({ maxValue: 1, negativeSlope: 0.1 }),
    new t.ReLU({ threshold: 0.2, negativeSlope: 0.3, maxValue: 0.8 }),
    new t.LeakyReLU(),
    new t.ELU({ alpha: 0.7 }),
    t.prelu({ sharedAxes: [1] }),
    t.prelu(),
    new t.ThresholdedReLU({ theta: 0.1 }),
    t.alphaDropout({ rate: 0.5 }),
    t.gaussianDropout({ rate: 0.5 }),
    new t.Softmax({ axis: 1 }),
  ]),
  chain(
    'masking',
    () =>
      t.tensor([
        [
          [0, 0],
          [1, 2],
          [0, 3],
        ],
        [
          [4, 5],
          [0, 0],
          [0, 0],
        ],
      ]),
    () => [t.masking(), t.lstm({ units: 3, returnSequences: true }), t.gru({ units: 2 })],
  ),
  chain('margins of images', images, () => [
    t.zeroPadding2d({
      padding: [
        [1, 2],
        [0, 1],
      ],
    }),
    t.conv2d({ filters: 2, kernelSize: 3 }),
    t.spatialDropout2d({ rate: 0.5 }),
    t.cropping2d({
      cropping: [
        [1, 0],
        [2, 1],
      ],
    }),
    t.zeroPadding2d(),
  ]),
  chain('margins of sequences', sequences, () => [
    t.zeroPadding1d({ padding: [2, 1] }),
    t.cropping1d({ cropping: [1, 2] }),
    t.lstm({ units: 2 }),
  ]),
  chain('nested sequential', rows, () => [
    t.sequential(t.dense({ units: 4, activation: 'tanh' })),
    t.dense({ units: 2 }),
  ]),
  ...merges.map(Merge =>
    graph(`merge ${Merge.name}`, () => {
      const [a, b] = [t.input({ shape: [6] }), t.input({ shape: [6] })]
      const hidden = t.dense({ units: 3 }).apply(a)
      const other = t.dense({ units: 3 }).apply(b)
      return {
        model: t.model({ inputs: [a, b], outputs: new Merge().apply([hidden, other]) }),
        inputs: [rows(), rows()],
      }
    }),
  ),
  graph('residual convolutions', () => {
    const x = t.input({ shape: [-1, -1, 3] })
    const y = t.conv2d({ filters: 3, kernelSize: 3, padding: 'same' }).apply(x)
    const z = t.conv2d({ filters: 3, kernelSize: 3, padding: 'same' }).apply(y)
    const sum = new t.Add().apply([y, z])
    const joined = new t.Concatenate().apply([sum, x])
    return { model: t.model({ inputs: x, outputs: [joined, sum] }), inputs: [images()] }
  }),
  graph('dot with cosine', () => {
    const [a, b] = [t.input({ shape: [6] }), t.input({ shape: [6] })]
    return {
      model: t.model({ inputs: [a, b], outputs: new t.Dot({ axes: 1, normalize: true }).apply([a, b]) }),
      inputs: [rows(), rows()],
    }
  }),
  graph('encoder and decoder', () => {
    const source = t.input({ shape: [-1], dtype: 'int32', name: 'source' })
    const target = t.input({ shape: [-1], dtype: 'int32', name: 'target' })
    const table = embed(true)
    const [, h, c] = t.lstm({ units: 4, returnState: true }).apply(table.apply(source))
    const steps = t
      .lstm({ units: 4, returnSequences: true })
      .apply(table.apply(target), { initialState: { h, c } })
    const out = t.timeDistributed({ layer: t.dense({ units: 8, activation: 'softmax' }) }).apply(steps)
    return { model: t.model({ inputs: [source, target], outputs: out }), inputs: [ids(), ids()] }
  }),
  graph('cross attention', () => {
    const source = t.input({ shape: [-1, 4], name: 'source' })
    const target = t.input({ shape: [-1, 4], name: 'target' })
    const decoder = t.transformerDecoderLayer({ numHeads: 2, intermediateDim: 6, crossAttention: true })
    const y = decoder.apply(target, { memory: source })
    return { model: t.model({ inputs: [source, target], outputs: y }), inputs: [sequences(), sequences()] }
  }),
  graph('shared layer', () => {
    const [a, b] = [t.input({ shape: [6] }), t.input({ shape: [6] })]
    const tower = t.dense({ units: 3, activation: 'tanh' })
    const out = new t.Concatenate().apply([tower.apply(a), tower.apply(b)])
    return { model: t.model({ inputs: [a, b], outputs: out }), inputs: [rows(), rows()] }
  }),
]
