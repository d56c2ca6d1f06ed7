import type { Tensor } from '../tensor/tensor.ts'
import { cast } from './cast.ts'
import { at, defineOp } from './define.ts'
import type { Unary } from './elementwise-types.ts'
import { add, mul } from './arithmetic.ts'
import { equal, greater, notEqual } from './compare.ts'
import { fromCold } from '../tensor/tensor.ts'
import { mapLeading } from './map-rules.ts'
import { type Operand, requireTensor, toFloat } from './operand.ts'

function definePredicate(name: 'isNaN' | 'isFinite' | 'isInf'): Unary {
  const op = defineOp<null>(name, {
    shape: ([x]) => x.shape,
    dtype: 'bool',
    forward: ([x], out, _, engine) => engine.kernels[name](at(engine, out), at(engine, x), x.size),
    gradient: 'its result is a step, whose derivative is zero wherever it exists.',
    map: mapLeading,
  })
  return (x: Operand): Tensor => op([toFloat(name, x)], null)
}

/**
 * Whether each element is NaN; a bool tensor.
 *
 * @example isNaN(tensor([1, Infinity, NaN]))   // [false, false, true]
 */
const isNaNOf = definePredicate('isNaN')
/**
 * Whether each element is neither infinite nor NaN; a bool tensor.
 *
 * @example isFinite(tensor([1, Infinity, NaN]))   // [true, false, false]
 */
const isFiniteOf = definePredicate('isFinite')
/**
 * Whether each element is +∞ or −∞; a bool tensor.
 *
 * @example isInf(tensor([1, Infinity, NaN]))   // [false, true, false]
 */
export const isInf = definePredicate('isInf')

// Exported under the names of the globals without hiding those in this file.
export { isFiniteOf as isFinite, isNaNOf as isNaN }

const truth = (name: string, x: Tensor): Tensor => cast(cast(requireTensor(name, x), 'bool'), 'int32')

/**
 * Whether both are true (≠ 0), with broadcasting.
 *
 * @example logicalAnd(tensor([true, true]), tensor([true, false]))   // [true, false]
 */
export const logicalAnd = (a: Tensor, b: Tensor): Tensor =>
  cast(mul(truth('logicalAnd', a), truth('logicalAnd', b)), 'bool')
/**
 * Whether either is true (≠ 0), with broadcasting.
 *
 * @example logicalOr(tensor([true, false]), tensor([false, false]))   // [true, false]
 */
export const logicalOr = (a: Tensor, b: Tensor): Tensor =>
  greater(add(truth('logicalOr', a), truth('logicalOr', b)), fromCold(Int32Array.of(0), [], 'int32'))
/**
 * Whether exactly one is true (≠ 0), with broadcasting.
 *
 * @example logicalXor(tensor([true, true]), tensor([true, false]))   // [false, true]
 */
export const logicalXor = (a: Tensor, b: Tensor): Tensor =>
  notEqual(truth('logicalXor', a), truth('logicalXor', b))
/**
 * Whether each element is false (= 0).
 *
 * @example logicalNot(tensor([true, false]))   // [false, true]
 */
export const logicalNot = (x: Tensor): Tensor =>
  equal(truth('logicalNot', x), fromCold(Int32Array.of(0), [], 'int32'))
