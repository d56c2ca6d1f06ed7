import { broadcastShapes, sameShape, type Shape, sizeOf, stridesOf } from '../../../tensor/shape.ts'
import { fromCold, type Tensor } from '../../../tensor/tensor.ts'
import { type ElementType, wrap } from '../element-type.ts'
import { type Numbers, Value } from '../value.ts'

// Whole numbers on the host: shapes, indices and ids, a few at a time.

/** A function of each number; the result has the type's range. */
export function mapNumbers(x: Value, f: (value: number) => number, type: ElementType = x.type): Value {
  const numbers = x.numbers()
  const results = new Float64Array(numbers.length)
  for (let i = 0; i < results.length; i++) results[i] = wrap(f(numbers[i]), type)
  return Value.ofNumbers(results, x.shape, type)
}

/** Where each element of `shape` lies in an operand that is broadcast to it. */
function broadcastPositions(operand: Shape, shape: Shape): Int32Array {
  const strides = stridesOf(operand)
  const lead = shape.length - operand.length
  const steps = shape.map((_, i) => (i < lead || operand[i - lead] === 1 ? 0 : strides[i - lead]))
  return positionsBy(shape, steps, 0)
}

/** Position of each element of `shape` when axis i moves by steps[i]. */
export function positionsBy(shape: Shape, steps: readonly number[], start: number): Int32Array {
  const positions = new Int32Array(sizeOf(shape))
  if (positions.length === 0) return positions
  const index = new Array<number>(shape.length).fill(0)
  let position = start
  for (let i = 0; ; i++) {
    positions[i] = position
    if (i === positions.length - 1) return positions
    let axis = shape.length - 1
    for (; index[axis] === shape[axis] - 1; axis--) {
      position -= steps[axis] * index[axis]
      index[axis] = 0
    }
    index[axis]++
    position += steps[axis]
  }
}

/** A function of two operands, elementwise with broadcasting. */
export function zipNumbers(
  name: string,
  a: Value,
  b: Value,
  f: (a: number, b: number) => number,
  type: ElementType = a.type,
): Value {
  const shape = broadcastShapes(name, a.shape, b.shape)
  const [x, y] = [spreadNumbers(a, shape), spreadNumbers(b, shape)]
  const results = new Float64Array(sizeOf(shape))
  for (let i = 0; i < results.length; i++) results[i] = wrap(f(x[i], y[i]), type)
  return Value.ofNumbers(results, shape, type)
}

/** The numbers of an operand, repeated to fill a shape. */
function spreadNumbers(operand: Value, shape: Shape): Numbers {
  const numbers = operand.numbers()
  if (sameShape(operand.shape, shape)) return numbers
  const positions = broadcastPositions(operand.shape, shape)
  const results = new Float64Array(positions.length)
  for (let i = 0; i < results.length; i++) results[i] = numbers[positions[i]]
  return results
}

/**
 * Runs something that moves elements and computes nothing: on tensors where they can hold the numbers, else on the
 * elements' positions.
 */
export function moved(values: readonly Value[], move: (tensors: readonly Tensor[]) => Tensor): Value {
  const [{ type }] = values
  if (values.every(value => value.fitsTensor)) {
    return Value.ofTensor(move(values.map(value => value.tensor())), type)
  }
  const numbers = values.flatMap(value => Array.from(value.numbers()))
  let start = 0
  const places = values.map(({ shape, size }) => {
    const from = start
    start += size
    return indexTensor(
      Int32Array.from({ length: size }, (_, i) => from + i),
      shape,
    )
  })
  const result = move(places)
  const positions = result.ints()
  const moved = Float64Array.from(positions, position => numbers[position])
  return Value.ofNumbers(moved, result.shape, type)
}

/** Positions, or other whole numbers that operations of the library take, as a tensor. */
export const indexTensor = (numbers: ArrayLike<number>, shape: Shape): Tensor =>
  fromCold(new Int32Array(numbers), shape, 'int32')
