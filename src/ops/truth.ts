import type { Tensor } from '../tensor/tensor.ts'
import { cast } from './cast.ts'
import { requireTensor } from './operand.ts'
import { sum } from './reduce.ts'
import type { ReduceOptions } from './reduced-axes.ts'
import type { Reduction } from './reduction-types.ts'

/**
 * Whether any element is true (≠ 0).
 *
 * @example any(tensor([[true, false], [false, false]]), { axis: 1 })   // [true, false]
 */
export const any: Reduction = (x: Tensor, options: ReduceOptions = {}): Tensor =>
  sum(cast(cast(requireTensor('any', x), 'bool'), 'int32'), options).notEqual(0)

/**
 * Whether all elements are true (≠ 0).
 *
 * @example all(tensor([[true, true], [false, true]]), { axis: 1 })   // [true, false]
 */
export const all: Reduction = (x: Tensor, options: ReduceOptions = {}): Tensor =>
  sum(cast(requireTensor('all', x), 'bool').equal(0), options).equal(0)
