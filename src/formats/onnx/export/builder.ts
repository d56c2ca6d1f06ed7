import { UNKNOWN } from '../../../nn/layer.ts'
import type { Shape } from '../../../tensor/shape.ts'
import type { Tensor } from '../../../tensor/tensor.ts'
import { elementId, type ElementType } from '../element-type.ts'
import type {
  WrittenAttribute,
  WrittenGraph,
  WrittenNode,
  WrittenPort,
  WrittenTensor,
} from '../wire/write.ts'

/** A value on its way through the layers. */
export interface Edge {
  /** Its name in the graph. */
  readonly name: string
  /** Its shape with the batch axis, −1 where a size is open: as the layers see it. */
  readonly shape: Shape
  readonly type: ElementType
  /** Whether the value in the graph has its channels second, though the layers see them last. */
  readonly channelsSecond: boolean
  /** Name of a bool [batch, time] that is false where a step is padding. */
  readonly mask: string | null
}

type Attributes = Readonly<Record<string, WrittenAttribute>>

/** Collects nodes and constants; names are unique and begin with the path of the layer that they belong to. */
export class GraphBuilder {
  readonly nodes: WrittenNode[] = []
  private readonly initializers: WrittenTensor[] = []
  readonly inputs: WrittenPort[] = []
  readonly outputs: WrittenPort[] = []
  private readonly taken = new Set<string>()
  private readonly weights = new Map<Tensor, string>()
  private readonly constants = new Map<string, string>()

  graph(name: string): WrittenGraph {
    const { nodes, initializers, inputs, outputs } = this
    return { name, nodes, initializers, inputs, outputs }
  }

  /** A name that nothing else has: `base`, or `base_1` … */
  unique(base: string): string {
    let name = base
    for (let i = 1; this.taken.has(name); i++) name = `${base}_${i}`
    this.taken.add(name)
    return name
  }

  /** Adds a node with several outputs; gives their names. */
  nodeWith(
    path: string,
    opType: string,
    inputs: readonly string[],
    count: number,
    attributes: Attributes,
  ): string[] {
    const name = this.unique(path === '' ? opType : `${path}/${opType}`)
    const outputs = Array.from({ length: count }, (_, i) => this.unique(`${name}_output${i === 0 ? '' : i}`))
    this.nodes.push({ name, opType, inputs, outputs, attributes })
    return outputs
  }

  /** Adds a node with one output; gives its name. */
  node(path: string, opType: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.nodeWith(path, opType, inputs, 1, attributes)[0]
  }

  /** A layer's weight, under the name that `stateDict` has for it; one that is shared is written once. */
  weight(name: string, tensor: Tensor): string {
    const known = this.weights.get(tensor)
    if (known !== undefined) return known
    const own = this.unique(name)
    this.weights.set(tensor, own)
    this.initializers.push({
      name: own,
      dataType: elementId('float32'),
      dims: tensor.shape,
      raw: bytesOf(tensor.data()),
    })
    return own
  }

  /** A constant; equal ones are written once. */
  constant(
    numbers: readonly number[],
    type: 'float32' | 'float64' | 'int32' | 'int64',
    shape: Shape = [numbers.length],
  ): string {
    const key = `${type}[${shape.join()}]${numbers.join()}`
    const known = this.constants.get(key)
    if (known !== undefined) return known
    const name = this.unique(`constant_${this.constants.size}`)
    this.constants.set(key, name)
    this.initializers.push({ name, dataType: elementId(type), dims: shape, raw: encode(numbers, type) })
    return name
  }

  /** A list of whole numbers, as shapes, axes and bounds are. */
  ints(...numbers: readonly number[]): string {
    return this.constant(numbers, 'int64')
  }

  /** One floating number. */
  float(number: number): string {
    return this.constant([number], 'float32', [])
  }
}

const bytesOf = (values: ArrayBufferView): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

function encode(numbers: readonly number[], type: 'float32' | 'float64' | 'int32' | 'int64'): Uint8Array {
  if (type === 'float32') return bytesOf(Float32Array.from(numbers))
  if (type === 'float64') return bytesOf(Float64Array.from(numbers))
  if (type === 'int32') return bytesOf(Int32Array.from(numbers))
  return bytesOf(BigInt64Array.from(numbers, BigInt))
}

/** Sizes as the file names them: the batch, the time of sequences (the one axis before the last), others by number. */
export const sizeNames = (shape: Shape, prefix: string): (number | string)[] =>
  shape.map((size, axis) => {
    if (axis === 0) return 'batch'
    if (size !== UNKNOWN) return size
    return axis === 1 && shape.length <= 3 ? `${prefix}time` : `${prefix}axis${axis}`
  })
