import { broadcastShapes, type Shape, sizeOf, stridesOf } from '../../../tensor/shape.ts'
import { fromCold, type Tensor } from '../../../tensor/tensor.ts'
import { type ElementType, wrap } from '../element-type.ts'
import { type Numbers, Value } from '../value.ts'

// Whole numbers on the host: shapes, indices and ids, a few at a time.

/** A function of each number; the result has the type's range. */
export function mapNumbers(x: Value, f: (value: number) => number, type: ElementType = x.type): Value {
  return Value.ofNumbers(
    Float64Array.from(x.numbers(), value => wrap(f(value), type)),
    x.shape,
    type,
  )
}

/** Where each element of `shape` lies in an operand that is broadcast to it. */
export function broadcastPositions(operand: Shape, shape: Shape): Int32Array {
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
  const [x, y] = [a.numbers(), b.numbers()]
  const p = broadcastPositions(a.shape, shape)
  const q = broadcastPositions(b.shape, shape)
  return Value.ofNumbers(
    Float64Array.from(p, (position, i) => wrap(f(x[position], y[q[i]]), type)),
    shape,
    type,
  )
}

/**
 * Runs something that moves elements and computes nothing, on tensors where they hold the numbers, else on the
 * elements' positions. Negative positions in the result stand for `filling`.
 */
export function moved(
  values: readonly Value[],
  move: (tensors: readonly Tensor[]) => Tensor,
  filling = 0,
): Value {
  const [{ type, isFloat }] = values
  if (isFloat) {
    return Value.ofTensor(move(values.map(value => value.tensor())), type)
  }
  const numbers: number[] = []
  const places = values.map(value => {
    const start = numbers.length
    const own = value.numbers()
    for (let i = 0; i < own.length; i++) numbers.push(own[i])
    return fromCold(
      Int32Array.from({ length: own.length }, (_, i) => start + i),
      value.shape,
      'int32',
    )
  })
  const result = move(places)
  const positions = result.ints()
  return Value.ofNumbers(pick(numbers, positions, filling), result.shape, type)
}

export const pick = (numbers: Numbers, positions: Int32Array, filling = 0): Float64Array =>
  Float64Array.from(positions, position => (position < 0 ? filling : numbers[position]))

/** Positions, or other whole numbers that operations of the library take, as a tensor. */
export const indexTensor = (numbers: ArrayLike<number>, shape: Shape): Tensor =>
  fromCold(Int32Array.from(numbers), shape, 'int32')
