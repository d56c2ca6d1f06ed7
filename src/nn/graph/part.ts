import { Part } from '../../part.ts'
import type { applyModule } from './apply.ts'

/** Layers applied to symbolic tensors, for graphs of layers. */
export const graphApply = new Part<typeof applyModule>('apply() of a layer')
