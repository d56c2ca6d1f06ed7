import { BuildError, ValueError } from '../../errors.ts'
import { layerNames } from '../../io/layer-names.ts'
import { customClasses, type LayerClass, layerTable } from '../../io/layer-table.ts'
import { buildModel } from '../../io/model-build.ts'
import {
  describeModel,
  type LayerEntry,
  type ModelConfig,
  type SequentialConfig,
} from '../../io/model-config.ts'
import { requirePlainJson } from '../../io/plain-json.ts'
import { StateReader } from '../../io/state-reader.ts'
import { withoutInitializers } from '../../nn/initializers.ts'
import { Layer, type LayerConfig } from '../../nn/layer.ts'
import type { Module } from '../../nn/module.ts'
import type { Model, ModelResult } from '../model.ts'
import { type AnyLayer, Sequential } from '../sequential.ts'
import { fromWire, type WireTree } from './wire-tree.ts'

type AnyModel = Model<ModelResult>

/** A Sequential that has not met a batch yet: it gets its parameters in the worker. */
interface Unbuilt {
  readonly kind: 'unbuilt'
  readonly config: SequentialConfig
  /** Paths of the modules that are not trained. */
  readonly frozen: readonly string[]
}

/** A model as data, without its weights. */
export type Architecture = { readonly kind: 'built'; readonly config: ModelConfig } | Unbuilt

/** Whether all parameters exist. */
export function isBuilt(model: AnyModel): boolean {
  try {
    model.namedState()
    return true
  } catch (error) {
    if (error instanceof BuildError) return false
    throw error
  }
}

/** @throws ValueError that names the part which no data can describe */
export function describeArchitecture(model: AnyModel): Architecture {
  if (model instanceof Sequential && !isBuilt(model)) {
    const frozen = [...model.namedModules()].filter(([path, { trainable }]) => path !== '' && !trainable)
    return { kind: 'unbuilt', config: describeUnbuilt(model), frozen: frozen.map(([path]) => path) }
  }
  return { kind: 'built', config: describeModel('fit', model).config }
}

function describeUnbuilt(model: Sequential): SequentialConfig {
  const layers = model.namedLayers().map(([name, layer]): LayerEntry => {
    if (layer instanceof Sequential) return { name, className: 'Sequential', config: describeUnbuilt(layer) }
    if (!(layer instanceof Layer)) throw notDescribed(name, layer)
    const config: LayerConfig = layer.config()
    requirePlainJson('fit', config, `the config of layer "${name}"`, 'config() must return plain data.')
    return { name, className: layer.className, config }
  })
  return { name: model.name, inputShape: model.inputShape, layers }
}

const notDescribed = (name: string, layer: AnyLayer): ValueError =>
  new ValueError({
    operation: 'fit',
    problem: `cannot take layer "${name}" into a worker: ${layer.constructor.name} is a Module, not a Layer, and has no config().`,
    hint: 'extend Layer (outputShape, compute, config) instead of Module, or train without a worker.',
    argument: 'worker',
    received: layer,
  })

/** A model among the layers. */
const isModel = (entry: LayerEntry): entry is LayerEntry & { readonly config: SequentialConfig } =>
  entry.className === 'Sequential' || entry.className === 'Functional'

/** The layers of the user's own, as [path, class name]. */
export function customLayers(
  { layers }: { readonly layers: readonly LayerEntry[] },
  prefix = '',
): [string, string][] {
  return layers.flatMap((entry): [string, string][] => {
    const path = `${prefix}${entry.name}`
    if (isModel(entry)) return customLayers(entry.config, `${path}.`)
    return layerNames.has(entry.className) ? [] : [[path, entry.className]]
  })
}

const isOwnLayerClass = (value: unknown): value is typeof Layer & LayerClass =>
  typeof value === 'function' &&
  value.prototype instanceof Layer &&
  ![...layerTable.values()].some(({ layer }) => layer === value)

/** The layer classes among a module's exports, by the name under which a model knows them. */
export function layerClasses(exported: Readonly<Record<string, unknown>>): ReadonlyMap<string, LayerClass> {
  const classes = Object.values(exported).filter(isOwnLayerClass)
  const nameOf = (made: typeof Layer): string =>
    Object.hasOwn(made, 'className') ? made.className : (made as { readonly name: string }).name
  return customClasses('fit', Object.fromEntries(classes.map(made => [nameOf(made), made])))
}

/** The model again, with the parameters that it has. */
export function buildArchitecture(
  architecture: Architecture,
  state: WireTree,
  classes: ReadonlyMap<string, LayerClass>,
): AnyModel {
  if (architecture.kind === 'unbuilt') {
    const model = buildUnbuilt(architecture.config, classes)
    for (const [path, module] of model.namedModules())
      if (architecture.frozen.includes(path)) module.trainable = false
    return model
  }
  const weights = new StateReader(fromWire(state), 'the state of training').tensors('model')
  const tensors = new Map(
    [...weights].map(([name, tensor]) => [
      name,
      { dtype: 'F32' as const, shape: tensor.shape, data: tensor.data() },
    ]),
  )
  return buildModel(new Map(Object.entries(architecture.config)), { tensors, classes })
}

function buildUnbuilt(config: SequentialConfig, classes: ReadonlyMap<string, LayerClass>): Sequential {
  const layers = config.layers.map((entry): AnyLayer => {
    if (isModel(entry)) return buildUnbuilt(entry.config, classes)
    const made = layerTable.get(entry.className)?.layer ?? classes.get(entry.className)
    if (made === undefined) throw new Error(`internal: no class for layer "${entry.name}"`)
    return makeLayer(made, { ...entry.config, name: entry.name }) as AnyLayer
  })
  const { name, inputShape } = config
  return withoutInitializers(
    () => new Sequential(layers, inputShape === null ? { name } : { name, inputShape }),
  )
}

const makeLayer = (made: LayerClass, config: LayerConfig): Module<unknown> =>
  withoutInitializers(() => made.fromConfig?.(config) ?? new made(config as never))
