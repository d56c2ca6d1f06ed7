import { ModuleBuffer } from '../../nn/buffer.ts'
import { Parameter } from '../../nn/parameter.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { Graph, Node } from './graph.ts'
import type { Weights } from './model.ts'

/** Inputs that hold settings or statistics, not weights: operator → positions. */
const SETTINGS: Readonly<Record<string, readonly number[]>> = {
  Clip: [1, 2],
  Dropout: [1],
  OneHot: [1, 2],
  Pad: [2],
  Range: [0, 1, 2],
  Resize: [1, 2],
  Upsample: [1],
}

/** Moving mean and variance: part of the state, not trained. */
const STATISTICS: Readonly<Record<string, readonly number[]>> = { BatchNormalization: [3, 4] }

/** Decides about a weight that is not obviously one thing or the other. */
export type Trainable = (name: string, shape: readonly number[]) => boolean

/**
 * Makes parameters and buffers out of a graph's constants: floating numbers with at least one axis are parameters,
 * unless an operator reads them as a setting; the moving statistics of batch normalisation are buffers.
 */
export function weightsOf(graph: Graph, trainable: Trainable | undefined): Weights {
  const settings = new Set<string>()
  const statistics = new Set<string>()
  const visit = (node: Node): void => {
    const mark = (table: Readonly<Record<string, readonly number[]>>, into: Set<string>): void => {
      if (!Object.hasOwn(table, node.opType)) return
      for (const i of table[node.opType]) if (node.inputs[i]) into.add(node.inputs[i])
    }
    mark(SETTINGS, settings)
    mark(STATISTICS, statistics)
    for (const inner of node.graphs.values()) inner.nodes.forEach(visit)
  }
  graph.nodes.forEach(visit)
  const parameters = new Map<string, Tensor>()
  const buffers = new Map<string, Tensor>()
  for (const [name, value] of graph.initializers) {
    if (!value.isFloat || value.size === 0) continue
    if (statistics.has(name)) buffers.set(name, new ModuleBuffer(value.tensor()))
    else if (!settings.has(name) && (trainable?.(name, value.shape) ?? value.rank > 0)) {
      parameters.set(name, new Parameter(value.tensor()))
    }
  }
  return { parameters, buffers }
}
