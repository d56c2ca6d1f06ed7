import type { ColdArray, DType } from '../../engine/dtype.ts'
import type { StateTree } from '../../io/state-tree.ts'
import { isTensor } from '../../ops/operand.ts'
import type { Shape } from '../../tensor/shape.ts'
import { fromCold } from '../../tensor/tensor.ts'

/** A tensor without its class, which does not survive the way between threads. */
interface WireTensor {
  readonly $tensor: { readonly values: ColdArray; readonly shape: Shape; readonly dtype: DType }
}

/** A state between threads: everything in it can be cloned. */
export type WireTree = { readonly content: unknown }

const isWireTensor = (value: object): value is WireTensor => '$tensor' in value

/** Applies `change` to what is neither a list nor a record. */
function changed(value: unknown, change: (leaf: object) => unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  if (isTensor(value) || isWireTensor(value)) return change(value)
  if (Array.isArray(value)) return value.map(item => changed(item, change))
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, changed(item, change)]))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, changed(item, change)]))
}

/** A copy that can be sent. */
export const toWire = (state: StateTree): WireTree => ({
  content: changed(state, leaf => {
    if (!isTensor(leaf)) return leaf
    return { $tensor: { values: leaf.values(), shape: leaf.shape, dtype: leaf.dtype } }
  }),
})

/** The state again; its tensors take over the arrays that came. */
export const fromWire = ({ content }: WireTree): StateTree =>
  changed(content, leaf => {
    if (!isWireTensor(leaf)) return leaf
    const { values, shape, dtype } = leaf.$tensor
    return fromCold(values, shape, dtype)
  }) as StateTree

/** The buffers of its tensors, which move instead of being copied. */
export function buffersOf(tree: WireTree | null): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>()
  if (tree !== null) {
    changed(tree.content, leaf => {
      if (isWireTensor(leaf) && leaf.$tensor.values.buffer instanceof ArrayBuffer)
        buffers.add(leaf.$tensor.values.buffer)
      return leaf
    })
  }
  return [...buffers]
}
