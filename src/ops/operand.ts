import { isFloat } from '../engine/dtype.ts'
import { withVisibility } from '../engine/lifetime.ts'
import { DTypeError } from '../errors.ts'
import { fromCold, Tensor } from '../tensor/tensor.ts'
import { cast } from './cast.ts'

/** A tensor, or a number that stands for a scalar tensor. */
export type Operand = Tensor | number

const scalars = new Map<number, Tensor>()
const KEPT_SCALARS = 256

/** Outlives the scope that happens to need it first. */
const constant = (value: number): Tensor =>
  withVisibility('user', null, () => fromCold(Float64Array.of(value), [], 'float32'))

/** A float32 scalar. The numbers that formulas are full of are made once. */
export function scalar(value: number): Tensor {
  // 0 and −0 are one key of a Map, so −0 is never kept.
  const kept = Object.is(value, -0) ? undefined : scalars.get(value)
  if (kept !== undefined) return kept
  const tensor = constant(value)
  if (scalars.size < KEPT_SCALARS && !Object.is(value, -0)) scalars.set(value, tensor)
  return tensor
}

export const isTensor = (value: unknown): value is Tensor => value instanceof Tensor

/** Refuses anything but a tensor, so that a mistake is named where it is made. */
export function requireTensor(operation: string, value: unknown): Tensor {
  if (isTensor(value)) return value
  const got = value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value
  throw new DTypeError({
    operation,
    problem: `takes tensors, got ${got}.`,
    hint: 'wrap plain data: tensor([1, 2, 3]).',
  })
}

/** A tensor as float32. */
export function toFloat(operation: string, value: Operand): Tensor {
  if (typeof value === 'number') return scalar(value)
  const tensor = requireTensor(operation, value)
  return isFloat(tensor.dtype) ? tensor : cast(tensor, 'float32')
}

/** Whether `x`, next to `other`, makes the operation a float one. A number adapts to a whole-number tensor. */
function isFloatBeside(operation: string, x: Operand, other: Operand): boolean {
  if (typeof x !== 'number') return isFloat(requireTensor(operation, x).dtype)
  return typeof other === 'number' || isFloat(requireTensor(operation, other).dtype) || x !== (x | 0)
}

function toInt(x: Operand): Tensor {
  if (typeof x === 'number') return fromCold(Int32Array.of(x), [], 'int32')
  return x.dtype === 'bool' ? cast(x, 'int32') : x
}

/** Two operands of one element type: float32 if either is, else int32. */
export function promote(operation: string, a: Operand, b: Operand): [Tensor, Tensor] {
  if (isFloatBeside(operation, a, b) || isFloatBeside(operation, b, a)) {
    return [toFloat(operation, a), toFloat(operation, b)]
  }
  return [toInt(a), toInt(b)]
}
