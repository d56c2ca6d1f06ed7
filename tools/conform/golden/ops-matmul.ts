import * as tl from '../../../src/index.ts'
import type { Adapters } from './call.ts'

/** Cases of `ops_matmul`. */
export const matmulOps: Adapters<tl.Tensor> = {
  matmul: call => {
    const transposes = {
      transposeA: call.attributes.flag('transposeA'),
      transposeB: call.attributes.flag('transposeB'),
    }
    return { out: tl.matmul(call.input('a'), call.input('b'), transposes) }
  },
  einsum: call => ({ out: tl.einsum(call.attributes.text('equation'), ...call.operands) }),
  outer: call => ({ out: tl.outer(call.input('a'), call.input('b')) }),
}
