import { readArray, readRecord, readString } from '../../io/plain-json.ts'
import { blameFile, refuseModel } from '../../io/refuse-model.ts'
import { show } from '../../io/refuse.ts'
import type { Shape } from '../../tensor/shape.ts'
import { type AnyLayer, Sequential } from '../../train/sequential.ts'
import { UnsupportedError } from '../../errors.ts'
import { layerFormats, readLayer } from './layers/table.ts'
import type { LayersModel } from './nested.ts'
import { readGraph } from './read-graph.ts'
import { type Described, inputShapeOf, type NamesInFile, readDescribed } from './described.ts'

const MODELS: readonly unknown[] = ['Sequential', 'Functional', 'Model']

/** Makes the model of a topology. Layers that are not known are all named in one error. */
export function readTopology(value: unknown, names: NamesInFile): LayersModel {
  const outer = readRecord(value, 'modelTopology')
  const isWrapped = outer.has('model_config')
  const at = isWrapped ? 'modelTopology.model_config' : 'modelTopology'
  const topology = isWrapped ? outer.get('model_config') : value
  const strangers = unknownLayers(topology, 0)
  if (strangers.length > 0) {
    throw new UnsupportedError({
      operation: 'loadTfjsModel',
      problem: `has no layers ${strangers.map(show).join(', ')}.`,
      hint: `it knows ${[...layerFormats.keys()].join(', ')}.`,
      items: strangers,
    })
  }
  return readModel(readDescribed(topology, at), names)
}

/** The classes that are not known, however deep; damage is left to those who read. */
function unknownLayers(value: unknown, depth: number): string[] {
  if (typeof value !== 'object' || value === null || depth > 64) return []
  if (Array.isArray(value)) return [...new Set(value.flatMap(item => unknownLayers(item, depth + 1)))]
  const record = new Map(Object.entries(value))
  const name = record.get('class_name')
  const config: unknown = record.get('config')
  const inside = typeof config === 'object' && config !== null ? new Map(Object.entries(config)) : new Map()
  const own =
    typeof name !== 'string' || layerFormats.has(name) || MODELS.includes(name) || name === 'InputLayer'
      ? []
      : [name]
  const layers = Array.isArray(config) ? config : inside.get('layers')
  return [
    ...new Set([
      ...own,
      ...unknownLayers(layers, depth + 1),
      ...unknownLayers(inside.get('layer'), depth + 1),
    ]),
  ]
}

export function readModel(described: Described, names: NamesInFile): LayersModel {
  if (!MODELS.includes(described.className))
    refuseModel(described.at, `expected a Sequential or a Functional, got ${show(described.className)}`)
  return described.className === 'Sequential'
    ? readSequential(described, names)
    : readGraph(described, names, readPart)
}

/** A layer, or a model among the layers. */
export function readPart(described: Described, names: NamesInFile): AnyLayer {
  const { className, config, at } = described
  if (MODELS.includes(className)) return readModel(described, names) as AnyLayer
  const options = completed(className, readRecord(config, at), names)
  const layer = readLayer(className, options, at)
  const name = readString(options.get('name'), `${at}.name`)
  layer.name = name.replaceAll('.', '_')
  if (options.get('trainable') === false) layer.trainable = false
  names.layers.set(layer, { name, innerName: innerNameOf(options) })
  return layer
}

/** TensorFlow.js forgets the depthMultiplier of a SeparableConv2D; its kernel tells. */
function completed(
  className: string,
  options: ReadonlyMap<string, unknown>,
  { shapes }: NamesInFile,
): ReadonlyMap<string, unknown> {
  if (className !== 'SeparableConv2D' || options.has('depth_multiplier')) return options
  const kernel = shapes.get(`${String(options.get('name'))}/depthwise_kernel`)
  return kernel === undefined ? options : new Map([...options, ['depth_multiplier', kernel[3]]])
}

/** Name of the layer in a wrapper. */
function innerNameOf(options: ReadonlyMap<string, unknown>): string {
  const inner = options.get('layer')
  if (typeof inner !== 'object' || inner === null) return ''
  const config = readRecord(inner, 'layer').get('config') ?? {}
  return String(readRecord(config, 'layer.config').get('name') ?? '')
}

function readSequential({ config, at }: Described, names: NamesInFile): Sequential {
  const record = Array.isArray(config)
    ? new Map<string, unknown>([['layers', config]])
    : readRecord(config, at)
  const name = record.has('name') ? readString(record.get('name'), `${at}.name`) : 'sequential'
  let inputShape = inputShapeOf(new Map([['batch_input_shape', record.get('build_input_shape') ?? null]]), at)
  const layers: AnyLayer[] = []
  readArray(record.get('layers'), `${at}.layers`).forEach((value, index) => {
    const described = readDescribed(value, `${at}.layers[${index}]`)
    if (index === 0 && !Array.isArray(described.config)) {
      const options = readRecord(described.config, described.at)
      inputShape =
        inputShapeOf(options, described.at) ?? embeddedShape(described.className, options) ?? inputShape
    }
    if (described.className === 'InputLayer') {
      if (index > 0) refuseModel(described.at, 'an InputLayer comes first')
      return
    }
    const layer = readPart(described, names)
    if (layers.length === 0 && layer instanceof Sequential) inputShape ??= layer.inputShape
    layers.push(layer)
  })
  return blameFile(
    at,
    false,
    () => new Sequential(layers, inputShape === null ? { name } : { name, inputShape }),
  )
}

/** An Embedding says how long its sequences are in a way of its own. */
function embeddedShape(className: string, options: ReadonlyMap<string, unknown>): Shape | null {
  if (className !== 'Embedding') return null
  const length = options.get('input_length')
  return typeof length === 'number' && Number.isSafeInteger(length) ? [length] : [-1]
}
