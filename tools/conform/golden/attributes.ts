/**
 * The options of a case. Reading names the option in its errors, so that a case that is not understood fails
 * instead of running with something else. `null` in the file means: not given.
 */
export class Attributes {
  private readonly values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = values
  }

  /** Whether the option has exactly this value. */
  has(name: string, value: unknown): boolean {
    return this.get(name) === value
  }

  number(name: string): number {
    return this.require(name, this.optionalNumber(name))
  }

  optionalNumber(name: string): number | undefined {
    const value = this.get(name)
    return value === undefined || typeof value === 'number' ? value : this.refuse(name, 'a number')
  }

  text(name: string): string {
    return this.require(name, this.optionalText(name))
  }

  optionalText(name: string): string | undefined {
    const value = this.get(name)
    return value === undefined || typeof value === 'string' ? value : this.refuse(name, 'a string')
  }

  /** False where the option is absent. */
  flag(name: string): boolean {
    const value = this.get(name) ?? false
    return typeof value === 'boolean' ? value : this.refuse(name, 'a boolean')
  }

  numbers(name: string): number[] {
    return this.require(name, this.optionalNumbers(name))
  }

  optionalNumbers(name: string): number[] | undefined {
    const value = this.get(name)
    return value === undefined || isNumbers(value) ? value : this.refuse(name, 'numbers')
  }

  /** A list of lists of numbers. */
  rows(name: string): number[][] {
    const value = this.require(name, this.get(name))
    return Array.isArray(value) && value.every(isNumbers) ? value : this.refuse(name, 'lists of numbers')
  }

  private get(name: string): unknown {
    return Object.hasOwn(this.values, name) ? (this.values[name] ?? undefined) : undefined
  }

  private require<V>(name: string, value: V | undefined): V {
    return value ?? this.refuse(name, 'a value')
  }

  private refuse(name: string, expected: string): never {
    throw new Error(`attribute "${name}" must be ${expected}, got ${JSON.stringify(this.values[name])}`)
  }
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(element => typeof element === 'number')
}
