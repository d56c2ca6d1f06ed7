import { ShapeError } from '../errors.ts'
import { broadcastShapes, formatShape, type Shape, sizeOf, stridesOf } from '../tensor/shape.ts'
import { numbersIn } from '../tensor/mapped.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { broadcastTo } from './broadcast-to.ts'
import { checkedIndices } from './gather.ts'
import { requireTensor } from './operand.ts'
import { reshape } from './reshape.ts'
import { slice } from './slice.ts'

/** Where rows of coordinates lie in a tensor whose first axes they name. */
export interface Places {
  /** int32 [count]: positions in the first axes, flattened. */
  readonly positions: Tensor
  /** Shape of the coordinates without their own axis. */
  readonly lead: Shape
  /** How many axes the coordinates name. */
  readonly depth: number
}

/** Positions for one index tensor per axis of `sizes`; the index tensors broadcast. */
export function combined(
  operation: string,
  indices: readonly Tensor[],
  sizes: Shape,
): { readonly positions: Tensor; readonly shape: Shape } {
  const shape = indices.reduce<Shape>((all, index) => broadcastShapes(operation, all, index.shape), [])
  const strides = stridesOf(sizes)
  const flat = new Int32Array(sizeOf(shape))
  indices.forEach((index, axis) => {
    const checked = checkedIndices(operation, index, sizes[axis], {
      wrap: true,
      what: `along axis ${axis} the index`,
    })
    const spread = broadcastTo(checked, shape)
    const values = numbersIn(operation, spread)
    for (let i = 0; i < flat.length; i++) flat[i] += values[i] * strides[axis]
  })
  return { positions: fromCold(flat, [flat.length], 'int32'), shape }
}

/** Reads coordinates [..., depth] into the first `depth` axes of `shape`. */
export function placesOf(operation: string, coordinates: Tensor, shape: Shape): Places {
  requireTensor(operation, coordinates)
  const depth = coordinates.shape[coordinates.rank - 1] ?? 0
  if (coordinates.rank === 0 || depth < 1 || depth > shape.length) {
    throw new ShapeError({
      operation,
      problem: `needs coordinates [..., k] with 1 ≤ k ≤ ${shape.length}, got ${formatShape(coordinates.shape)} for ${formatShape(shape)}.`,
      hint: 'the last axis of the coordinates holds one index per axis.',
      shapes: [coordinates.shape, shape],
    })
  }
  const lead = coordinates.shape.slice(0, -1)
  const rows = reshape(coordinates, [sizeOf(lead), depth])
  const columns = Array.from({ length: depth }, (_, k) => slice(rows, [null, [k, k + 1]]).reshape([-1]))
  const { positions } = combined(operation, columns, shape.slice(0, depth))
  return { positions, lead, depth }
}
