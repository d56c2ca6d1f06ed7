import { ValueError } from '../errors.ts'
import { BUILT_IN, Layer, type LayerConfig } from '../nn/layer.ts'
import type { Module, StateDict } from '../nn/module.ts'
import type { Shape } from '../tensor/shape.ts'
import { Functional } from '../train/functional/functional.ts'
import type { Model, ModelResult } from '../train/model.ts'
import { Sequential } from '../train/sequential.ts'
import { type CompileSettings, describeCompiled } from './compile-settings.ts'
import { frozenNames } from './frozen.ts'
import { describeGraph, type FunctionalConfig } from './graph-config.ts'
import { layerNames } from './layer-names.ts'
import { requirePlainJson } from './plain-json.ts'

export const modelFormat = 'tensorloom-model'

/** Raised when an older reader would misunderstand what is written. */
export const modelVersion = 1

/** A layer of a saved model. */
export interface LayerEntry {
  /** Its name in the model: its weights are called `${name}.kernel` and so on. */
  readonly name: string
  readonly className: string
  /** What the layer's `config()` gave; for a model among the layers, its description. */
  readonly config: LayerConfig | SequentialConfig | FunctionalConfig
}

/** A Sequential: the shape of one example (null where it is unknown) and the layers. */
export interface SequentialConfig {
  readonly name: string
  readonly inputShape: Shape | null
  readonly layers: readonly LayerEntry[]
}

interface ModelHead {
  readonly format: typeof modelFormat
  readonly version: number
  /** Present where optimizer, loss and metrics are all built-in. */
  readonly compile?: CompileSettings
  /** Paths of the modules, and names of the parameters, that are not trained. */
  readonly frozen?: readonly string[]
}

/** A model without its weights, as JSON. */
export type ModelConfig = ModelHead &
  (
    | (SequentialConfig & { readonly className: 'Sequential' })
    | (FunctionalConfig & { readonly className: 'Functional' })
  )

const weightsHint =
  'save its weights with serializeStateDict(model.stateDict()), and load them into a model built by the same code.'

/** A model's description and weights. */
export interface Described {
  readonly config: ModelConfig
  readonly state: StateDict
}

/**
 * Describes a model so that `load` can make it again.
 *
 * @throws ValueError for a model or layer that cannot be described; BuildError while input sizes are unknown
 */
export function describeModel(operation: string, model: Model<ModelResult>): Described {
  const described = describeArchitecture(operation, model)
  if (described === null) {
    throw new ValueError({
      operation,
      problem: `takes a Sequential or what model() gives; "${model.name}" is a class of your own, whose code no file can hold.`,
      hint: weightsHint,
      argument: 'model',
      received: model,
    })
  }
  const compile = describeCompiled(model.compiledSettings)
  const frozen = frozenNames(model)
  return {
    config: {
      format: modelFormat,
      version: modelVersion,
      ...described,
      ...(compile === null ? {} : { compile }),
      ...(frozen.length === 0 ? {} : { frozen }),
    },
    state: model.stateDict(),
  }
}

/** A model as an entry among layers would describe it; null for a class of the user's own. */
function describeArchitecture(operation: string, model: object) {
  if (isPlainSequential(model))
    return { className: 'Sequential' as const, ...describeSequential(operation, model) }
  if (isPlainFunctional(model))
    return { className: 'Functional' as const, ...describeFunctional(operation, model) }
  return null
}

const isPlainFunctional = (module: object): module is Functional<ModelResult> =>
  module instanceof Functional && Object.getPrototypeOf(module) === Functional.prototype

function describeFunctional(operation: string, model: Functional<ModelResult>): FunctionalConfig {
  const described = describeGraph(model, (name, layer) => describeLayer(operation, name, layer))
  requireOwnParameters(operation, model, model.layers)
  return described
}

const isPlainSequential = (module: object): module is Sequential =>
  module instanceof Sequential && Object.getPrototypeOf(module) === Sequential.prototype

function describeSequential(operation: string, model: Sequential): SequentialConfig {
  const layers = model.namedLayers().map(([name, layer]) => describeLayer(operation, name, layer))
  requireOwnParameters(operation, model, model.layers)
  return { name: model.name, inputShape: model.inputShape, layers }
}

/** Refuses different layers with the same parameter. */
function requireOwnParameters(
  operation: string,
  model: Model<ModelResult>,
  layers: readonly Module<unknown>[],
): void {
  const parameters = layers.reduce((sum, layer) => sum + layer.namedParameters().size, 0)
  const distinct = model.namedParameters().size
  if (distinct !== parameters) {
    throw new ValueError({
      operation,
      problem: `cannot save "${model.name}": its layers have ${parameters} parameters, but only ${distinct} different ones.`,
      hint: `layers that share a parameter would be loaded with one each; ${weightsHint}`,
    })
  }
}

function describeLayer(operation: string, name: string, layer: Module<unknown>): LayerEntry {
  const model = describeArchitecture(operation, layer)
  if (model !== null) {
    const { className, ...config } = model
    return { name, className, config }
  }

  if (!(layer instanceof Layer)) {
    throw new ValueError({
      operation,
      problem: `cannot save layer "${name}": ${layer.constructor.name} is a Module, not a Layer, and has no config().`,
      hint: `extend Layer (outputShape, compute, config) instead of Module; or ${weightsHint}`,
      received: layer,
    })
  }
  const className = classNameOf(layer)
  const isBuiltIn = Object.hasOwn(layer.constructor, BUILT_IN)
  if ((layerNames.has(className) && !isBuiltIn) || className === '') {
    throw new ValueError({
      operation,
      problem: `cannot save layer "${name}": its class needs a className of its own, got "${className}".`,
      hint: "write static override readonly className = '…' in the class.",
      received: layer,
    })
  }
  const config: LayerConfig = layer.config()
  const hint = 'config() must return plain data: numbers, strings, booleans, arrays and object literals.'
  requirePlainJson(operation, config, `the config of layer "${name}"`, hint)
  return { name, className, config }
}

/** The class' own `className`; without one, its name in the code. */
function classNameOf({ constructor: layerClass }: object): string {
  return 'className' in layerClass && Object.hasOwn(layerClass, 'className')
    ? String(layerClass.className)
    : layerClass.name
}
