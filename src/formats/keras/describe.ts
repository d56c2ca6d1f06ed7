import { UnsupportedError } from '../../errors.ts'
import type { Json } from '../../io/plain-json.ts'
import { show } from '../../io/refuse.ts'
import type { SymbolicContext, SymbolicTensor } from '../../nn/graph/symbolic.ts'
import { contextTensors } from '../../nn/graph/apply.ts'
import type { Layer, LayerConfig } from '../../nn/layer.ts'
import type { Module } from '../../nn/module.ts'
import type { Shape } from '../../tensor/shape.ts'
import type { Functional } from '../../train/functional/functional.ts'
import type { ModelResult } from '../../train/model.ts'
import { Sequential } from '../../train/sequential.ts'
import { layerFormats } from '../tfjs/layers/table.ts'
import { isNested, type LayersModel } from '../tfjs/nested.ts'
import { findUnexpressed } from '../tfjs/write-model.ts'
import { asKeras2 } from './normalize.ts'

type Config = Readonly<Record<string, Json>>

/** An object as Keras 3 describes it. */
const object = (module: string, className: string, config: Config, more: Config = {}): Config => ({
  module,
  class_name: className,
  config,
  registered_name: null,
  ...more,
})

const batchShape = (shape: Shape): Json => [null, ...shape.map(size => (size < 0 ? null : size))]

const refuse = (items: readonly string[], hint?: string): UnsupportedError =>
  new UnsupportedError({
    operation: 'saveKeras',
    problem: `cannot write ${items.join(', ')}: Keras has nothing like it, or this writer does not know it.`,
    hint,
    items,
  })

/**
 * A model as Keras 3 describes it in config.json.
 * @throws UnsupportedError that names every layer which is not known there
 */
export function describeModel(model: LayersModel): Config {
  const unexpressed = findUnexpressed(model)
  if (unexpressed.length > 0) throw refuse(unexpressed)
  return describe(model, model.name)
}

/** The same as Keras 2 describes it, in an `.h5` file. */
export function describeForKeras2(model: LayersModel): unknown {
  return withBatchInputShape(asKeras2(describeModel(model)))
}

/** What Keras 3 calls `batch_shape`, both understand as `batch_input_shape`. */
function withBatchInputShape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withBatchInputShape)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key === 'batch_shape' ? 'batch_input_shape' : key,
      withBatchInputShape(item),
    ]),
  )
}

const describe = (model: LayersModel, name: string): Config =>
  model instanceof Sequential ? sequentialConfig(model, name) : functionalConfig(model, name)

function part(name: string, module: Module<unknown>): Config {
  if (isNested(module)) return describe(module, name)
  const layer = module as Layer
  const given: LayerConfig = { ...layer.config(), name }
  const { className } = layer
  const isResetAfter = className === 'GRU' && given.resetAfter !== false
  // The format that both share has no word for it; Keras has.
  const written =
    layerFormats.get(className)?.write(isResetAfter ? { ...given, resetAfter: false } : given) ?? {}
  if (isResetAfter) written.reset_after = true
  refuseHardSigmoid(name, written)
  const config = withModules({ name, trainable: layer.trainable, dtype: 'float32', ...written })
  return object(
    'keras.layers',
    className,
    className === 'LeakyReLU' ? renamed(config, 'alpha', 'negative_slope') : config,
  )
}

/** In Keras 3 it is another function. */
function refuseHardSigmoid(name: string, config: Config): void {
  for (const key of ['activation', 'recurrent_activation'])
    if (config[key] === 'hard_sigmoid')
      throw refuse([`hardSigmoid of layer ${show(name)}`], 'train it with sigmoid.')
}

function renamed(config: Config, ours: string, theirs: string): Config {
  const { [ours]: value, ...rest } = config
  return { ...rest, [theirs]: value }
}

/** Initialisers, regularisers and so on say in which module of Keras their class is. */
const MODULES: readonly (readonly [RegExp, string])[] = [
  [/initializer$/, 'keras.initializers'],
  [/regularizer$/, 'keras.regularizers'],
  [/constraint$/, 'keras.constraints'],
  [/^layer$/, 'keras.layers'],
]

function withModules(config: Config): Config {
  const entries = Object.entries(config).map(([key, value]): [string, Json] => {
    const [, module] = MODULES.find(([pattern]) => pattern.test(key)) ?? []
    if (module === undefined || typeof value !== 'object' || value === null || Array.isArray(value))
      return [key, value]
    const { class_name: className, config: inner } = value as Config
    return [key, object(module, String(className), withModules(inner as Config))]
  })
  return Object.fromEntries(entries)
}

function inputLayer(name: string, shape: Shape, dtype: string): Config {
  return object('keras.layers', 'InputLayer', { batch_shape: batchShape(shape), dtype, sparse: false, name })
}

function sequentialConfig(model: Sequential, name: string): Config {
  const { inputShape } = model
  if (inputShape === null)
    throw refuse([`Sequential "${model.name}" without an inputShape`], 'run a batch through it first.')
  const layers = model.namedLayers().map(([layer, module]) => part(layer, module))
  const entry = inputLayer(`${name}_input`, inputShape, 'float32')
  const config = {
    name,
    trainable: true,
    dtype: 'float32',
    layers: [entry, ...layers],
    build_input_shape: batchShape(inputShape),
  }
  return object('keras', 'Sequential', config, { build_config: { input_shape: batchShape(inputShape) } })
}

function functionalConfig(model: Functional<ModelResult>, name: string): Config {
  const { inputs, outputs, calls, layers } = model.graph
  const names = new Map([...layers].map(([layer, module]) => [module, layer]))
  const places = new Map<SymbolicTensor, readonly [layer: string, call: number, output: number]>(
    inputs.map((tensor, i) => [tensor, [model.inputNames[i], 0, 0]]),
  )
  const made = new Map<Module<unknown>, number>()
  const nodes = new Map<Module<unknown>, Json[]>()
  const place = (tensor: SymbolicTensor): Json => [...(places.get(tensor) ?? [])]
  const reference = (tensor: SymbolicTensor): Json => ({
    class_name: '__keras_tensor__',
    config: {
      shape: tensor.shape === null ? null : batchShape(tensor.shape),
      dtype: tensor.dtype,
      keras_history: place(tensor),
    },
  })
  for (const call of calls) {
    const { module, context } = call
    // A model's own construction is call number 0.
    const number = made.get(module) ?? (isNested(module) && !(module instanceof Sequential) ? 1 : 0)
    made.set(module, number + 1)
    const layer = names.get(module) ?? ''
    if (Object.keys(context).some(key => key !== 'initialState')) throw refuse([`the context of "${layer}"`])
    const reads = call.inputs.map(reference)
    const state = statesOf(context).map(reference)
    const kwargs: Config = state.length === 0 ? {} : { initial_state: state }
    const node: Config = {
      args: call.takesList ? [reads] : reads,
      kwargs,
    }
    nodes.set(module, [...(nodes.get(module) ?? []), node])
    call.outputs.forEach((tensor, i) => {
      if (!places.has(tensor)) places.set(tensor, [layer, number, i])
    })
  }
  const entries = inputs.map((tensor, i): Config => {
    const input = model.inputNames[i]
    if (tensor.shape === null) throw refuse([`the input "${input}" of an unknown shape`])
    return { ...inputLayer(input, tensor.shape, tensor.dtype), name: input, inbound_nodes: [] }
  })
  const parts = [...layers].map(
    ([layer, module]): Config => ({
      ...part(layer, module),
      name: layer,
      inbound_nodes: nodes.get(module) ?? [],
    }),
  )
  const ends = (tensors: readonly SymbolicTensor[]): Json =>
    tensors.length === 1 ? place(tensors[0]) : tensors.map(place)
  const config = {
    name,
    trainable: true,
    layers: [...entries, ...parts],
    input_layers: ends(inputs),
    output_layers: ends(outputs),
  }
  return object('keras.src.models.functional', 'Functional', config)
}

const statesOf = (context: SymbolicContext): readonly SymbolicTensor[] => contextTensors(context)
