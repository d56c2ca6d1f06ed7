import { describe, expect, it } from 'vitest'
import { Value } from '../../src/formats/onnx/value.ts'
import { operatorModel } from '../formats/onnx/graphs.ts'
import {
  type Attributes,
  below,
  type Case,
  float,
  floats,
  image,
  positive,
  random,
  scalar,
  wholes,
} from './operator-values.ts'
import { type Output, runtime } from './runtime.ts'
import { unary, poolings, convolutions, resizes } from './window-cases.ts'

const recurrences = (['LSTM', 'GRU', 'RNN'] as const).flatMap(opType => {
  const gates = { LSTM: 4, GRU: 3, RNN: 1 }[opType]
  const make = (directions: number, attributes: Attributes, extra: readonly (Value | null)[] = []): Case => ({
    opType,
    outputs: opType === 'LSTM' ? 3 : 2,
    inputs: [
      random(5, 3, 2),
      random(directions, gates * 4, 2),
      random(directions, gates * 4, 4),
      random(directions, gates * 8),
      ...extra,
    ],
    attributes: { hidden_size: 4, ...attributes },
  })
  const lengths = Value.ofNumbers([5, 2, 4], [3], 'int32')
  return [
    make(1, {}),
    make(2, { direction: 'bidirectional' }, [lengths]),
    make(1, { direction: 'reverse' }, [
      lengths,
      random(1, 3, 4),
      ...(opType === 'LSTM' ? [random(1, 3, 4), random(1, 12)] : []),
    ]),
    make(1, { clip: float(0.3) }),
    ...(opType === 'GRU'
      ? [make(1, { linear_before_reset: 1 }), make(1, { activations: ['HardSigmoid', 'Softsign'] })]
      : []),
    ...(opType === 'LSTM'
      ? [make(1, { activations: ['HardSigmoid', 'Relu', 'Tanh'] }), make(1, { input_forget: 1 })]
      : []),
  ]
})

const reductions = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'SumSquare'].flatMap(
  (name): Case[] => [
    {
      opType: `Reduce${name}`,
      opset: 18,
      inputs: [positive(3, 4, 2), wholes(0, -1)],
      attributes: { keepdims: 0 },
    },
    { opType: `Reduce${name}`, opset: 18, inputs: [positive(3, 4)], attributes: { noop_with_empty_axes: 1 } },
    { opType: `Reduce${name}`, opset: 11, inputs: [positive(3, 4)], attributes: { axes: [1] } },
  ],
)

const others: Case[] = [
  {
    opType: 'LRN',
    inputs: [image()],
    attributes: { size: 3, alpha: float(0.2), beta: float(0.6), bias: float(1.5) },
  },
  { opType: 'InstanceNormalization', inputs: [image(), random(4), random(4)] },
  {
    opType: 'GroupNormalization',
    opset: 21,
    inputs: [image(), random(4), random(4)],
    attributes: { num_groups: 2 },
  },
  {
    opType: 'LayerNormalization',
    opset: 17,
    inputs: [image(), random(7, 6), random(7, 6)],
    attributes: { axis: 2 },
    outputs: 1,
  },
  {
    opType: 'BatchNormalization',
    inputs: [image(), random(4), random(4), random(4), positive(4)],
    attributes: { epsilon: float(0.01) },
  },
  { opType: 'MeanVarianceNormalization', inputs: [image()] },
  { opType: 'LpNormalization', inputs: [random(3, 4)], attributes: { axis: 0, p: 1 } },
  { opType: 'GlobalLpPool', inputs: [image()], attributes: { p: 3 } },
  {
    opType: 'MaxPool',
    outputs: 2,
    inputs: [image()],
    attributes: { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1] },
  },
  {
    opType: 'MaxPool',
    outputs: 2,
    inputs: [image()],
    attributes: { kernel_shape: [2, 2], dilations: [2, 1], storage_order: 1 },
  },
  {
    opType: 'MaxUnpool',
    inputs: [random(1, 1, 2, 2), Value.ofNumbers([5, 7, 13, 15], [1, 1, 2, 2], 'int64')],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
  },
  {
    opType: 'Gemm',
    inputs: [random(4, 3), random(5, 4), random(5)],
    attributes: { transA: 1, transB: 1, alpha: float(0.5), beta: float(2) },
  },
  { opType: 'MatMul', inputs: [random(2, 1, 3, 4), random(5, 4, 2)] },
  {
    opType: 'Einsum',
    inputs: [random(2, 3, 4), random(4, 5)],
    attributes: { equation: '...ij, jk -> ...ik' },
  },
  { opType: 'Einsum', inputs: [random(3, 3)], attributes: { equation: 'ii' } },
  { opType: 'Det', inputs: [random(2, 4, 4)] },
  { opType: 'Softmax', opset: 11, inputs: [random(2, 3, 4)], attributes: { axis: 1 } },
  { opType: 'LogSoftmax', inputs: [random(2, 3, 4)], attributes: { axis: 1 } },
  { opType: 'ArgMax', inputs: [below(3, 4, 5)], attributes: { axis: 1, keepdims: 0, select_last_index: 1 } },
  { opType: 'ArgMin', inputs: [random(4, 5)] },
  { opType: 'TopK', outputs: 2, inputs: [random(4, 5), wholes(3)], attributes: { axis: 0, largest: 0 } },
  { opType: 'CumSum', inputs: [random(3, 4), scalar(1)], attributes: { exclusive: 1, reverse: 1 } },
  { opType: 'OneHot', inputs: [wholes(1, -1, 5), scalar(4), floats(-1, 2)], attributes: { axis: 0 } },
  { opType: 'Trilu', inputs: [random(2, 3, 4), scalar(-1)], attributes: { upper: 0 } },
  { opType: 'EyeLike', inputs: [random(3, 4)], attributes: { k: 1, dtype: 1 } },
  {
    opType: 'ReverseSequence',
    inputs: [random(4, 3, 2), wholes(1, 4, 2)],
    attributes: { batch_axis: 1, time_axis: 0 },
  },
  { opType: 'SpaceToDepth', inputs: [random(1, 2, 4, 6)], attributes: { blocksize: 2 } },
  { opType: 'DepthToSpace', inputs: [random(1, 8, 2, 3)], attributes: { blocksize: 2, mode: 'CRD' } },
  { opType: 'GatherND', inputs: [random(2, 3, 4), below(3, 2, 2, 1)], attributes: { batch_dims: 1 } },
  { opType: 'GatherElements', inputs: [random(3, 4), below(3, 2, 4)], attributes: { axis: 0 } },
  ...['none', 'add', 'mul', 'max', 'min'].flatMap((reduction): Case[] => [
    {
      opType: 'ScatterElements',
      opset: 18,
      inputs: [
        random(4, 3),
        reduction === 'none' ? Value.ofNumbers([0, 1, 2, 3, 2, 1], [2, 3], 'int64') : below(4, 2, 3),
        random(2, 3),
      ],
      attributes: { axis: 0, reduction },
    },
    {
      opType: 'ScatterND',
      opset: 18,
      inputs: [
        random(4, 3),
        Value.ofNumbers(reduction === 'none' ? [3, 1] : [1, 1], [2, 1], 'int64'),
        random(2, 3),
      ],
      attributes: { reduction },
    },
  ]),
  ...['constant', 'reflect', 'edge', 'wrap'].map(
    (mode): Case => ({
      opType: 'Pad',
      opset: 19,
      inputs: [random(3, 4), wholes(1, 2, 1, 1)],
      attributes: { mode },
    }),
  ),
  { opType: 'Pad', opset: 18, inputs: [random(3, 4), wholes(-1, 1), floats(7), wholes(1)] },
  { opType: 'Mod', inputs: [Value.ofNumbers([5, -5, 5, -5], [4], 'int64'), wholes(3, 3, -3, -3)] },
  { opType: 'Mod', inputs: [floats(5.5, -5.5, 5.5, -5.5), floats(3, 3, -3, -3)], attributes: { fmod: 1 } },
  { opType: 'Pow', inputs: [positive(3), Value.ofNumbers([2, 3, -1], [3], 'int64')] },
  { opType: 'NonZero', inputs: [floats(1, 0, 3)] },
  {
    opType: 'Compress',
    inputs: [random(3, 2), Value.ofNumbers([1, 0, 1], [3], 'bool')],
    attributes: { axis: 0 },
  },
  {
    opType: 'SoftmaxCrossEntropyLoss',
    opset: 13,
    outputs: 2,
    inputs: [random(3, 5, 2), below(5, 3, 2), positive(5)],
    attributes: { ignore_index: 1 },
  },
  {
    opType: 'NegativeLogLikelihoodLoss',
    opset: 13,
    inputs: [random(3, 5), below(5, 3), positive(5)],
    attributes: { reduction: 'sum' },
  },
  {
    opType: 'Upsample',
    opset: 9,
    inputs: [random(1, 1, 2, 3), floats(1, 1, 2, 2)],
    attributes: { mode: 'linear' },
  },
  { opType: 'Gelu', opset: 20, inputs: [random(4)], attributes: { approximate: 'tanh' } },
  { opType: 'PRelu', inputs: [random(2, 3, 4), random(3, 1)] },
  { opType: 'Tile', inputs: [below(9, 2, 3), wholes(2, 2)] },
  { opType: 'Slice', inputs: [random(5, 6), wholes(-1, 1), wholes(-9, 100), wholes(0, 1), wholes(-2, 3)] },
  { opType: 'Split', opset: 18, outputs: 2, inputs: [random(5, 2)], attributes: { num_outputs: 2 } },
  { opType: 'Range', inputs: [scalar(10), scalar(3), scalar(-2)] },
  { opType: 'RMSNormalization', opset: 23, inputs: [random(3, 4), random(4)] },
  {
    opType: 'RotaryEmbedding',
    opset: 23,
    inputs: [random(2, 3, 4, 6), random(8, 3), random(8, 3), below(8, 2, 4)],
  },
  {
    opType: 'Attention',
    opset: 23,
    inputs: [random(2, 4, 3, 6), random(2, 2, 5, 6), random(2, 2, 5, 6)],
    attributes: { is_causal: 1, softcap: float(2) },
  },
  {
    opType: 'Attention',
    opset: 23,
    inputs: [random(2, 3, 12), random(2, 5, 12), random(2, 5, 12), random(3, 5)],
    attributes: { q_num_heads: 2, kv_num_heads: 2 },
  },
]

/** Caches: keys and values of the past, and keys that are only partly filled. */
const attentions: Case[] = [
  {
    opType: 'Attention',
    opset: 23,
    outputs: 3,
    inputs: [
      random(2, 2, 3, 4),
      random(2, 2, 3, 4),
      random(2, 2, 3, 4),
      null,
      random(2, 2, 5, 4),
      random(2, 2, 5, 4),
    ],
    attributes: { is_causal: 1 },
  },
  {
    opType: 'Attention',
    opset: 24,
    inputs: [random(2, 2, 3, 4), random(2, 2, 6, 4), random(2, 2, 6, 4), null, null, null, wholes(4, 6)],
  },
  {
    opType: 'Attention',
    opset: 24,
    inputs: [random(2, 2, 3, 4), random(2, 2, 6, 4), random(2, 2, 6, 4), null, null, null, wholes(4, 6)],
    attributes: { is_causal: 1 },
  },
]

const unaryCases = unary.map((opType): Case => ({ opType, opset: 22, inputs: [random(3, 4)] }))

/** A reader of the failures wants to know which one it was. */
const named = (cases: readonly Case[]): [string, Case][] =>
  cases.map((item, i) => [`${item.opType} #${i} ${JSON.stringify(item.attributes ?? {})}`, item])

const toRuntime = (value: Value): object => {
  const numbers = Array.from(value.numbers())
  if (value.type === 'int64')
    return new runtime.Tensor('int64', BigInt64Array.from(numbers, BigInt), value.shape)
  if (value.type === 'int32') return new runtime.Tensor('int32', Int32Array.from(numbers), value.shape)
  if (value.type === 'bool') return new runtime.Tensor('bool', Uint8Array.from(numbers), value.shape)
  return new runtime.Tensor('float32', Float32Array.from(numbers), value.shape)
}

function distance(got: Value, want: Output): number {
  if (got.shape.join() !== want.dims.join()) return Number.POSITIVE_INFINITY
  const numbers = got.numbers()
  return Array.from(want.data, Number).reduce((worst, value, i) => {
    const error = Object.is(value, numbers[i])
      ? 0
      : Math.abs(value - numbers[i]) / Math.max(1, Math.abs(value))
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error)
  }, 0)
}

describe('our operators and those of ONNX Runtime agree', () => {
  it.each(
    named([
      ...unaryCases,
      ...poolings,
      ...convolutions,
      ...resizes,
      ...recurrences,
      ...reductions,
      ...others,
      ...attentions,
    ]),
  )('%s', async (_, item) => {
    const { model, given } = operatorModel(item)
    const results = model.runValues(given)
    const { bytes } = operatorModel({ ...item, outputTypes: results.map(({ type }) => type) })
    const session = await runtime.InferenceSession.create(bytes)
    const feeds = Object.fromEntries([...given].map(([name, value]) => [name, toRuntime(value)]))
    const wanted = await session.run(feeds)
    results.forEach((value, i) => {
      expect(distance(value, wanted[`y${i}`]), `output ${i}`).toBeLessThan(2e-5)
    })
  })
})
