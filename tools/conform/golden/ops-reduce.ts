import * as tl from '../../../src/index.ts'
import type { Adapter, Adapters, Call } from './call.ts'

type Tensor = tl.Tensor

interface ReduceOptions {
  readonly axis?: number[]
  readonly keepDims: boolean
}

function options(call: Call<Tensor>): ReduceOptions {
  return { axis: call.attributes.optionalNumbers('axes'), keepDims: call.attributes.flag('keepdim') }
}

const reduction =
  (op: (x: Tensor, options: ReduceOptions) => Tensor): Adapter<Tensor> =>
  call => ({ out: op(call.input('x'), options(call)) })

const moment =
  (op: (x: Tensor, options: ReduceOptions & { correction: number }) => Tensor): Adapter<Tensor> =>
  call => ({
    out: op(call.input('x'), { ...options(call), correction: call.attributes.number('correction') }),
  })

const alongAxis =
  (op: (x: Tensor, options: { axis: number }) => Tensor): Adapter<Tensor> =>
  call => ({ out: op(call.input('x'), { axis: call.attributes.number('axis') }) })

/** Cases of `ops_reduce`. */
export const reduceOps: Adapters<Tensor> = {
  sum: reduction(tl.sum),
  mean: reduction(tl.mean),
  max: reduction(tl.max),
  min: reduction(tl.min),
  prod: reduction(tl.prod),
  logsumexp: reduction(tl.logSumExp),
  l2norm: reduction(tl.norm),
  var: moment(tl.variance),
  std: moment(tl.std),
  argmax: alongAxis(tl.argmax),
  argmin: alongAxis(tl.argmin),
  cumsum: alongAxis(tl.cumsum),
  softmax: alongAxis(tl.softmax),
  log_softmax: alongAxis(tl.logSoftmax),
  topk: call => {
    const { values, indices } = tl.topk(call.input('x'), {
      k: call.attributes.number('k'),
      axis: call.attributes.number('axis'),
    })
    return { values, indices }
  },
  sort: call => {
    const { values, indices } = tl.sort(call.input('x'), {
      axis: call.attributes.number('axis'),
      descending: call.attributes.flag('descending'),
    })
    return { values, indices }
  },
}
