import { refuse, show } from './refuse.ts'
import { readTensorData } from './tensor-data.ts'
import type { Value } from './value.ts'
import { ATTRIBUTE_TYPE, type AttributeProto, type GraphProto } from './wire/messages.ts'

type Kind = keyof typeof ATTRIBUTE_TYPE

/** The attributes of one node, each read as the kind that its operator says it has. */
export class Attributes {
  private readonly byName: ReadonlyMap<string, AttributeProto>
  private readonly tensors = new Map<string, Value>()

  constructor(
    attributes: readonly AttributeProto[],
    /** `Conv "conv1"`, for errors. */
    private readonly owner: string,
  ) {
    this.byName = new Map(attributes.map(attribute => [attribute.name, attribute]))
  }

  has(name: string): boolean {
    return this.byName.has(name)
  }

  int(name: string, missing: number): number {
    return this.read(name, 'int')?.int ?? missing
  }

  /** An attribute that is 0 or 1. */
  flag(name: string, missing = false): boolean {
    return this.int(name, missing ? 1 : 0) !== 0
  }

  float(name: string, missing: number): number {
    return this.read(name, 'float')?.float ?? missing
  }

  /** An int or a float: the seeds of random operators are one or the other. */
  number(name: string, missing: number): number {
    return this.byName.get(name)?.type === ATTRIBUTE_TYPE.int
      ? this.int(name, missing)
      : this.float(name, missing)
  }

  string(name: string, missing: string): string {
    return this.read(name, 'string')?.string ?? missing
  }

  ints(name: string): readonly number[] | null {
    return this.read(name, 'ints')?.ints ?? null
  }

  floats(name: string): readonly number[] | null {
    return this.read(name, 'floats')?.floats ?? null
  }

  strings(name: string): readonly string[] | null {
    return this.read(name, 'strings')?.strings ?? null
  }

  /** A tensor, decoded once. */
  tensor(name: string): Value | null {
    const kept = this.tensors.get(name)
    if (kept !== undefined) return kept
    const proto = this.read(name, 'tensor')?.tensor
    if (proto === undefined) return null
    const value = readTensorData(proto, `the attribute ${show(name)} of ${this.owner}`)
    this.tensors.set(name, value)
    return value
  }

  graphProto(name: string): GraphProto | null {
    return this.read(name, 'graph')?.graph ?? null
  }

  /** An attribute that must be there. */
  required<T>(name: string, value: T | null): T {
    return value ?? refuse(this.owner, `its attribute ${show(name)} is missing`)
  }

  private read(name: string, kind: Kind): AttributeProto | null {
    const attribute = this.byName.get(name)
    if (attribute === undefined) return null
    // Files of the first version of the format say no type.
    if (attribute.type === 0 || attribute.type === ATTRIBUTE_TYPE[kind]) return attribute
    return refuse(this.owner, `its attribute ${show(name)} has type ${attribute.type} where ${kind} is due`)
  }
}
