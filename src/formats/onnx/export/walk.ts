import { UnsupportedError } from '../../../errors.ts'
import type { SymbolicContext } from '../../../nn/graph/symbolic.ts'
import { SymbolicTensor } from '../../../nn/graph/symbolic.ts'
import { UNKNOWN } from '../../../nn/layer.ts'
import type { Module } from '../../../nn/module.ts'
import { Functional } from '../../../train/functional/functional.ts'
import { Model } from '../../../train/model.ts'
import { Sequential } from '../../../train/sequential.ts'
import type { Edge } from './builder.ts'
import type { EdgeContext } from './exporter.ts'
import { exporters } from './layers.ts'
import type { Scope } from './scope.ts'

/** Writes the layers of a model; what cannot be written is collected, so that one error names it all. */
export class Walk {
  readonly refused = new Map<string, string>()

  /** Writes a layer or a model inside the model. */
  readonly write = (
    module: Module<unknown>,
    inputs: readonly Edge[],
    scope: Scope,
    context: EdgeContext = new Map(),
  ): readonly Edge[] => {
    if (module.constructor === Sequential) return this.writeSequential(module as Sequential, inputs, scope)
    if (module.constructor === Functional) return this.writeFunctional(module as Functional, inputs, scope)
    const exporter = exporters.find(module)
    if (exporter === null) {
      return this.refuse(module, inputs, scope.path, `${module.className} has no counterpart in ONNX here`)
    }
    try {
      const result = exporter(module, { inputs, context, scope, write: this.write })
      return 'name' in result ? [result] : result
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error
      return this.refuse(module, inputs, scope.path, error.problem)
    }
  }

  /** Remembers a layer that cannot be written; what comes after it is looked at all the same. */
  private refuse(
    module: Module<unknown>,
    inputs: readonly Edge[],
    path: string,
    problem: string,
  ): readonly Edge[] {
    this.refused.set(path || (module instanceof Model ? module.name : ''), problem)
    const [first] = inputs
    const shapes = module.outputShapes(inputs.map(({ shape }) => shape.slice(1)))
    return shapes.map(shape => ({
      ...first,
      channelsSecond: false,
      shape: shape === null ? first.shape : [UNKNOWN, ...shape],
    }))
  }

  writeSequential(model: Sequential, inputs: readonly Edge[], scope: Scope): readonly Edge[] {
    let edges = inputs
    for (const [name, layer] of model.namedLayers()) edges = this.write(layer, edges, scope.inside(name))
    return edges
  }

  writeFunctional(model: Functional, inputs: readonly Edge[], scope: Scope): readonly Edge[] {
    const edges = new Map<SymbolicTensor, Edge>()
    const names = new Map(model.namedLayers().map(([name, layer]) => [layer, name]))
    model.graph.inputs.forEach((tensor, i) => {
      edges.set(tensor, inputs[i])
    })
    const edgeOf = (tensor: SymbolicTensor): Edge => edges.get(tensor) as Edge
    for (const { module, inputs: reads, context, outputs } of model.graph.calls) {
      const path = names.get(module) ?? ''
      const given = new Map(flatContext(context, '').map(([name, tensor]) => [name, edgeOf(tensor)]))
      const written = this.write(module, reads.map(edgeOf), scope.inside(path), given)
      outputs.forEach((tensor, i) => {
        edges.set(tensor, written[i])
      })
    }
    return model.graph.outputs.map(edgeOf)
  }
}

/** `{ initialState: { h } }` as `initialState.h`; places in lists count as names. */
function flatContext(context: SymbolicContext, prefix: string): [string, SymbolicTensor][] {
  return Object.entries(context).flatMap(([name, value]): [string, SymbolicTensor][] => {
    if (value instanceof SymbolicTensor) return [[`${prefix}${name}`, value]]
    return flatContext(value as SymbolicContext, `${prefix}${name}.`)
  })
}
