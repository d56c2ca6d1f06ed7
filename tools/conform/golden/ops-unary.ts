import * as tl from '../../../src/index.ts'
import type { Adapter, Adapters } from './call.ts'

type Tensor = tl.Tensor

const unary =
  (op: (x: Tensor) => Tensor): Adapter<Tensor> =>
  call => ({ out: op(call.input('x')) })

/** Cases of `ops_unary`: one input x, some with options. */
export const unaryOps: Adapters<Tensor> = {
  exp: unary(tl.exp),
  log: unary(tl.log),
  sqrt: unary(tl.sqrt),
  abs: unary(tl.abs),
  neg: unary(tl.neg),
  square: unary(tl.square),
  reciprocal: unary(tl.reciprocal),
  rsqrt: unary(tl.rsqrt),
  sin: unary(tl.sin),
  cos: unary(tl.cos),
  tanh: unary(tl.tanh),
  sigmoid: unary(tl.sigmoid),
  relu: unary(tl.relu),
  relu6: unary(tl.relu6),
  silu: unary(tl.silu),
  selu: unary(tl.selu),
  log1p: unary(tl.log1p),
  expm1: unary(tl.expm1),
  erf: unary(tl.erf),
  softsign: unary(tl.softsign),
  log_sigmoid: unary(tl.logSigmoid),
  mish: unary(tl.mish),
  hardsigmoid: unary(tl.hardSigmoid),
  hardtanh: unary(tl.hardTanh),
  floor: unary(tl.floor),
  ceil: unary(tl.ceil),
  round: unary(tl.round),
  sign: unary(tl.sign),
  isnan: unary(tl.isNaN),
  isfinite: unary(tl.isFinite),
  gelu: call => ({
    out: tl.gelu(call.input('x'), {
      approximate: approximation(call.attributes.optionalText('approximate')),
    }),
  }),
  elu: call => ({ out: tl.elu(call.input('x'), { alpha: call.attributes.optionalNumber('alpha') }) }),
  leaky_relu: call => ({ out: tl.leakyRelu(call.input('x'), { slope: call.attributes.number('alpha') }) }),
  softplus: call => ({ out: tl.softplus(call.input('x'), { beta: call.attributes.optionalNumber('beta') }) }),
  clip: call => {
    const limits = { min: call.attributes.optionalNumber('min'), max: call.attributes.optionalNumber('max') }
    return { out: tl.clip(call.input('x'), limits) }
  },
  prelu: call => {
    const x = call.input('x')
    const channel = call.attributes.number('channel_axis')
    const slope = tl.reshape(
      call.input('alpha'),
      x.shape.map((size, axis) => (axis === channel ? size : 1)),
    )
    return { out: tl.where(tl.greater(x, 0), x, tl.mul(slope, x)) }
  },
}

function approximation(name: string | undefined): 'none' | 'tanh' {
  if (name === undefined || name === 'none' || name === 'tanh') return name ?? 'none'
  throw new Error(`gelu has no approximation "${name}"`)
}
