import type { DType } from '../engine/dtype.ts'
import { mapContext } from '../nn/graph/apply.ts'
import type { SymbolicTensor } from '../nn/graph/symbolic.ts'
import type { Shape } from '../tensor/shape.ts'
import type { ModelResult } from '../train/model.ts'
import type { Functional } from '../train/functional/functional.ts'
import type { LayerEntry } from './model-config.ts'
import type { Json } from './plain-json.ts'

/** Where a tensor of a graph comes from: output `output` of call number `call`, or with call −1 an input. */
export type Place = readonly [call: number, output: number]

/** An input of a graph. */
export interface InputEntry {
  readonly name: string
  /** Of one example; null where it is unknown. */
  readonly shape: Shape | null
  readonly dtype: DType
}

/** One application of a layer. */
export interface CallEntry {
  /** The layer's name. */
  readonly layer: string
  /** What it reads: one tensor, or a list. */
  readonly inputs: Place | readonly Place[]
  /** What it is handed besides, with `{ tensor: place }` where a tensor is. */
  readonly context?: Json
}

/** A graph of layers, its calls in the order in which they run. */
export interface FunctionalConfig {
  readonly name: string
  readonly inputs: readonly InputEntry[]
  readonly layers: readonly LayerEntry[]
  readonly calls: readonly CallEntry[]
  /** One tensor, or a list. */
  readonly outputs: Place | readonly Place[]
}

/** The graph of a model as JSON; `describeLayer` describes one of its layers. */
export function describeGraph(
  model: Functional<ModelResult>,
  describeLayer: (name: string, layer: Functional['layers'][number]) => LayerEntry,
): FunctionalConfig {
  const { inputs, outputs, calls } = model.graph
  const places = new Map<SymbolicTensor, Place>(inputs.map((tensor, i) => [tensor, [-1, i]]))
  calls.forEach((call, number) => {
    call.outputs.forEach((tensor, i) => {
      // A tensor in the middle may be an input of the model.
      if (!places.has(tensor)) places.set(tensor, [number, i])
    })
  })
  const place = (tensor: SymbolicTensor): Place => places.get(tensor) as Place
  const names = new Map(model.namedLayers().map(([name, layer]) => [layer, name]))
  return {
    name: model.name,
    inputs: inputs.map(({ shape, dtype }, i) => ({ name: model.inputNames[i], shape, dtype })),
    layers: model.namedLayers().map(([name, layer]) => describeLayer(name, layer)),
    calls: calls.map(({ module, inputs: read, takesList, context }) => ({
      layer: names.get(module) ?? '',
      inputs: takesList ? read.map(place) : place(read[0]),
      ...(Object.keys(context).length === 0
        ? {}
        : { context: mapContext(context, tensor => ({ tensor: place(tensor) })) as Json }),
    })),
    outputs: model.givesList ? outputs.map(place) : place(outputs[0]),
  }
}
