import { FormatError } from '../errors.ts'
import { isTensor } from '../ops/operand.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { StateTree } from './state-tree.ts'

/** Reads the parts of a saved state, each of the kind that is expected there. */
export class StateReader {
  private readonly parts: ReadonlyMap<string, StateTree | undefined>

  /**
   * @param what the state is of, for errors
   * @throws FormatError for anything but an object or a Map
   */
  constructor(
    state: StateTree | undefined,
    private readonly what: string,
  ) {
    if (state instanceof Map) this.parts = state
    else if (
      typeof state === 'object' &&
      state !== null &&
      !Array.isArray(state) &&
      !ArrayBuffer.isView(state)
    )
      this.parts = new Map(Object.entries(state))
    else throw this.refuse('', 'an object')
  }

  private refuse(name: string, kind: string): FormatError {
    const place = name === '' ? this.what : `${this.what}.${name}`
    return new FormatError({
      operation: 'loadStateDict',
      problem: `needs ${kind} as "${place}".`,
      hint: 'the state was saved by something else, or is damaged.',
      location: place,
    })
  }

  get names(): readonly string[] {
    return [...this.parts.keys()]
  }

  get(name: string): StateTree {
    const value = this.parts.get(name)
    if (value === undefined) throw this.refuse(name, 'something')
    return value
  }

  inner(name: string): StateReader {
    return new StateReader(this.get(name), `${this.what}.${name}`)
  }

  number(name: string): number {
    const value = this.get(name)
    if (typeof value === 'number') return value
    throw this.refuse(name, 'a number')
  }

  /** A whole number ≥ 0. */
  count(name: string): number {
    const value = this.number(name)
    if (Number.isSafeInteger(value) && value >= 0) return value
    throw this.refuse(name, 'a whole number ≥ 0')
  }

  text(name: string): string {
    const value = this.get(name)
    if (typeof value === 'string') return value
    throw this.refuse(name, 'a text')
  }

  flag(name: string): boolean {
    const value = this.get(name)
    if (typeof value === 'boolean') return value
    throw this.refuse(name, 'true or false')
  }

  list(name: string): readonly StateTree[] {
    const value = this.get(name)
    if (Array.isArray(value)) return value
    throw this.refuse(name, 'a list')
  }

  numbers(name: string): number[] {
    return this.list(name).map(value => {
      if (typeof value === 'number') return value
      throw this.refuse(name, 'a list of numbers')
    })
  }

  /** A Map (or an object), all of whose values are numbers. */
  namedNumbers(name: string): Map<string, number> {
    return this.named(name, 'numbers by name', (value): value is number => typeof value === 'number')
  }

  /** A Map (or an object), all of whose values are tensors. */
  tensors(name: string): Map<string, Tensor> {
    return this.named(name, 'tensors by name', isTensor)
  }

  private named<T extends StateTree>(
    name: string,
    kind: string,
    is: (value: StateTree) => value is T & StateTree,
  ): Map<string, T> {
    const inner = this.inner(name)
    return new Map(
      inner.names.map((key): [string, T] => {
        const value = inner.get(key)
        if (is(value)) return [key, value]
        throw this.refuse(name, kind)
      }),
    )
  }
}
