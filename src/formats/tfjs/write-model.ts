import type { Json } from '../../io/plain-json.ts'
import { BUILT_IN, Layer } from '../../nn/layer.ts'
import type { SymbolicTensor } from '../../nn/graph/symbolic.ts'
import { contextTensors } from '../../nn/graph/apply.ts'
import type { Module } from '../../nn/module.ts'
import type { Shape } from '../../tensor/shape.ts'
import type { Functional } from '../../train/functional/functional.ts'
import type { ModelResult } from '../../train/model.ts'
import { Sequential } from '../../train/sequential.ts'
import { familyGaps, findGap, tfjsGaps } from './gaps.ts'
import { layerFormats } from './layers/table.ts'
import { isNested, type LayersModel } from './nested.ts'
import { notExpressed } from './unsupported.ts'

type Config = Record<string, Json>

/** The shape of a batch in a file: null is any size. */
const batchShape = (shape: Shape): Json => [null, ...shape.map(size => (size < 0 ? null : size))]

/** Everything in the model that the format has no word for, by its path. */
export function findUnexpressed(model: LayersModel, gaps = familyGaps, prefix = ''): readonly string[] {
  return model.namedLayers().flatMap(([name, layer]): readonly string[] => {
    const path = `${prefix}${name}`
    if (isNested(layer)) return findUnexpressed(layer, gaps, `${path}.`)
    const isKnown =
      layer instanceof Layer &&
      Object.hasOwn(layer.constructor, BUILT_IN) &&
      layerFormats.has(layer.className)
    const gap = isKnown ? findGap(gaps, layer.className, layer.config()) : null
    if (gap !== null) return [`${gap} of ${(layer as Layer).className} "${path}"`]
    return isKnown ? [] : [`${layer instanceof Layer ? layer.className : layer.constructor.name} "${path}"`]
  })
}

/** The topology of a model. */
export function writeTopology(model: LayersModel): Json {
  const unexpressed = findUnexpressed(model, tfjsGaps)
  if (unexpressed.length > 0) throw notExpressed(unexpressed)
  return { ...writeModel(model, model.name), keras_version: 'tfjs-layers 4.22.0', backend: 'tensor_flow.js' }
}

function writeModel(model: LayersModel, name: string): Config {
  return model instanceof Sequential ? writeSequential(model, name) : writeFunctional(model, name)
}

function writePart(name: string, layer: Module<unknown>): Config {
  if (isNested(layer)) return writeModel(layer, name)
  // findUnexpressed has seen that it is a layer with a format.
  const { className } = layer as Layer
  const config = layerFormats.get(className)?.write({ ...(layer as Layer).config(), name }) ?? {}
  return { class_name: className, config: { name, trainable: layer.trainable, ...config } }
}

function writeSequential(model: Sequential, name: string): Config {
  const { inputShape } = model
  if (inputShape === null)
    throw notExpressed([`Sequential "${model.name}" without an inputShape`], 'run a batch through it first.')
  const layers = model.namedLayers().map(([layer, module]) => writePart(layer, module))
  const entry: Config = {
    class_name: 'InputLayer',
    config: {
      batch_input_shape: batchShape(inputShape),
      dtype: 'float32',
      sparse: false,
      name: `${name}_input`,
    },
  }
  return { class_name: 'Sequential', config: { name, layers: [entry, ...layers] } }
}

/** Where a tensor comes from, as a file says it. */
type Reference = readonly [layer: string, call: number, output: number]

function writeFunctional(model: Functional<ModelResult>, name: string): Config {
  const { inputs, outputs, calls, layers } = model.graph
  const names = new Map([...layers].map(([layer, module]) => [module, layer]))
  const places = new Map<SymbolicTensor, Reference>(
    inputs.map((tensor, i) => [tensor, [model.inputNames[i], 0, 0]]),
  )
  const made = new Map<Module<unknown>, number>()
  const nodes = new Map<Module<unknown>, Json[]>()
  const reference = (tensor: SymbolicTensor): Json => [...(places.get(tensor) as Reference), {}]
  for (const call of calls) {
    const { module } = call
    // A model's own construction is call number 0.
    const number = made.get(module) ?? (isNested(module) ? 1 : 0)
    made.set(module, number + 1)
    const layer = names.get(module) ?? ''
    if (Object.keys(call.context).some(key => key !== 'initialState'))
      throw notExpressed([`the context of "${layer}"`])
    const reads = [...call.inputs, ...contextTensors(call.context)]
    nodes.set(module, [...(nodes.get(module) ?? []), reads.map(reference)])
    call.outputs.forEach((tensor, i) => {
      if (!places.has(tensor)) places.set(tensor, [layer, number, i])
    })
  }
  const ends = (tensors: readonly SymbolicTensor[]): Json =>
    tensors.map(tensor => [...(places.get(tensor) as Reference)])
  const entries = inputs.map((tensor, i): Config => {
    const { shape, dtype } = tensor
    const input = model.inputNames[i]
    if (shape === null) throw notExpressed([`the input "${input}" of an unknown shape`])
    const config = { batch_input_shape: batchShape(shape), dtype, sparse: false, name: input }
    return { name: input, class_name: 'InputLayer', config, inbound_nodes: [] }
  })
  const parts = [...layers].map(
    ([layer, module]): Config => ({
      name: layer,
      ...writePart(layer, module),
      inbound_nodes: nodes.get(module) ?? [],
    }),
  )
  return {
    class_name: 'Functional',
    config: {
      name,
      layers: [...entries, ...parts],
      input_layers: ends(inputs),
      output_layers: ends(outputs),
    },
  }
}
