import { withoutInitializers } from '../nn/initializers.ts'
import { Layer } from '../nn/layer.ts'
import type { Module } from '../nn/module.ts'
import { defaultGenerator } from '../tensor/random.ts'
import { formatShape, sameShape, type Shape } from '../tensor/shape.ts'
import type { CompileOptions } from '../train/compiled.ts'
import type { Functional } from '../train/functional/functional.ts'
import type { ModelResult } from '../train/model.ts'
import { type AnyLayer, Sequential } from '../train/sequential.ts'
import { readCompileSettings } from './compile-settings.ts'
import { freeze } from './frozen.ts'
import { buildGraph, readShape } from './graph-build.ts'
import {
  type BuiltInLayer,
  type ConfigReader,
  type LayerClass,
  layerTable,
  optionTypes,
} from './layer-table.ts'
import { modelFormat, modelVersion } from './model-config.ts'
import { readArray, readRecord, readString } from './plain-json.ts'
import { blameFile, refuseModel } from './refuse-model.ts'
import { show } from './refuse.ts'
import type { RawTensor } from './safetensors.ts'
import { toTensor } from './state-dict.ts'

/** A model that was read; one with several outputs is a `Functional` that gives lists. */
export type LoadedModel = Sequential | Functional

/** What a model is built from, next to its config. */
export interface Parts {
  readonly tensors: ReadonlyMap<string, RawTensor>
  readonly classes: ReadonlyMap<string, LayerClass>
}

/** Refuses anything but a model's description of a version that this library knows. */
export function readModelHead(config: ReadonlyMap<string, unknown>): void {
  if (config.get('format') !== modelFormat) {
    refuseModel('format', `expected "${modelFormat}", got ${show(config.get('format'))}`, {
      hint: 'this JSON was not written by save().',
    })
  }
  const version = config.get('version')
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1)
    refuseModel('version', `expected a whole number ≥ 1, got ${show(version)}`)
  if (version > modelVersion) {
    refuseModel(
      'version',
      `the model was written by a newer version of tensorloom (format ${version}; this one reads up to ${modelVersion})`,
      { hint: 'update tensorloom.' },
    )
  }
  if (config.get('className') !== 'Sequential' && config.get('className') !== 'Functional')
    refuseModel('className', `expected "Sequential" or "Functional", got ${show(config.get('className'))}`)
}

/**
 * Makes a model from its description and weights, in evaluation mode. Everything is checked before it is allocated:
 * the weights that the file holds bound the parameters.
 */
export function buildModel(config: ReadonlyMap<string, unknown>, parts: Parts): LoadedModel {
  readModelHead(config)
  const compile: CompileOptions | null = config.has('compile')
    ? readCompileSettings(config.get('compile'), 'compile')
    : null
  const model = keepingGenerator(() => withoutInitializers(() => buildArchitecture(config, '', '', parts)))
  loadWeights(model, parts.tensors)
  freezeAgain(model, config)
  if (compile !== null) blameFile('compile', false, () => model.compile(compile))
  return model.eval()
}

/** Loading draws no random numbers, not even where a layer of the user's own does. */
function keepingGenerator<T>(body: () => T): T {
  const generator = defaultGenerator()
  const state = generator.state()
  try {
    return body()
  } finally {
    generator.restore(state)
  }
}

/** @param at path of the description in the JSON; @param prefix what the names of its weights begin with */
function buildArchitecture(
  config: ReadonlyMap<string, unknown>,
  at: string,
  prefix: string,
  parts: Parts,
  className: unknown = config.get('className'),
): LoadedModel {
  if (className === 'Sequential') return buildSequential(config, at, prefix, parts)
  const model: Functional<ModelResult> = buildGraph(config, at, (entry, place) =>
    buildEntry(entry, place, prefix, parts),
  )
  // How many tensors it gives is known when it runs.
  return model as Functional
}

/** A layer and its name. */
function buildEntry(
  value: unknown,
  place: string,
  prefix: string,
  parts: Parts,
): readonly [string, AnyLayer] {
  const entry = readRecord(value, place)
  const name = readString(entry.get('name'), `${place}.name`)
  if (name === '' || name.includes('.'))
    refuseModel(`${place}.name`, `a name has letters and no dots, got ${show(name)}`)
  return [name, buildLayer(entry, name, place, prefix, parts)]
}

/** What was frozen when the model was saved is frozen again. */
function freezeAgain(model: LoadedModel, config: ReadonlyMap<string, unknown>): void {
  if (!config.has('frozen')) return
  const names = readArray(config.get('frozen'), 'frozen').map((name, i) => readString(name, `frozen[${i}]`))
  const [unknown] = freeze(model, names)
  if (unknown !== undefined) refuseModel('frozen', `the model has no module or parameter ${show(unknown)}`)
}

function buildSequential(
  config: ReadonlyMap<string, unknown>,
  at: string,
  prefix: string,
  parts: Parts,
): Sequential {
  const name = readString(config.get('name'), `${at}name`)
  const inputShape = readShape(config.get('inputShape'), `${at}inputShape`)
  const names: string[] = []
  const layers = readArray(config.get('layers'), `${at}layers`).map((value, index) => {
    const [layerName, layer] = buildEntry(value, `${at}layers[${index}]`, prefix, parts)
    names.push(layerName)
    return layer
  })
  const model = blameFile(`${at}layers`, true, () => {
    const options = inputShape === null ? { name } : { name, inputShape }
    return new Sequential(layers, options)
  })
  model.namedLayers().forEach(([given], index) => {
    if (given === names[index]) return
    refuseModel(
      `${at}layers[${index}].name`,
      `${show(names[index])} cannot be the name, it would be ${show(given)}`,
    )
  })
  return model
}

function buildLayer(
  entry: ReadonlyMap<string, unknown>,
  name: string,
  at: string,
  prefix: string,
  parts: Parts,
): AnyLayer {
  const className = readString(entry.get('className'), `${at}.className`)
  const config = readRecord(entry.get('config'), `${at}.config`)
  if (className === 'Sequential' || className === 'Functional')
    return buildArchitecture(config, `${at}.config.`, `${prefix}${name}.`, parts, className)
  const builtIn = layerTable.get(className)
  const custom = parts.classes.get(className)
  if (builtIn !== undefined) {
    checkOptionTypes(config, `${at}.config`, builtIn)
    const shapes = builtIn.parameters(readerOf(config, `${at}.config`))
    for (const [parameter, shape] of shapes)
      checkTensor(`${prefix}${name}.${parameter}`, shape, at, parts.tensors)
  }
  const layerClass = builtIn?.layer ?? custom
  if (layerClass === undefined) {
    return refuseModel(`${at}.className`, `the layer class ${show(className)} is unknown`, {
      hint: `pass it: load(source, { layers: { ${className.slice(0, 40)} } }).`,
    })
  }
  const layer = blameFile(`${at}.config`, custom !== undefined, () => makeLayer(layerClass, config))
  if (!(layer instanceof Layer)) return refuseModel(`${at}.className`, `${show(className)} made no Layer`)
  layer.name = name
  return layer
}

function makeLayer(layerClass: LayerClass, config: ReadonlyMap<string, unknown>): Module<unknown> {
  const options = Object.fromEntries(config)
  return layerClass.fromConfig?.(options) ?? new layerClass(options as never)
}

function checkOptionTypes(config: ReadonlyMap<string, unknown>, at: string, { types }: BuiltInLayer): void {
  for (const [option, value] of config) {
    const type = types?.[option] ?? optionTypes.get(option)
    if (type !== undefined && typeof value !== type)
      refuseModel(`${at}.${option}`, `expected a ${type}, got ${show(value)}`)
  }
}

const readerOf = (config: ReadonlyMap<string, unknown>, at: string): ConfigReader => ({
  count(option) {
    const value = config.get(option)
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value
    return refuseModel(`${at}.${option}`, `expected a whole number ≥ 1, got ${show(value)}`)
  },
  counts(option, length) {
    const values = readArray(config.get(option), `${at}.${option}`)
    const whole = values.filter((value): value is number => Number.isSafeInteger(value) && Number(value) >= 1)
    if (whole.length === length && values.length === length) return whole
    return refuseModel(`${at}.${option}`, `expected ${length} whole numbers ≥ 1, got ${show(values)}`)
  },
  is: (option, value) => config.get(option) === value,
})

/** The file must hold the parameter in this shape. */
function checkTensor(name: string, shape: Shape, at: string, tensors: Parts['tensors']): void {
  const tensor = tensors.get(name)
  if (tensor === undefined) refuseModel(`tensor ${show(name)}`, `it is missing, ${at} needs it`)
  if (sameShape(tensor.shape, shape)) return
  refuseModel(
    `tensor ${show(name)}`,
    `it has the shape ${show(tensor.shape)}, but ${at} needs ${formatShape(shape)}`,
  )
}

function loadWeights(model: LoadedModel, tensors: Parts['tensors']): void {
  const wanted = blameFile('layers', false, () => model.namedState())
  const missing = [...wanted.keys()].find(name => !tensors.has(name))
  if (missing !== undefined) refuseModel(`tensor ${show(missing)}`, 'it is missing, the model needs it')
  const unknown = [...tensors.keys()].find(name => !wanted.has(name))
  if (unknown !== undefined) refuseModel(`tensor ${show(unknown)}`, 'the model has no parameter of this name')
  const state = new Map([...tensors].map(([name, tensor]) => [name, toTensor(name, tensor)]))
  blameFile('the tensors', false, () => model.loadStateDict(state))
}
