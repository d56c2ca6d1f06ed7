import { ValueError } from '../errors.ts'
import { refuseModel } from './refuse-model.ts'
import { show } from './refuse.ts'

/** Deepest nesting that is written or read. */
const MAXIMUM_DEPTH = 64

/** What JSON can hold without loss. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** An object literal, of any realm. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Calls `visit` for what lies directly inside, with the path there. */
function children(value: object, path: string): [string, unknown][] {
  if (Array.isArray(value)) return value.map((item: unknown, index) => [`${path}[${index}]`, item])
  return Object.entries(value).map(([key, item]) => [`${path}.${key}`, item])
}

/** The first thing inside `value` that JSON would lose or change, as [path, what it is]; null where there is none. */
function findUnwritable(value: unknown, path: string, depth: number): [string, string] | null {
  if (value === undefined || value === null || typeof value === 'string' || typeof value === 'boolean')
    return null
  if (typeof value === 'number') return Number.isFinite(value) ? null : [path, String(value)]
  if (typeof value !== 'object') return [path, `a ${typeof value}`]
  if (!Array.isArray(value) && !isPlainObject(value)) return [path, `an object of class ${className(value)}`]
  if (depth === MAXIMUM_DEPTH) return [path, `nested deeper than ${MAXIMUM_DEPTH} levels`]
  for (const [innerPath, item] of children(value, path)) {
    const found = findUnwritable(item, innerPath, depth + 1)
    if (found !== null) return found
  }
  return null
}

const className = (value: object): string => value.constructor?.name ?? 'unknown'

/** Whether JSON can hold the value without loss; options that are undefined are left out. */
export const isPlainJson = (value: unknown): boolean => findUnwritable(value, '', 0) === null

/** Refuses what JSON cannot hold without loss. */
export function requirePlainJson(operation: string, value: unknown, path: string, hint: string): void {
  const found = findUnwritable(value, path, 0)
  if (found === null) return
  throw new ValueError({
    operation,
    problem: `cannot write ${found[0]}: JSON holds no ${found[1]}.`,
    hint,
    received: value,
  })
}

/** Parses JSON from outside. Refuses numbers that do not fit (1e999) and nesting that is too deep. */
export function parseJson(text: string, location: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    refuseModel(location, `it is not JSON (${reason})`, { cause })
  }
  const found = findUnwritable(value, location, 0)
  if (found !== null) refuseModel(found[0], `it is ${found[1]}`)
  return value
}

/** An object from outside as a Map, so that `__proto__` is a key like any other. */
export function readRecord(value: unknown, location: string): ReadonlyMap<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return new Map(Object.entries(value))
  return refuseModel(location, `expected an object, got ${show(value)}`)
}

export function readArray(value: unknown, location: string): readonly unknown[] {
  return Array.isArray(value) ? value : refuseModel(location, `expected an array, got ${show(value)}`)
}

export function readString(value: unknown, location: string): string {
  return typeof value === 'string' ? value : refuseModel(location, `expected a string, got ${show(value)}`)
}
