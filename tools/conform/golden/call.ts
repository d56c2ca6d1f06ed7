import type { Attributes } from './attributes.ts'

/** Tensors of the library under test, by name. */
export type Named<T> = ReadonlyMap<string, T>

/** Computes the outputs of a case, by their names in the file. */
export type Adapter<T> = (call: Call<T>) => Readonly<Record<string, T>>

/** Adapters by op. */
export type Adapters<T> = Readonly<Record<string, Adapter<T>>>

/** The content of a case. */
interface Facts<T> {
  readonly attributes: Attributes
  readonly note: string
  readonly inputs: Named<T>
  readonly parameters: Named<T>
  readonly buffers: Named<T>
}

/** What an adapter is given: the tensors and options of one case. */
export class Call<T> {
  readonly attributes: Attributes
  readonly note: string
  readonly inputs: Named<T>
  readonly parameters: Named<T>
  /** Running statistics before the call. */
  readonly buffers: Named<T>
  private readonly gradientSources = new Map<string, () => T | null>()

  constructor(facts: Facts<T>) {
    this.attributes = facts.attributes
    this.note = facts.note
    this.inputs = facts.inputs
    this.parameters = facts.parameters
    this.buffers = facts.buffers
  }

  /** Says where the gradient of an input or parameter is found, if not at its own tensor (but in a layer, say). */
  readGradientFrom(name: string, source: () => T | null): void {
    this.gradientSources.set(name, source)
  }

  /** Where the gradient of this name was said to be. */
  gradientSource(name: string): (() => T | null) | undefined {
    return this.gradientSources.get(name)
  }

  /** All inputs, in call order. */
  get operands(): T[] {
    return [...this.inputs.values()]
  }

  input(name: string): T {
    return this.inputs.get(name) ?? missing('input', name)
  }

  buffer(name: string): T {
    return this.buffers.get(name) ?? missing('buffer', name)
  }

  parameter(name: string): T {
    return this.parameters.get(name) ?? missing('parameter', name)
  }
}

function missing(what: string, name: string): never {
  throw new Error(`the case has no ${what} "${name}"`)
}
