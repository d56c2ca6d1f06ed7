import { ValueError } from './errors.ts'
import { suggestName } from './suggest.ts'

/**
 * Things that go by a name where `compile` takes them. `tensorloom` fills the tables; with `tensorloom/mini` they stay
 * empty, so that a bundle holds only what the program itself imports.
 */
export class NameTable<T> {
  private table: Readonly<Record<string, T>> = {}
  private readonly facts: { readonly operation: string; readonly argument: string; readonly example: string }

  /** @param facts whose names they are, in which argument, and a thing that can be passed instead */
  constructor(facts: { readonly operation: string; readonly argument: string; readonly example: string }) {
    this.facts = facts
  }

  fill(table: Readonly<Record<string, T>>): void {
    this.table = table
  }

  get names(): readonly string[] {
    return Object.keys(this.table)
  }

  /** @throws ValueError for an unknown name, with the nearest one */
  find(name: string): T {
    if (Object.hasOwn(this.table, name)) return this.table[name]
    const { operation, argument, example } = this.facts
    const isEmpty = this.names.length === 0
    throw new ValueError({
      operation,
      problem: isEmpty ? `'${name}' is a name, and 'tensorloom/mini' knows none.` : `'${name}' is not known.`,
      hint: isEmpty ? `pass ${example} itself, or import from 'tensorloom'.` : suggestName(name, this.names),
      argument,
      received: name,
    })
  }
}
