import * as tl from '../../../src/index.ts'
import type { Adapter, Adapters, Call } from './call.ts'

type Tensor = tl.Tensor

/** Two operands; where a case says `same`, both are input a. */
function operands(call: Call<Tensor>): [Tensor, Tensor] {
  const a = call.input('a')
  return [a, call.attributes.flag('same') ? a : call.input('b')]
}

const binary =
  (op: (a: Tensor, b: Tensor) => Tensor): Adapter<Tensor> =>
  call => ({ out: op(...operands(call)) })

/** Cases of `ops_binary`. */
export const binaryOps: Adapters<Tensor> = {
  add: binary(tl.add),
  sub: binary(tl.sub),
  mul: binary(tl.mul),
  div: binary(tl.div),
  maximum: binary(tl.maximum),
  minimum: binary(tl.minimum),
  pow: binary(tl.pow),
  pow_scalar: call => ({ out: tl.pow(call.input('a'), call.attributes.number('exponent')) }),
  greater: binary(tl.greater),
  greater_equal: binary(tl.greaterEqual),
  less: binary(tl.less),
  less_equal: binary(tl.lessEqual),
  equal: binary(tl.equal),
  not_equal: binary(tl.notEqual),
}
