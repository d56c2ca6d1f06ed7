import { broadcastShapes, stridesOf } from '../tensor/shape.ts'
import { numbersIn } from '../tensor/mapped.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { broadcastTo } from './broadcast-to.ts'
import { cast } from './cast.ts'
import { gather } from './gather.ts'
import { type Operand, promote, requireTensor } from './operand.ts'
import { reshape } from './reshape.ts'
import { where } from './where.ts'

/** Positions in the flattened tensor of what is not 0. */
function positionsOf(operation: string, x: Tensor): Int32Array {
  const values = numbersIn(operation, x)
  let count = 0
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) count++
  const positions = new Int32Array(count)
  let next = 0
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) positions[next++] = i
  return positions
}

/**
 * The elements where a mask is true, as a vector in row-major order; x and mask broadcast. Its length depends on the
 * mask's numbers. Gradients flow back to the chosen elements.
 *
 * @throws ShapeError when the shapes do not broadcast
 * @example maskedSelect(tensor([[1, 2], [3, 4]]), tensor([[true, false], [false, true]]))   // [1, 4]
 */
export function maskedSelect(x: Tensor, mask: Tensor): Tensor<[number]> {
  requireTensor('maskedSelect', x)
  requireTensor('maskedSelect', mask)
  const shape = broadcastShapes('maskedSelect', x.shape, mask.shape)
  const positions = positionsOf('maskedSelect', broadcastTo(mask, shape))
  const flat = reshape(broadcastTo(x, shape), [-1])
  return gather(flat, fromCold(positions, [positions.length], 'int32')) as Tensor<[number]>
}

/**
 * x with `value` wherever the mask is true; the three broadcast.
 *
 * @throws ShapeError when the shapes do not broadcast
 * @example maskedFill(tensor([1, 2, 3]), tensor([true, false, true]), 0)   // [0, 2, 0]
 */
export function maskedFill(x: Tensor, mask: Tensor, value: Operand): Tensor {
  requireTensor('maskedFill', x)
  requireTensor('maskedFill', mask)
  const [filled, kept] = promote('maskedFill', value, x)
  const result = where(mask, filled, kept)
  return x.dtype === 'bool' && result.dtype === 'int32' ? cast(result, 'bool') : result
}

/**
 * Where a tensor is not 0 (or true): one row of coordinates per element, in row-major order; int32 [count, rank].
 *
 * @example nonzero(tensor([[0, 2], [3, 0]]))   // [[0, 1], [1, 0]]
 */
export function nonzero(x: Tensor): Tensor<[number, number]> {
  requireTensor('nonzero', x)
  const positions = positionsOf('nonzero', x)
  const strides = stridesOf(x.shape)
  const { rank } = x
  const rows = new Int32Array(positions.length * rank)
  for (let i = 0; i < positions.length; i++) {
    for (let axis = 0; axis < rank; axis++) {
      rows[i * rank + axis] = Math.floor(positions[i] / strides[axis]) % x.shape[axis]
    }
  }
  return fromCold(rows, [positions.length, rank], 'int32')
}
