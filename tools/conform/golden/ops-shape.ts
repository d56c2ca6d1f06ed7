import * as tl from '../../../src/index.ts'
import type { Adapters } from './call.ts'

/** Cases of `ops_shape`: they move numbers and do not change them. */
export const shapeOps: Adapters<tl.Tensor> = {
  transpose: call => {
    const axes = [call.attributes.number('axis0'), call.attributes.number('axis1')] as const
    return { out: tl.transpose(call.input('x'), { axes }) }
  },
  permute: call => ({ out: tl.permute(call.input('x'), call.attributes.numbers('axes')) }),
  permute_then_mul: call => {
    const permuted = tl.permute(call.input('x'), call.attributes.numbers('axes'))
    return { out: tl.mul(permuted, call.input('y')) }
  },
  reshape: call => ({ out: tl.reshape(call.input('x'), call.attributes.numbers('shape')) }),
  transpose_then_reshape: call => ({
    out: tl.reshape(tl.transpose(call.input('x'), { axes: [0, 1] }), [-1]),
  }),
  slice: call => {
    const ranges = call.attributes.rows('ranges').map(([start, stop, step]) => [start, stop, step] as const)
    return { out: tl.slice(call.input('x'), ranges) }
  },
  index_select: call => {
    const axis = call.attributes.number('axis')
    return { out: tl.gather(call.input('x'), call.input('index'), { axis }) }
  },
  gather_rows: call => {
    const axis = call.attributes.number('axis')
    return { out: tl.gather(call.input('x'), call.input('index'), { axis }) }
  },
  gather_elements: call => {
    const axis = call.attributes.number('axis')
    return { out: tl.takeAlongAxis(call.input('x'), call.input('index'), { axis }) }
  },
  scatter_add: call => {
    const axis = call.attributes.number('axis')
    return { out: tl.scatterAdd(call.input('x'), call.input('index'), call.input('src'), { axis }) }
  },
  concat: call => ({ out: tl.concat(call.operands, { axis: call.attributes.number('axis') }) }),
  stack: call => ({ out: tl.stack(call.operands, { axis: call.attributes.number('axis') }) }),
  split: call => {
    const sizes = call.attributes.numbers('sizes')
    const parts = tl.split(call.input('x'), sizes, { axis: call.attributes.number('axis') })
    return Object.fromEntries(parts.map((part, index) => [`out${index}`, part]))
  },
  where: call => ({ out: tl.where(call.input('cond'), call.input('a'), call.input('b')) }),
  where_safe: call => {
    const x = call.input('x')
    const positive = tl.greater(x, 0)
    return { out: tl.where(positive, tl.log(tl.where(positive, x, 1)), 0) }
  },
  pad: call => {
    const pads = call.attributes.rows('pads').map(([before, after]) => [before, after] as const)
    return { out: tl.pad(call.input('x'), pads, { value: call.attributes.number('value') }) }
  },
  tile: call => ({ out: tl.tile(call.input('x'), call.attributes.numbers('reps')) }),
  broadcast_to: call => ({ out: tl.broadcastTo(call.input('x'), call.attributes.numbers('shape')) }),
  flip: call => ({ out: tl.flip(call.input('x'), { axis: call.attributes.numbers('axes') }) }),
  tril: call => ({ out: tl.tril(call.input('x'), { diagonal: call.attributes.number('k') }) }),
  triu: call => ({ out: tl.triu(call.input('x'), { diagonal: call.attributes.number('k') }) }),
}
