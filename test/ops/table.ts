import {
  add,
  argmax,
  argmin,
  atan2,
  batchNorm,
  broadcastTo,
  cast,
  clip,
  clone,
  concat,
  cumsum,
  div,
  elu,
  equal,
  gather,
  gelu,
  greater,
  greaterEqual,
  groupNorm,
  hardSigmoidKeras,
  isFinite as isFiniteOf,
  isInf,
  isNaN as isNaNOf,
  layerNorm,
  leakyRelu,
  less,
  lessEqual,
  linear,
  logSoftmax,
  logSumExp,
  matmul,
  max,
  maximum,
  min,
  minimum,
  mod,
  mul,
  notEqual,
  pad,
  permute,
  pow,
  prod,
  reshape,
  rmsNorm,
  scaledDotProductAttention,
  scatterAdd,
  sigmoidCrossEntropy,
  slice,
  softmax,
  softplus,
  sub,
  sum,
  type Tensor,
  tensor,
  where,
} from '../../src/index.ts'
import { binaryCrossentropy } from '../../src/losses/binary-crossentropy.ts'
import { sparseCrossEntropy } from '../../src/ops/cross-entropy.ts'
import { gru } from '../../src/ops/gru.ts'
import { lstm } from '../../src/ops/lstm.ts'
import { rnn } from '../../src/ops/rnn.ts'
import * as unary from '../../src/ops/unary.ts'
import { convRows } from './conv-rows.ts'
import { linalgRows } from './linalg-rows.ts'
import { between, distinct, int, normal } from '../setup/numbers.ts'

/** One way to call an operation. */
export interface Example {
  readonly call: (...inputs: Tensor[]) => Tensor | readonly Tensor[]
  readonly inputs: readonly Tensor[]
}

/** Examples of an operation, or the operation whose gradient it is a part of. */
export type Row = readonly Example[] | { readonly within: string }

const of = (call: Example['call'], ...inputs: Tensor[]): Example => ({ call, inputs })

/** A two-operand function on equal shapes and on shapes that broadcast. */
const binary = (
  call: (a: Tensor, b: Tensor) => Tensor,
  make = (seed: number) => normal([2, 3], seed),
): Row => [
  of(call, make(1), make(2)),
  of(call, make(1), slice(make(2), [[0, 1]])),
  of(call, slice(make(1), [null, [0, 1]]), make(2)),
]

const comparison = (call: (a: Tensor, b: Tensor) => Tensor): Row => [
  of(call, tensor([1, 2, 3]), tensor([1, 3, 2])),
  of(call, int([1, 2, 3]), int(2)),
]

/** Where each function of one variable is smooth. */
const unaryInputs: Partial<Record<string, Tensor>> = {
  log: between(0.2, 3, [7]),
  log1p: between(-0.7, 3, [7]),
  sqrt: between(0.2, 3, [7]),
  rsqrt: between(0.2, 3, [7]),
  reciprocal: between(0.3, 2, [7]),
  tan: between(-1, 1, [7]),
  asin: between(-0.8, 0.8, [7]),
  acos: between(-0.8, 0.8, [7]),
}

const unaryRows = Object.entries(unary)
  .filter(([name]) => name !== 'gelu')
  .map(([name, call]): [string, Row] => [
    name,
    [of(x => call(x), unaryInputs[name] ?? distinct([3, 5], 4, 0.37))],
  ])

const lstmInputs = [normal([2, 3, 2], 1), normal([2, 8], 2), normal([2, 8], 3), normal([8], 4)]
const lstmStates = [normal([2, 2], 5), normal([2, 2], 6)]
const lstmMask = int([
  [1, 1, 0],
  [1, 0, 1],
])

const gruInputs = [normal([2, 3, 2], 1), normal([2, 6], 2), normal([2, 6], 3)]
const rnnInputs = [normal([2, 3, 2], 1), normal([2, 2], 2), normal([2, 2], 3), normal([2], 4)]

/** Every operation of the registry. A missing one fails the test that walks this table. */
export const table: Readonly<Record<string, Row>> = {
  ...Object.fromEntries(unaryRows),
  gelu: [of(x => gelu(x), normal([7]))],
  geluTanh: [of(x => gelu(x, { approximate: 'tanh' }), normal([7]))],
  tanhGrad: { within: 'tanh' },
  sigmoidGrad: { within: 'sigmoid' },
  reluGrad: { within: 'relu' },
  geluGrad: { within: 'gelu' },
  geluTanhGrad: { within: 'geluTanh' },
  siluGrad: { within: 'silu' },

  elu: [of(x => elu(x, { alpha: 0.7 }), distinct([9]))],
  leakyRelu: [of(x => leakyRelu(x, { slope: 0.2 }), distinct([9]))],
  softplus: [of(x => softplus(x, { beta: 0.5 }), normal([9]))],
  clip: [of(x => clip(x, { min: -0.5, max: 0.6 }), distinct([9], 1, 0.23))],
  hardSigmoidKeras: [of(x => hardSigmoidKeras(x), distinct([9], 1, 0.9))],

  add: binary(add),
  sub: binary(sub),
  mul: binary(mul),
  div: binary(div, seed => between(0.4, 2, [2, 3], seed)),
  maximum: binary(maximum),
  minimum: binary(minimum),
  mod: [of(mod, tensor([5.3, -5.3, 2.2, -0.4]), tensor([3, 3, -1.5, 0.7]))],
  atan2: binary(atan2),
  pow: binary(pow, seed => between(0.4, 2, [2, 3], seed)),
  powScalar: [of(x => pow(x, 2.5), between(0.3, 2, [7])), of(x => pow(x, 3), normal([7]))],
  equal: comparison(equal),
  notEqual: comparison(notEqual),
  greater: comparison(greater),
  greaterEqual: comparison(greaterEqual),
  less: comparison(less),
  lessEqual: comparison(lessEqual),
  isNaN: [of(x => isNaNOf(x), tensor([1, Number.NaN, Number.POSITIVE_INFINITY]))],
  isFinite: [of(x => isFiniteOf(x), tensor([1, Number.NaN, Number.POSITIVE_INFINITY]))],
  isInf: [of(x => isInf(x), tensor([1, Number.NaN, Number.NEGATIVE_INFINITY]))],
  cast: [of(x => cast(x, 'int32'), tensor([1.7, -1.7])), of(x => cast(x, 'bool'), tensor([0, 3]))],

  sum: [
    of(x => sum(x), normal([3, 4])),
    of(x => sum(x, { axis: 0 }), normal([3, 4])),
    of(x => sum(x, { axis: [0, 2], keepDims: true }), normal([2, 3, 4])),
  ],
  prod: [
    of(x => prod(x, { axis: 1 }), normal([3, 4])),
    of(
      x => prod(x, { axis: [0, 2] }),
      tensor([
        [
          [1, 0],
          [2, 3],
        ],
        [
          [4, 5],
          [0, 6],
        ],
        [
          [1, 2],
          [0, 1],
        ],
      ]),
    ),
  ],
  max: [of(x => max(x, { axis: 1 }), distinct([3, 4])), of(x => max(x), distinct([5]))],
  min: [of(x => min(x, { axis: [0, 2] }), distinct([2, 3, 2]))],
  logSumExp: [
    of(x => logSumExp(x, { axis: 1 }), normal([3, 4])),
    of(x => logSumExp(x, { axis: [0, 2], keepDims: true }), normal([2, 3, 2])),
  ],
  argMax: [of(x => argmax(x, { axis: 0 }), distinct([3, 4])), of(x => argmax(x), distinct([5]))],
  argMin: [of(x => argmin(x, { axis: -1 }), distinct([3, 4]))],
  cumsum: [of(x => cumsum(x, { axis: 1 }), normal([2, 4, 2])), of(x => cumsum(x, { axis: 0 }), normal([5]))],

  matmul: [
    of((a, b) => matmul(a, b), normal([2, 3], 1), normal([3, 4], 2)),
    of((a, b) => matmul(a, b, { transposeA: true }), normal([2, 3, 2], 1), normal([3, 4], 2)),
    of((a, b) => matmul(a, b, { transposeB: true }), normal([2, 1, 2, 3], 1), normal([3, 4, 3], 2)),
    of((a, b) => matmul(a, b, { transposeA: true, transposeB: true }), normal([3, 2], 1), normal([4, 3], 2)),
    of((a, b) => matmul(a, b), normal([3], 1), normal([3], 2)),
  ],
  linear: [
    of((x, w, b) => linear(x, w, b), normal([2, 3], 1), normal([3, 4], 2), normal([4], 3)),
    of((x, w, b) => linear(x, w, b), normal([2, 2, 3], 1), normal([3, 2], 2), normal([2], 3)),
  ],

  reshape: [of(x => reshape(x, [3, -1]), normal([2, 6]))],
  permute: [of(x => permute(x, [2, 0, 1]), normal([2, 3, 4])), of(x => permute(x, [1, 0]), normal([3, 5]))],
  broadcastTo: [of(x => broadcastTo(x, [2, 3, 4]), normal([3, 1]))],
  slice: [
    of(
      x =>
        slice(x, [
          [1, 3],
          [null, null, -2],
        ]),
      normal([4, 5]),
    ),
  ],
  unslice: { within: 'slice' },
  concat: [of((a, b) => concat([a, b], { axis: 1 }), normal([2, 1], 1), normal([2, 3], 2))],
  pad: [
    of(
      x =>
        pad(
          x,
          [
            [1, 0],
            [0, 2],
          ],
          { value: 1.5 },
        ),
      normal([2, 3]),
    ),
  ],
  clone: [of(x => clone(x), normal([3]))],
  gather: [of((x, i) => gather(x, i, { axis: 1 }), normal([2, 4, 3]), int([3, 1, 1]))],
  scatterRows: [
    of(
      (x, i, s) => scatterAdd(x, i, s, { axis: 0 }),
      normal([3, 2], 1),
      int([
        [0, 2],
        [0, 1],
        [2, 2],
      ]),
      normal([3, 2], 2),
    ),
  ],
  where: [of((c, a, b) => where(c, a, b), tensor([true, false, true]), normal([2, 3], 1), normal([3], 2))],

  softmax: [of(x => softmax(x), normal([3, 4])), of(x => softmax(x, { axis: 0 }), normal([3, 2]))],
  softmaxGrad: { within: 'softmax' },
  logSoftmax: [
    of(x => logSoftmax(x), normal([3, 4])),
    of(x => logSoftmax(x, { axis: 1 }), normal([2, 3, 2])),
  ],
  logSoftmaxGrad: { within: 'logSoftmax' },
  sigmoidCrossEntropy: [of(sigmoidCrossEntropy, normal([7], 1), between(0, 1, [7], 2))],
  sparseCrossEntropy: [of(sparseCrossEntropy, normal([3, 4]), int([2, -1, 0]))],
  probabilityCrossEntropy: [
    of(
      (p, y) => binaryCrossentropy(p, y, { reduction: 'none' }),
      between(0.1, 0.9, [7], 1),
      between(0.1, 0.9, [7], 2),
    ),
  ],
  sparseCrossEntropyGrad: { within: 'sparseCrossEntropy' },

  rowNorm: [
    of(
      (x, gamma, beta) => layerNorm(x, { gamma, beta }),
      normal([2, 3, 5], 1),
      normal([5], 2),
      normal([5], 3),
    ),
    of(x => layerNorm(x, { axis: [-2, -1], epsilon: 1e-2 }), normal([2, 3, 2])),
    of((x, gamma) => rmsNorm(x, { gamma }), normal([3, 6], 1), normal([6], 2)),
  ],
  groupNorm: [
    of(
      (x, gamma, beta) => batchNorm(x, { gamma, beta }).output,
      normal([4, 2, 3], 1),
      normal([3], 2),
      normal([3], 3),
    ),
    of((x, gamma) => batchNorm(x, { gamma, axis: 1 }).output, normal([3, 5, 2], 1), normal([5], 2)),
    of((x, beta) => groupNorm(x, { groups: 2, beta }), normal([2, 3, 4], 1), normal([4], 2)),
  ],

  ...convRows,
  ...linalgRows,

  attention: [
    of(
      (q, k, v) => scaledDotProductAttention(q, k, v),
      normal([2, 3, 2], 1),
      normal([2, 4, 2], 2),
      normal([2, 4, 3], 3),
    ),
    of(
      (q, k, v) => scaledDotProductAttention(q, k, v, { causal: true, heads: 2, scale: 0.6 }),
      normal([2, 3, 4], 1),
      normal([2, 4, 4], 2),
      normal([2, 4, 4], 3),
    ),
    of(
      (q, k, v, mask) => scaledDotProductAttention(q, k, v, { mask, causal: true }),
      normal([2, 1, 3, 2], 1),
      normal([2, 1, 3, 2], 2),
      normal([2, 1, 3, 2], 3),
      int([
        [1, 0, 1],
        [0, 0, 1],
        [1, 1, 0],
      ]),
    ),
    of(
      (q, k, v, mask) => scaledDotProductAttention(q, k, v, { mask, heads: 2 }),
      normal([1, 2, 4], 1),
      normal([1, 3, 4], 2),
      normal([1, 3, 4], 3),
      normal([2, 1, 3], 4),
    ),
  ],

  lstm: [
    of(
      (x, kernel, recurrentKernel, bias) => {
        const { sequence, h, c } = lstm({ x, kernel, recurrentKernel, bias })
        return [sequence, h, c]
      },
      ...lstmInputs,
    ),
    of(
      (x, kernel, recurrentKernel, bias, h0, c0) => {
        const options = { mask: lstmMask, reverse: true } as const
        const { sequence, h, c } = lstm({ x, kernel, recurrentKernel, bias, h0, c0 }, options)
        return [sequence, h, c]
      },
      ...lstmInputs,
      ...lstmStates,
    ),
    of(
      (x, kernel, recurrentKernel) => {
        return lstm({ x, kernel, recurrentKernel }, { recurrentActivation: 'hardSigmoid' }).sequence
      },
      ...lstmInputs.slice(0, 3),
    ),
  ],
  gru: [
    of(
      (x, kernel, recurrentKernel, bias) => {
        const { sequence, h } = gru({ x, kernel, recurrentKernel, bias })
        return [sequence, h]
      },
      ...gruInputs,
      normal([2, 6], 4),
    ),
    of(
      (x, kernel, recurrentKernel, bias, h0) => {
        const options = { mask: lstmMask, reverse: true, resetAfter: false } as const
        const { sequence, h } = gru({ x, kernel, recurrentKernel, bias, h0 }, options)
        return [sequence, h]
      },
      ...gruInputs,
      normal([6], 4),
      normal([2, 2], 5),
    ),
    of(
      (x, kernel, recurrentKernel) =>
        gru({ x, kernel, recurrentKernel }, { recurrentActivation: 'hardSigmoid' }).sequence,
      ...gruInputs,
    ),
  ],
  rnn: [
    of(
      (x, kernel, recurrentKernel, bias, h0) => {
        const { sequence, h } = rnn(
          { x, kernel, recurrentKernel, bias, h0 },
          { mask: lstmMask, reverse: true },
        )
        return [sequence, h]
      },
      ...rnnInputs,
      normal([2, 2], 5),
    ),
    of(
      (x, kernel, recurrentKernel) => rnn({ x, kernel, recurrentKernel }, { activation: 'relu' }).sequence,
      ...rnnInputs.slice(0, 3),
    ),
  ],
}
