import type { DType } from '../engine/dtype.ts'
import { type SymbolicContext, SymbolicTensor } from '../nn/graph/symbolic.ts'
import type { Module } from '../nn/module.ts'
import type { Shape } from '../tensor/shape.ts'
import { Functional } from '../train/functional/functional.ts'
import type { ModelResult } from '../train/model.ts'
import { readArray, readRecord, readString } from './plain-json.ts'
import { blameFile, refuseModel } from './refuse-model.ts'
import { show } from './refuse.ts'

/** Makes the layer of an entry of the description. */
export type BuildEntry = (entry: unknown, place: string) => readonly [name: string, layer: Module<unknown>]

/**
 * Makes a graph of layers from its description.
 *
 * @param at path of the description in the JSON
 */
export function buildGraph(
  config: ReadonlyMap<string, unknown>,
  at: string,
  buildEntry: BuildEntry,
): Functional<ModelResult> {
  const name = readString(config.get('name'), `${at}name`)
  const inputs = readArray(config.get('inputs'), `${at}inputs`).map((value, index) =>
    readInput(value, `${at}inputs[${index}]`),
  )
  const layers = new Map<string, Module<unknown>>()
  readArray(config.get('layers'), `${at}layers`).forEach((value, index) => {
    const place = `${at}layers[${index}]`
    const [layerName, layer] = buildEntry(value, place)
    if (layers.has(layerName)) refuseModel(`${place}.name`, `${show(layerName)} is taken`)
    layers.set(layerName, layer)
  })
  /** What the calls gave so far. */
  const results: (readonly SymbolicTensor[])[] = []
  const tensorAt = (value: unknown, place: string): SymbolicTensor => {
    const [call, output] = readArray(value, place)
    const list = call === -1 ? inputs : typeof call === 'number' ? results[call] : undefined
    const tensor = typeof output === 'number' ? list?.[output] : undefined
    return tensor ?? refuseModel(place, `there is no tensor ${show(value)} here`)
  }
  for (const [index, value] of readArray(config.get('calls'), `${at}calls`).entries()) {
    const place = `${at}calls[${index}]`
    const call = readRecord(value, place)
    const layer = layers.get(readString(call.get('layer'), `${place}.layer`))
    if (layer === undefined) refuseModel(`${place}.layer`, `there is no layer ${show(call.get('layer'))}`)
    const read = tensors(call.get('inputs'), `${place}.inputs`, tensorAt)
    const context = call.has('context') ? readContext(call.get('context'), `${place}.context`, tensorAt) : {}
    const given: unknown = blameFile(place, true, () => layer.apply(read, context))
    results.push(given instanceof SymbolicTensor ? [given] : (given as readonly SymbolicTensor[]))
  }
  const outputs = tensors(config.get('outputs'), `${at}outputs`, tensorAt)
  const model = blameFile(
    at === '' ? 'the graph' : at,
    true,
    () => new Functional<ModelResult>({ name, inputs, outputs }),
  )
  const made = new Map(model.namedLayers().map(([given, layer]) => [layer, given]))
  for (const [given, layer] of layers) {
    const other = made.get(layer)
    if (other !== given)
      refuseModel(`${at}layers`, `${show(given)} cannot be the name of a layer, it would be ${show(other)}`)
  }
  return model
}

type TensorAt = (value: unknown, place: string) => SymbolicTensor

/** One place, or a list of them. */
function tensors(
  value: unknown,
  place: string,
  tensorAt: TensorAt,
): SymbolicTensor | readonly SymbolicTensor[] {
  const list = readArray(value, place)
  if (list.length > 0 && typeof list[0] === 'number') return tensorAt(value, place)
  return list.map((item, i) => tensorAt(item, `${place}[${i}]`))
}

function readContext(value: unknown, place: string, tensorAt: TensorAt): SymbolicContext {
  const entries = [...readRecord(value, place)].map(([name, inner]) => [
    name,
    readNested(inner, `${place}.${name}`, tensorAt),
  ])
  return Object.fromEntries(entries)
}

function readNested(value: unknown, place: string, tensorAt: TensorAt): SymbolicContext[string] {
  if (Array.isArray(value))
    return value.map(
      (item, i) => readNested(item, `${place}[${i}]`, tensorAt) as SymbolicTensor | SymbolicContext,
    )
  const record = readRecord(value, place)
  const tensor = record.get('tensor')
  if (record.size === 1 && Array.isArray(tensor)) return tensorAt(tensor, place)
  return readContext(value, place, tensorAt)
}

const DTYPES: readonly unknown[] = ['float32', 'int32', 'bool']

function readInput(value: unknown, place: string): SymbolicTensor {
  const entry = readRecord(value, place)
  const name = readString(entry.get('name'), `${place}.name`)
  const dtype = entry.get('dtype')
  if (!DTYPES.includes(dtype)) refuseModel(`${place}.dtype`, `${show(dtype)} is no element type`)
  return new SymbolicTensor(null, 0, readShape(entry.get('shape'), `${place}.shape`), dtype as DType, name)
}

/** Sizes of one example, −1 where any will do; null where the shape is unknown. */
export function readShape(value: unknown, location: string): Shape | null {
  if (value === null) return null
  return readArray(value, location).map(size => {
    if (typeof size === 'number' && Number.isSafeInteger(size) && size >= -1) return size
    return refuseModel(location, `sizes are whole numbers (-1: any), got ${show(value)}`)
  })
}
