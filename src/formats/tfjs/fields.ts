import { type ActivationName, checkActivation } from '../../nn/activations.ts'
import type { LayerConfig } from '../../nn/layer.ts'
import type { Json } from '../../io/plain-json.ts'
import { blameFile, refuseModel } from '../../io/refuse-model.ts'
import { show } from '../../io/refuse.ts'
import { unsupported } from './unsupported.ts'

/** How the value of one option is written in a file. */
export interface Codec<T = unknown> {
  /** @param at where the value stands in the file */
  read(value: unknown, at: string): T
  write(value: T): Json
}

/** An option of a layer: what it is called there and here, and what a missing one means. */
export interface Field {
  readonly codec: Codec
  /** Name in the file, where it is not the option's own in snake case. */
  readonly theirName?: string
  /** What a file without it means, as an option of ours; undefined: nothing is passed on. */
  readonly absent?: unknown
  /** What the layer does where the option is not given; by default what a file without it means. */
  readonly ours?: unknown
}

export type Fields = Readonly<Record<string, Field>>

/** `returnSequences` → `return_sequences` */
export const snakeCase = (name: string): string =>
  name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

/** `mean_squared_error` → `meanSquaredError` */
export const camelCase = (name: string): string =>
  name.replaceAll(/_+(\w)/g, (_, letter: string) => letter.toUpperCase())

/** Reads a layer's options from the config in the file. */
export function readFields(
  fields: Fields,
  config: ReadonlyMap<string, unknown>,
  at: string,
): Record<string, unknown> {
  const options: [string, unknown][] = []
  for (const [name, { codec, theirName = snakeCase(name), absent }] of Object.entries(fields)) {
    const value = config.get(theirName)
    const option = value === null || value === undefined ? absent : codec.read(value, `${at}.${theirName}`)
    if (option !== undefined) options.push([name, option])
  }
  return Object.fromEntries(options)
}

/** Writes a layer's options into the config of a file. */
export function writeFields(fields: Fields, config: LayerConfig): Record<string, Json> {
  const entries = Object.entries(fields).map(
    ([name, { codec, theirName = snakeCase(name), absent, ours = absent }]) => {
      const value = config[name] ?? ours
      return [theirName, value === undefined ? null : codec.write(value)] as const
    },
  )
  return Object.fromEntries(entries)
}

const refuse = (at: string, wanted: string, value: unknown): never =>
  refuseModel(at, `expected ${wanted}, got ${show(value)}`)

const isWhole = (value: unknown, from: number): value is number =>
  Number.isSafeInteger(value) && Number(value) >= from

/** A value that is the same in the file. */
const same = <T extends Json>(read: (value: unknown, at: string) => T): Codec => ({
  read,
  write: value => value as Json,
})

export const number = same((value, at) =>
  typeof value === 'number' && Number.isFinite(value) ? value : refuse(at, 'a number', value),
)
export const count = same((value, at) =>
  isWhole(value, 1) ? value : refuse(at, 'a whole number ≥ 1', value),
)
export const flag = same((value, at) =>
  typeof value === 'boolean' ? value : refuse(at, 'true or false', value),
)

/** One of some words, which are the same here but for their case. */
export const word = (...words: readonly string[]): Codec => ({
  read: (value, at) => {
    const name = typeof value === 'string' ? camelCase(value) : ''
    return words.includes(name) ? name : refuse(at, `one of ${words.map(snakeCase).join(', ')}`, value)
  },
  write: value => snakeCase(String(value)),
})

/** One whole number, which convolutions over sequences write as a list. */
export const size1 = (asList: boolean): Codec => ({
  read: (value, at) => {
    const [first, ...rest]: readonly unknown[] = Array.isArray(value) ? value : [value]
    return isWhole(first, 1) && rest.length === 0 ? first : refuse(at, 'a whole number ≥ 1', value)
  },
  write: value => (asList ? [value as number] : (value as number)),
})

/** Height and width. */
export const size2: Codec = {
  read: (value, at) => {
    const pair: readonly unknown[] = Array.isArray(value) ? value : [value, value]
    return pair.length === 2 && pair.every(size => isWhole(size, 0))
      ? pair
      : refuse(at, 'two whole numbers', value)
  },
  write: value => (Array.isArray(value) ? (value as number[]) : [value as number, value as number]),
}

/** Whole numbers in a list; a missing size (null) is −1. */
export const sizes: Codec = {
  read: (value, at) => {
    const list: readonly unknown[] = Array.isArray(value) ? value : refuse(at, 'a list', value)
    return list.map(size =>
      size === null ? -1 : isWhole(size, -1) ? size : refuse(at, 'whole numbers', value),
    )
  },
  write: value => [...(value as readonly number[])],
}

/** An axis, or a list of one. */
export const axis: Codec = {
  read: (value, at) => {
    const [first, ...rest]: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (rest.length > 0) throw unsupported(at, 'normalises over several axes')
    return typeof first === 'number' && Number.isSafeInteger(first) ? first : refuse(at, 'an axis', value)
  },
  write: value => value as number,
}

/** Margins of a padding, [[top, bottom], [left, right]] or shorter. */
export const margins: Codec = {
  read: (value, at) => {
    const isPairs = (list: readonly unknown[]): boolean =>
      list.length === 2 && list.every(item => isWhole(item, 0) || (Array.isArray(item) && item.length === 2))
    if (isWhole(value, 0) || (Array.isArray(value) && isPairs(value))) return value
    return refuse(at, 'whole numbers, or pairs of them', value)
  },
  write: value => value as Json,
}

/** Activations whose name is not ours in snake case. */
const ACTIVATIONS = new Map<string, ActivationName>([
  ['swish', 'silu'],
  ['gelu_new', 'geluTanh'],
  ['leaky_relu', 'leakyRelu'],
])

export const activation: Codec = {
  read: (value, at) => {
    if (typeof value !== 'string') return refuse(at, 'the name of an activation', value)
    const name = ACTIVATIONS.get(value) ?? camelCase(value)
    blameFile(at, false, () => checkActivation(name))
    return name
  },
  write: value => {
    const [theirs] = [...ACTIVATIONS].find(([, ours]) => ours === value) ?? []
    return theirs ?? snakeCase(String(value))
  },
}
