import {
  hinge,
  huber,
  klDivergence,
  meanAbsoluteError,
  smoothL1,
  squaredHinge,
  type Tensor,
} from '../../../src/index.ts'
import { binaryCrossentropy } from '../../../src/losses/binary-crossentropy.ts'
import { categoricalCrossentropy } from '../../../src/losses/categorical-crossentropy.ts'
import type { Reduction } from '../../../src/losses/loss.ts'
import { meanSquaredError } from '../../../src/losses/mean-squared-error.ts'
import { negativeLogLikelihood } from '../../../src/losses/negative-log-likelihood.ts'
import { sparseCategoricalCrossentropy } from '../../../src/losses/sparse-categorical-crossentropy.ts'
import type { Adapters, Call } from './call.ts'

function reductionOf(call: Call<Tensor>): Reduction {
  const name = call.attributes.text('reduction')
  if (name === 'mean' || name === 'sum' || name === 'none') return name
  throw new Error(`there is no reduction "${name}"`)
}

/** PyTorch's class axis: the second, unless there is only one. */
function classAxis(call: Call<Tensor>): number {
  return call.attributes.optionalNumber('class_axis') ?? Math.min(1, call.input('input').rank - 1)
}

function binary(call: Call<Tensor>, fromLogits: boolean): Tensor {
  return binaryCrossentropy(call.input('input'), call.input('target'), {
    fromLogits,
    reduction: reductionOf(call),
    weight: call.inputs.get('weight'),
    positiveWeight: call.inputs.get('pos_weight'),
  })
}

/** PyTorch's `batchmean` is our mean; its other reductions know no distributions, only elements. */
function divergence(call: Call<Tensor>): Tensor {
  const [input, target] = [call.input('input'), call.input('target')]
  const isBatchMean = call.attributes.has('reduction', 'batchmean')
  return klDivergence(input, target, {
    logPrediction: true,
    logTarget: call.attributes.flag('log_target'),
    axis: isBatchMean ? -1 : null,
    reduction: isBatchMean ? 'mean' : reductionOf(call),
  })
}

/** Integer targets are class numbers, float targets are probabilities of classes. */
function crossEntropy(call: Call<Tensor>): Tensor {
  const target = call.input('target')
  const options = {
    fromLogits: true,
    reduction: reductionOf(call),
    weight: call.inputs.get('weight'),
    labelSmoothing: call.attributes.optionalNumber('label_smoothing'),
    axis: classAxis(call),
  }
  if (target.dtype === 'float32') return categoricalCrossentropy(call.input('input'), target, options)
  const ignoreIndex = call.attributes.optionalNumber('ignore_index')
  return sparseCategoricalCrossentropy(call.input('input'), target, { ...options, ignoreIndex })
}

/** Cases of `losses`. */
export const lossOps: Adapters<Tensor> = {
  mse: call => ({
    out: meanSquaredError(call.input('input'), call.input('target'), { reduction: reductionOf(call) }),
  }),
  l1: call => ({
    out: meanAbsoluteError(call.input('input'), call.input('target'), { reduction: reductionOf(call) }),
  }),
  huber: call => ({
    out: huber(call.input('input'), call.input('target'), {
      reduction: reductionOf(call),
      delta: call.attributes.number('delta'),
    }),
  }),
  smooth_l1: call => ({
    out: smoothL1(call.input('input'), call.input('target'), {
      reduction: reductionOf(call),
      beta: call.attributes.number('beta'),
    }),
  }),
  hinge: call => ({
    out: hinge(call.input('input'), call.input('target'), { reduction: reductionOf(call) }),
  }),
  squared_hinge: call => ({
    out: squaredHinge(call.input('input'), call.input('target'), { reduction: reductionOf(call) }),
  }),
  kl_div: call => ({ out: divergence(call) }),
  bce: call => ({ out: binary(call, false) }),
  bce_with_logits: call => ({ out: binary(call, true) }),
  cross_entropy: call => ({ out: crossEntropy(call) }),
  nll: call => ({
    out: negativeLogLikelihood(call.input('input'), call.input('target'), {
      reduction: reductionOf(call),
      weight: call.inputs.get('weight'),
      ignoreIndex: call.attributes.optionalNumber('ignore_index'),
      axis: classAxis(call),
    }),
  }),
}
