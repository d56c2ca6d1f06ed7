import type { DType } from '../../engine/dtype.ts'
import { readArray, readRecord, readString } from '../../io/plain-json.ts'
import { blameFile, refuseModel } from '../../io/refuse-model.ts'
import { show } from '../../io/refuse.ts'
import { Bidirectional } from '../../nn/bidirectional.ts'
import { type SymbolicContext, SymbolicTensor } from '../../nn/graph/symbolic.ts'
import { LSTM } from '../../nn/lstm.ts'
import { MergeLayer } from '../../nn/merge-layer.ts'
import type { Module } from '../../nn/module.ts'
import { Recurrent } from '../../nn/recurrent.ts'
import { Functional } from '../../train/functional/functional.ts'
import type { ModelResult } from '../../train/model.ts'
import { type Described, inputShapeOf, type NamesInFile, readDescribed } from './described.ts'
import { isNested } from './nested.ts'
import { unsupported } from './unsupported.ts'

/** Where a tensor comes from: an application of a layer, and which of its outputs. */
interface Reference {
  readonly layer: string
  readonly call: number
  readonly output: number
}

/** A layer of the graph while it is being read. */
interface Entry {
  readonly module: Module<unknown> | null
  readonly at: string
  /** What each application reads. */
  readonly calls: readonly (readonly Reference[])[]
  /** What the applications so far gave. */
  readonly results: (readonly SymbolicTensor[])[]
}

function readReference(value: unknown, at: string): Reference {
  const [layer, call, output, options = {}] = readArray(value, at)
  const isIndex = (index: unknown): index is number => Number.isSafeInteger(index) && Number(index) >= 0
  if (typeof layer !== 'string' || !isIndex(call) || !isIndex(output))
    return refuseModel(at, `${show(value)} is no [layer, call, output]`)
  for (const [name, option] of readRecord(options ?? {}, `${at}[3]`)) {
    if (option !== null && name !== 'training')
      throw unsupported(`${at}[3].${name}`, 'is an argument of a call')
  }
  return { layer, call, output }
}

/** Makes a layer, or a model among the layers. */
export type ReadPart = (described: Described, names: NamesInFile) => Module<unknown>

/** One reference, or a list of them. */
const readReferences = (value: unknown, at: string): readonly Reference[] => {
  const list = readArray(value, at)
  if (typeof list[0] === 'string') return [readReference(value, at)]
  return list.map((item, i) => readReference(item, `${at}[${i}]`))
}

function readEntry(
  value: unknown,
  at: string,
  names: NamesInFile,
  readPart: ReadPart,
): readonly [string, Entry] {
  const record = readRecord(value, at)
  const described = readDescribed(value, at)
  const name = readString(record.get('name'), `${at}.name`)
  const calls = readArray(record.get('inbound_nodes') ?? [], `${at}.inbound_nodes`).map((call, i) =>
    readReferences(call, `${at}.inbound_nodes[${i}]`),
  )
  if (described.className !== 'InputLayer') {
    const module = readPart(described, names)
    return [name, { module, at: described.at, calls, results: [] }]
  }
  const options = readRecord(described.config, described.at)
  const dtype = String(options.get('dtype') ?? 'float32')
  const ours: DType = dtype === 'int32' || dtype === 'bool' ? dtype : 'float32'
  const tensor = new SymbolicTensor(
    null,
    0,
    inputShapeOf(options, described.at),
    ours,
    name.replaceAll('.', '_'),
  )
  return [name, { module: null, at: described.at, calls: [], results: [[tensor]] }]
}

/** Makes the graph of a Functional. */
export function readGraph(
  { config, at }: Described,
  names: NamesInFile,
  readPart: ReadPart,
): Functional<ModelResult> {
  const record = readRecord(config, at)
  const name = record.has('name') ? readString(record.get('name'), `${at}.name`) : 'model'
  const entries = new Map<string, Entry>()
  readArray(record.get('layers'), `${at}.layers`).forEach((value, i) => {
    const [layer, entry] = readEntry(value, `${at}.layers[${i}]`, names, readPart)
    if (entries.has(layer)) refuseModel(`${at}.layers[${i}]`, `the layer ${show(layer)} comes twice`)
    entries.set(layer, entry)
  })
  const ends = ['input_layers', 'output_layers'].map(key => readReferences(record.get(key), `${at}.${key}`))
  const find = finder(entries, ends.flat())
  run(entries, find, at)
  const [inputs, outputs] = ends.map((references, i) =>
    references.map(reference => {
      const tensor = find(reference)
      return (
        tensor ??
        refuseModel(`${at}.${i === 0 ? 'input' : 'output'}_layers`, `there is no ${show(reference.layer)}`)
      )
    }),
  )
  return blameFile(
    at,
    false,
    () => new Functional<ModelResult>({ name, inputs, outputs: outputs.length === 1 ? outputs[0] : outputs }),
  )
}

/** Finds the tensor of a reference; undefined while its call has not been made. */
function finder(entries: ReadonlyMap<string, Entry>, ends: readonly Reference[]) {
  // The calls of a model count from 1 in some files: its own construction is number 0.
  const first = new Map<string, number>()
  const all = [...ends, ...[...entries.values()].flatMap(({ calls }) => calls.flat())]
  for (const { layer, call } of all) first.set(layer, Math.min(call, first.get(layer) ?? call))
  return ({ layer, call, output }: Reference): SymbolicTensor | undefined => {
    const entry = entries.get(layer)
    if (entry === undefined) return undefined
    const offset = entry.module !== null && isNested(entry.module) ? (first.get(layer) ?? 0) : 0
    return entry.results[call - offset]?.[output]
  }
}

/** Makes the calls, each as soon as what it reads is there. */
function run(
  entries: ReadonlyMap<string, Entry>,
  find: (reference: Reference) => SymbolicTensor | undefined,
  at: string,
): void {
  let waiting = [...entries.values()].filter(({ calls }) => calls.length > 0)
  while (waiting.length > 0) {
    let made = 0
    for (const entry of waiting) {
      while (entry.results.length < entry.calls.length) {
        const reads = entry.calls[entry.results.length].map(find)
        if (reads.includes(undefined)) break
        entry.results.push(apply(entry, reads as SymbolicTensor[]))
        made++
      }
    }
    waiting = waiting.filter(({ calls, results }) => results.length < calls.length)
    if (made === 0 && waiting.length > 0)
      refuseModel(waiting[0].at, `what it reads does not exist, or depends on itself (in ${at})`)
  }
}

function apply({ module, at }: Entry, reads: readonly SymbolicTensor[]): readonly SymbolicTensor[] {
  if (module === null) return refuseModel(at, 'an input reads nothing')
  if (reads.length === 0) return refuseModel(at, 'it reads nothing')
  const given: unknown = blameFile(at, false, () => {
    if (module instanceof MergeLayer) return module.apply(reads)
    if (reads.length === 1) return module.apply(reads[0])
    if (isNested(module)) return module.apply(reads)
    return module.apply(reads[0], stateContext(module, reads.slice(1), at))
  })
  return given instanceof SymbolicTensor ? [given] : (given as readonly SymbolicTensor[])
}

/** Tensors after the first are the state that a recurrent layer starts from. */
function stateContext(
  module: Module<unknown>,
  state: readonly SymbolicTensor[],
  at: string,
): SymbolicContext {
  const named = (layer: object, [h, c]: readonly SymbolicTensor[]): SymbolicContext =>
    layer instanceof LSTM ? { h, c } : { h }
  if (module instanceof Bidirectional) {
    const half = state.length / 2
    const layer = module.forwardLayer
    return { initialState: [named(layer, state.slice(0, half)), named(layer, state.slice(half))] }
  }
  if (module instanceof Recurrent) return { initialState: named(module, state) }
  return refuseModel(at, `it reads one tensor, got ${state.length + 1}`)
}
