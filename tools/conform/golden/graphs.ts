import * as tl from '../../../src/index.ts'
import { binaryCrossentropy } from '../../../src/losses/binary-crossentropy.ts'
import type { Adapters } from './call.ts'

/** Cases of `graphs`: several ops together. The notes of the cases define them. */
export const graphOps: Adapters<tl.Tensor> = {
  diamond: call => {
    const t = tl.tanh(call.input('x'))
    return { out: tl.add(tl.sum(tl.mul(t, tl.exp(t)), { axis: 1 }), tl.mean(t)) }
  },
  deep_chain: call => {
    let x = call.input('x')
    for (let step = 0; step < call.attributes.number('depth'); step++) {
      x = tl.add(tl.mul(x, 0.99), tl.mul(tl.tanh(x), 0.01))
    }
    return { out: x }
  },
  detach: call => {
    const x = call.input('x')
    return { out: tl.mul(x, tl.detach(x)) }
  },
  broadcast_chain: call => {
    const scaled = tl.mul(call.input('x'), call.input('b'))
    return { out: tl.prod(tl.sigmoid(tl.add(scaled, call.input('c'))), { axis: -1 }) }
  },
  unused_input: call => ({ out: tl.mul(call.input('x'), 2) }),
  logistic_regression: call => {
    const logits = tl.add(tl.matmul(call.input('x'), call.input('w')), call.input('b'))
    return { out: binaryCrossentropy(logits, call.input('y'), { fromLogits: true }) }
  },
  cosine_similarity: call => {
    const [a, b] = [call.input('a'), call.input('b')]
    const axis = call.attributes.number('axis')
    const floor = call.attributes.number('eps')
    const length = (x: tl.Tensor) => tl.maximum(tl.norm(x, { axis }), floor)
    return { out: tl.div(tl.sum(tl.mul(a, b), { axis }), tl.mul(length(a), length(b))) }
  },
  softmax_ce_by_hand: call => {
    const logs = tl.log(tl.softmax(call.input('x'), { axis: -1 }))
    return { out: tl.neg(tl.mean(tl.sum(tl.mul(call.input('t'), logs), { axis: -1 }))) }
  },
}
