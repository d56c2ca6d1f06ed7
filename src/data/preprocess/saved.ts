import { FormatError } from '../../errors.ts'
import { show } from '../../io/refuse.ts'

/** A preprocessor as plain data. */
export interface Saved<State> {
  readonly format: string
  readonly version: 1
  readonly state: State
}

/** The fields that a saved state must have, each with what it must look like. */
export type Fields<State> = { readonly [K in keyof State]: (value: unknown) => value is State[K] }

export const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every(item => typeof item === 'number' && Number.isFinite(item))
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
/** Names and numbers that stand for classes. */
export const isLabels = (value: unknown): value is readonly (string | number)[] =>
  Array.isArray(value) && value.every(item => typeof item === 'string' || Number.isFinite(item))

/**
 * Reads what `toJSON` wrote, from its text or from parsed data.
 * @throws FormatError when it is damaged, of another kind or of a newer version
 */
export function readSaved<State>(format: string, input: string | object, fields: Fields<State>): State {
  const refuse = (location: string, problem: string, cause?: unknown): never => {
    throw new FormatError({ operation: `${format}.fromJSON`, problem, location, cause })
  }
  const saved: unknown = typeof input === 'string' ? parse(input, refuse) : input
  if (typeof saved !== 'object' || saved === null) return refuse('the top level', 'needs an object.')
  const found: unknown = Reflect.get(saved, 'format')
  if (found !== format) return refuse('format', `needs "${format}", got ${show(found)}.`)
  if (Reflect.get(saved, 'version') !== 1)
    return refuse('version', 'reads version 1 only; update tensorloom.')
  const state: unknown = Reflect.get(saved, 'state')
  if (typeof state !== 'object' || state === null) return refuse('state', 'needs an object.')
  for (const [name, isRight] of Object.entries<(value: unknown) => boolean>(fields)) {
    if (!Object.hasOwn(state, name) || !isRight(Reflect.get(state, name))) {
      return refuse(`state.${name}`, `has a damaged state.${name}.`)
    }
  }
  return state as State
}

function parse(text: string, refuse: (location: string, problem: string, cause: unknown) => never): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return refuse('the top level', 'is not JSON.', error)
  }
}
