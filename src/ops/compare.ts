import type { CompareName } from '../../kernels/kernels.ts'
import { broadcastShapes } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { runBroadcast } from './broadcast.ts'
import { defineOp, elementsOf } from './define.ts'
import type { Elementwise } from './elementwise-types.ts'
import { mapBroadcast } from './map-rules.ts'
import { type Operand, promote } from './operand.ts'

function defineComparison(name: CompareName): Elementwise {
  const op = defineOp<null>(name, {
    shape: ([a, b]) => broadcastShapes(name, a.shape, b.shape),
    dtype: 'bool',
    forward: ([a, b], out, _, engine) =>
      runBroadcast(elementsOf(engine, a.dtype).compare[name], engine, out, a, b, 4),
    gradient: 'its result is a step, whose derivative is zero wherever it exists.',
    map: mapBroadcast,
  })
  return (a: Operand, b: Operand): Tensor => op(promote(name, a, b), null)
}

/**
 * `a = b`, elementwise with broadcasting; a bool tensor. NaN equals nothing.
 *
 * @example equal(tensor([1, 2, 3]), 2)   // [false, true, false]
 */
export const equal = defineComparison('equal')
/**
 * `a ≠ b`, elementwise with broadcasting; a bool tensor.
 *
 * @example notEqual(tensor([1, 2, 3]), 2)   // [true, false, true]
 */
export const notEqual = defineComparison('notEqual')
/**
 * `a > b`, elementwise with broadcasting; a bool tensor.
 *
 * @example greater(tensor([1, 2, 3]), 2)   // [false, false, true]
 */
export const greater = defineComparison('greater')
/**
 * `a ≥ b`, elementwise with broadcasting; a bool tensor.
 *
 * @example greaterEqual(tensor([1, 2, 3]), 2)   // [false, true, true]
 */
export const greaterEqual = defineComparison('greaterEqual')
/**
 * `a < b`, elementwise with broadcasting; a bool tensor.
 *
 * @example less(tensor([1, 2, 3]), 2)   // [true, false, false]
 */
export const less = defineComparison('less')
/**
 * `a ≤ b`, elementwise with broadcasting; a bool tensor.
 *
 * @example lessEqual(tensor([1, 2, 3]), 2)   // [true, true, false]
 */
export const lessEqual = defineComparison('lessEqual')
