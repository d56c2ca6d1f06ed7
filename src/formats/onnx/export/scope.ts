import { UnsupportedError } from '../../../errors.ts'
import type { Shape } from '../../../tensor/shape.ts'
import type { Tensor } from '../../../tensor/tensor.ts'
import type { WrittenAttribute } from '../wire/write.ts'
import type { Edge, GraphBuilder } from './builder.ts'

/** Where a layer's nodes go: they and its weights are named after its path. */
export class Scope {
  constructor(
    readonly builder: GraphBuilder,
    /** `encoder.attention`; empty for the model itself. */
    readonly path: string,
  ) {}

  /** The scope of a layer inside this one. */
  inside(name: string): Scope {
    return new Scope(this.builder, this.path === '' ? name : `${this.path}.${name}`)
  }

  op(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, WrittenAttribute>> = {},
  ): string {
    return this.builder.node(this.path, opType, inputs, attributes)
  }

  ops(
    opType: string,
    inputs: readonly string[],
    count: number,
    attributes: Readonly<Record<string, WrittenAttribute>> = {},
  ): string[] {
    return this.builder.nodeWith(this.path, opType, inputs, count, attributes)
  }

  weight(name: string, tensor: Tensor): string {
    return this.builder.weight(this.path === '' ? name : `${this.path}.${name}`, tensor)
  }

  ints(...numbers: readonly number[]): string {
    return this.builder.ints(...numbers)
  }

  float(number: number): string {
    return this.builder.float(number)
  }

  /** The value as the layers see it: with its channels last again. */
  plain(edge: Edge): Edge {
    if (!edge.channelsSecond) return edge
    const rank = edge.shape.length
    const perm = [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1]
    return { ...edge, name: this.op('Transpose', [edge.name], { perm }), channelsSecond: false }
  }

  /** The value with its channels second, as convolutions want it. */
  channelsSecond(edge: Edge): Edge {
    if (edge.channelsSecond) return edge
    const rank = edge.shape.length
    const perm = [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)]
    return { ...edge, name: this.op('Transpose', [edge.name], { perm }), channelsSecond: true }
  }

  /** The shape of a value, as a value. */
  shapeOf(name: string): string {
    return this.op('Shape', [name])
  }

  /** Refuses something that has no counterpart in the format. */
  refuse(problem: string): never {
    throw new UnsupportedError({
      operation: `"${this.path}"`,
      problem,
      items: [this.path],
    })
  }
}

/** Another value in the place of an edge's. */
export const renamed = (edge: Edge, name: string, shape: Shape = edge.shape): Edge => ({
  ...edge,
  name,
  shape,
})
