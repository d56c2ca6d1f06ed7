import type { SymbolicTensor } from '../nn/graph/symbolic.ts'
import { describeShape } from '../nn/layer.ts'
import type { Module } from '../nn/module.ts'
import type { Shape } from '../tensor/shape.ts'
import { Functional } from '../train/functional/functional.ts'
import { readsOf } from '../train/functional/graph.ts'
import type { Model, ModelResult } from '../train/model.ts'
import { Sequential } from '../train/sequential.ts'

/** A layer's use, an input or an output. */
export interface GraphNode {
  readonly id: number
  readonly kind: 'input' | 'layer' | 'output'
  readonly name: string
  /** Class of the layer; empty for inputs and outputs. */
  readonly type: string
  /** `[batch, 64]`; empty where it is not known. */
  readonly shape: string
}

export interface GraphEdge {
  readonly from: number
  readonly to: number
}

/** Who hands its output to whom. */
export interface ModelGraph {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
}

const shapeText = (shape: Shape | null): string => (shape === null ? '' : describeShape(shape))
const typeOf = (module: Module<unknown>): string => module.className

/** The graph of a model's layers; models inside it are single nodes, and a model of the user's own is one node. */
export function graphOf(model: Model<ModelResult>): ModelGraph {
  if (model instanceof Functional) return functionalGraph(model)
  const layers = model instanceof Sequential ? model.namedLayers() : [[model.name, model] as const]
  let shape: Shape | null = model instanceof Sequential ? model.inputShape : null
  const nodes: GraphNode[] = [{ id: 0, kind: 'input', name: 'input', type: '', shape: shapeText(shape) }]
  for (const [name, layer] of layers) {
    shape = layer.outputShapes([shape])[0] ?? null
    nodes.push({ id: nodes.length, kind: 'layer', name, type: typeOf(layer), shape: shapeText(shape) })
  }
  nodes.push({ id: nodes.length, kind: 'output', name: 'output', type: '', shape: shapeText(shape) })
  return { nodes, edges: nodes.slice(1).map(({ id }) => ({ from: id - 1, to: id })) }
}

function functionalGraph({ graph }: Functional<ModelResult>): ModelGraph {
  const nodes: GraphNode[] = []
  const edges: GraphEdge[] = []
  const sources = new Map<SymbolicTensor, number>()
  const add = (kind: GraphNode['kind'], name: string, type: string, shape: Shape | null): number => {
    nodes.push({ id: nodes.length, kind, name, type, shape: shapeText(shape) })
    return nodes.length - 1
  }
  const connect = (tensors: readonly SymbolicTensor[], to: number): void => {
    for (const tensor of tensors) {
      const from = sources.get(tensor)
      if (from !== undefined) edges.push({ from, to })
    }
  }
  graph.inputs.forEach((tensor, i) => {
    sources.set(tensor, add('input', graph.inputNames[i], '', tensor.shape))
  })
  const names = new Map([...graph.layers].map(([name, module]) => [module, name]))
  for (const call of graph.calls) {
    const id = add('layer', names.get(call.module) ?? '', typeOf(call.module), call.outputs[0].shape)
    connect(readsOf(call), id)
    for (const tensor of call.outputs) sources.set(tensor, id)
  }
  graph.outputs.forEach((tensor, i) => {
    connect([tensor], add('output', graph.outputNames[i], '', tensor.shape))
  })
  return { nodes, edges }
}
