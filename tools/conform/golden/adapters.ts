import type { Tensor } from '../../../src/index.ts'
import { attentionOps } from './attention.ts'
import type { Adapters } from './call.ts'
import { graphOps } from './graphs.ts'
import { layerOps } from './layers.ts'
import { lossOps } from './losses.ts'
import { normOps } from './norms.ts'
import { binaryOps } from './ops-binary.ts'
import { convOps } from './ops-conv.ts'
import { matmulOps } from './ops-matmul.ts'
import { reduceOps } from './ops-reduce.ts'
import { shapeOps } from './ops-shape.ts'
import { unaryOps } from './ops-unary.ts'
import { recurrentOps } from './rnn.ts'

/** The adapter of every op: one table per golden file. To support an op, add its line to the table of its file. */
export const adapters: Adapters<Tensor> = {
  ...unaryOps,
  ...binaryOps,
  ...reduceOps,
  ...matmulOps,
  ...shapeOps,
  ...convOps,
  ...graphOps,
  ...layerOps,
  ...recurrentOps,
  ...lossOps,
  ...normOps,
  ...attentionOps,
}
