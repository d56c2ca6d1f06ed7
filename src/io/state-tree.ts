import { FormatError, ValueError } from '../errors.ts'
import { isTensor } from '../ops/operand.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { METADATA_KEY } from './header.ts'
import { refuse, show } from './refuse.ts'
import type { RawTensor } from './safetensors.ts'

/** Numbers in a state that are no tensor. */
type StateArray = Float32Array | Float64Array | Int32Array | Uint8Array

/** What a state that can be saved is made of: plain data, Maps with text keys, typed arrays and tensors. */
export type StateTree =
  | null
  | boolean
  | number
  | string
  | Tensor
  | StateArray
  | readonly StateTree[]
  | ReadonlyMap<string, StateTree>
  | { readonly [key: string]: StateTree | undefined }

/** A state as a safetensors file holds it: JSON that refers to tensors by name. */
export interface FlatState {
  readonly json: string
  readonly tensors: Map<string, RawTensor>
}

const DTYPES = { Float32Array: 'F32', Float64Array: 'F64', Int32Array: 'I32', Uint8Array: 'U8' } as const
const MAXIMUM_DEPTH = 64

/** What JSON has no notation for is written as an object with one of these keys. */
const NUMBER = '$number'
const MAP = '$map'
const ARRAY = '$array'
const TENSOR = '$tensor'

const isSpecial = (value: number): boolean => !Number.isFinite(value) || Object.is(value, -0)

const isMap = (value: object): value is ReadonlyMap<string, StateTree> => Symbol.iterator in value

/**
 * Separates a state into JSON and tensors; `expandState` puts it together again, number by number the same bits.
 *
 * Tensors are named after their path: `optimizer.dense.kernel.momentum`.
 *
 * @throws ValueError for what cannot be saved, with its path
 */
export function flattenState(operation: string, state: StateTree): FlatState {
  const tensors = new Map<string, RawTensor>()
  const give = (path: string, data: StateArray, shape: readonly number[]): string => {
    const dtype = DTYPES[data[Symbol.toStringTag] as keyof typeof DTYPES]
    if (dtype === undefined) throw unwritable(operation, path, `a ${data[Symbol.toStringTag]}`)
    let name = path
    while (tensors.has(name) || name === METADATA_KEY) name += '~'
    tensors.set(name, { dtype, shape, data } as RawTensor)
    return name
  }
  const flatten = (value: StateTree | undefined, path: string, depth: number): unknown => {
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
    if (typeof value === 'number')
      return isSpecial(value) ? { [NUMBER]: Object.is(value, -0) ? '-0' : String(value) } : value
    if (typeof value !== 'object') throw unwritable(operation, path, `a ${typeof value}`)
    if (depth === MAXIMUM_DEPTH)
      throw unwritable(operation, path, `nested deeper than ${MAXIMUM_DEPTH} levels`)
    const inside = (key: string): string => (path === '' ? key : `${path}.${key}`)
    if (isTensor(value)) return { [TENSOR]: give(path, value.values(), value.shape), dtype: value.dtype }
    if (ArrayBuffer.isView(value)) return { [ARRAY]: give(path, value.slice(), [value.length]) }
    if (Array.isArray(value)) return value.map((item, i) => flatten(item, inside(String(i)), depth + 1))
    if (isMap(value))
      return { [MAP]: [...value].map(([key, item]) => [key, flatten(item, inside(key), depth + 1)]) }
    return flattenObject(value as Record<string, StateTree | undefined>, path, (key, item) =>
      flatten(item, inside(key), depth + 1),
    )
  }
  const flattenObject = (
    value: Record<string, StateTree | undefined>,
    path: string,
    of: (key: string, item: StateTree) => unknown,
  ): object => {
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
      throw unwritable(operation, path, `an object of class ${value.constructor.name}`)
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    const reserved = entries.find(([key]) => key.startsWith('$'))
    if (reserved !== undefined)
      throw unwritable(operation, path, `the key "${reserved[0]}" ("$" is reserved)`)
    return Object.fromEntries(entries.map(([key, item]) => [key, of(key, item as StateTree)]))
  }
  return { json: JSON.stringify(flatten(state, '', 0)), tensors }
}

const unwritable = (operation: string, path: string, what: string): ValueError =>
  new ValueError({
    operation,
    problem: `cannot save ${path === '' ? 'a state' : `"${path}" of a state`}: it is ${what}.`,
    hint: 'a state is made of numbers, texts, truth values, null, arrays, plain objects, Maps, typed arrays and tensors.',
    argument: 'state',
  })

/**
 * The state that `flattenState` separated.
 * @throws FormatError for JSON that it did not write, or tensors that are missing
 */
export function expandState(json: string, tensors: ReadonlyMap<string, RawTensor>): StateTree {
  const expand = (value: unknown, path: string, depth: number): StateTree => {
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
    if (typeof value === 'number' && Number.isFinite(value)) return value
    if (typeof value !== 'object') refuse(path, `it holds ${show(value)}`)
    if (depth === MAXIMUM_DEPTH) refuse(path, `it is nested deeper than ${MAXIMUM_DEPTH} levels`)
    if (Array.isArray(value)) return value.map((item, i) => expand(item, `${path}[${i}]`, depth + 1))
    const entries = Object.entries(value)
    if (entries.length > 0 && entries[0][0].startsWith('$'))
      return expandMarked(new Map(entries), path, item => expand(item, path, depth + 1))
    return Object.fromEntries(entries.map(([key, item]) => [key, expand(item, `${path}.${key}`, depth + 1)]))
  }
  const expandMarked = (
    marked: ReadonlyMap<string, unknown>,
    path: string,
    inner: (item: unknown) => StateTree,
  ): StateTree => {
    const [[mark, content]] = marked
    if (mark === NUMBER && typeof content === 'string') {
      const special = { NaN: Number.NaN, Infinity: 1 / 0, '-Infinity': -1 / 0, '-0': -0 }
      if (Object.hasOwn(special, content)) return special[content as keyof typeof special]
    }
    if (mark === MAP && Array.isArray(content)) {
      const pairs = content.map((pair: unknown): [string, StateTree] => {
        if (!Array.isArray(pair) || typeof pair[0] !== 'string') return refuse(path, 'it holds no pairs')
        return [pair[0], inner(pair[1])]
      })
      return new Map(pairs)
    }
    if ((mark === ARRAY || mark === TENSOR) && typeof content === 'string')
      return mark === ARRAY ? arrayOf(content) : tensorOf(content, marked.get('dtype'))
    return refuse(path, `${show(mark)} is not known`)
  }
  const stored = (name: string): RawTensor =>
    tensors.get(name) ?? refuse(`tensor ${show(name)}`, 'it is missing')
  const arrayOf = (name: string): StateArray => {
    const { data } = stored(name)
    if (Object.hasOwn(DTYPES, data[Symbol.toStringTag])) return data.slice() as StateArray
    return refuse(`tensor ${show(name)}`, `a state has no ${data[Symbol.toStringTag]}`)
  }
  const tensorOf = (name: string, dtype: unknown): Tensor => {
    const values = arrayOf(name)
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
      return refuse(`tensor ${show(name)}`, `it has the dtype ${show(dtype)}`)
    const isWhole = values instanceof Int32Array
    if (values instanceof Uint8Array || isWhole === (dtype === 'float32'))
      return refuse(`tensor ${show(name)}`, `its numbers are not ${dtype}`)
    return fromCold(values, stored(name).shape, dtype)
  }
  return expand(parse(json), 'the state', 0)
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new FormatError({
      operation: 'expandState',
      problem: `cannot read the state: it is not JSON (${cause instanceof Error ? cause.message : String(cause)}).`,
      cause,
    })
  }
}
