import { ValueError } from '../errors.ts'
import { BUILT_IN, Layer, type LayerConfig } from '../nn/layer.ts'
import type { StateDict } from '../nn/module.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Model } from '../train/model.ts'
import { Sequential, type AnyLayer } from '../train/sequential.ts'
import { type CompileSettings, describeCompiled } from './compile-settings.ts'
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
  /** What the layer's `config()` gave; for a nested Sequential, its description. */
  readonly config: LayerConfig | SequentialConfig
}

/** A Sequential: the shape of one example (null where it is unknown) and the layers. */
export interface SequentialConfig {
  readonly name: string
  readonly inputShape: Shape | null
  readonly layers: readonly LayerEntry[]
}

/** A model without its weights, as JSON. */
export interface ModelConfig extends SequentialConfig {
  readonly format: typeof modelFormat
  readonly version: number
  readonly className: 'Sequential'
  /** Present where optimizer, loss and metrics are all built-in. */
  readonly compile?: CompileSettings
}

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
export function describeModel(operation: string, model: Model): Described {
  if (!isPlainSequential(model)) {
    throw new ValueError({
      operation,
      problem: `takes a Sequential; "${model.name}" is a class of your own, whose code no file can hold.`,
      hint: weightsHint,
      argument: 'model',
      received: model,
    })
  }
  const described = describeSequential(operation, model)
  const compile = describeCompiled(model.compiledSettings)
  return {
    config: {
      format: modelFormat,
      version: modelVersion,
      className: 'Sequential',
      ...described,
      ...(compile === null ? {} : { compile }),
    },
    state: model.stateDict(),
  }
}

const isPlainSequential = (module: object): module is Sequential =>
  module instanceof Sequential && Object.getPrototypeOf(module) === Sequential.prototype

function describeSequential(operation: string, model: Sequential): SequentialConfig {
  const layers = model.namedLayers().map(([name, layer]) => describeLayer(operation, name, layer))
  const parameters = model.layers.reduce((sum, layer) => sum + layer.namedParameters().size, 0)
  const distinct = model.namedParameters().size
  if (distinct !== parameters) {
    throw new ValueError({
      operation,
      problem: `cannot save "${model.name}": its layers have ${parameters} parameters, but only ${distinct} different ones.`,
      hint: `layers that share a parameter would be loaded with one each; ${weightsHint}`,
    })
  }
  return { name: model.name, inputShape: model.inputShape, layers }
}

function describeLayer(operation: string, name: string, layer: AnyLayer): LayerEntry {
  if (isPlainSequential(layer))
    return { name, className: 'Sequential', config: describeSequential(operation, layer) }
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
