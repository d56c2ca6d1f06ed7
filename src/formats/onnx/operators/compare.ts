import { where } from '../../../ops/where.ts'
import type { Tensor } from '../../../tensor/tensor.ts'
import type { Call, Operator, Operators } from '../call.ts'
import { type ElementType, elementTypeOf, isFloatType } from '../element-type.ts'
import { refuse } from '../refuse.ts'
import { Value } from '../value.ts'
import { alignedRight } from './arithmetic.ts'
import { mapNumbers, moved, zipNumbers } from './host.ts'

const compare =
  (f: (a: Tensor, b: Tensor) => Tensor, whole: (a: number, b: number) => boolean): Operator =>
  call => {
    const a = call.input(0)
    const b = alignedRight(call)
    if (a.isFloat && b.isFloat) return Value.ofTensor(f(a.tensor(), b.tensor()))
    return zipNumbers(call.node.opType, a, b, (x, y) => (whole(x, y) ? 1 : 0), 'bool')
  }

const logic =
  (f: (a: number, b: number) => number): Operator =>
  call =>
    zipNumbers(call.node.opType, call.input(0), alignedRight(call), f, 'bool')

/** https://onnx.ai/onnx/operators/onnx__Where.html */
function choose(call: Call): Value {
  const condition = call.input(0).tensor()
  const [a, b] = [call.input(1), call.input(2)]
  return moved([a, b], ([x, y]) => where(condition, x, y))
}

/** Converts to another element type: whole numbers towards zero, then wrapped around; booleans are "≠ 0". */
export function convert(x: Value, type: ElementType): Value {
  if (x.type === type) return x
  if (isFloatType(type)) return x.isFloat ? x.as(type) : Value.ofTensor(x.tensor().cast('float32'), type)
  return mapNumbers(x, type === 'bool' ? value => (value === 0 ? 0 : 1) : Math.trunc, type)
}

/** https://onnx.ai/onnx/operators/onnx__Cast.html. */
function cast(call: Call): Value {
  const { attributes, node } = call
  if (!attributes.has('to')) return refuse(node.label, 'its attribute "to" is missing')
  return convert(call.input(0), elementTypeOf(attributes.int('to', 0), node.label))
}

// https://onnx.ai/onnx/operators/ (Equal, And, Where, Cast, …)
export const comparisonOperators: Operators = {
  And: logic((a, b) => (a !== 0 && b !== 0 ? 1 : 0)),
  Cast: cast,
  CastLike: call => convert(call.input(0), call.input(1).type),
  Equal: compare(
    (a, b) => a.equal(b),
    (a, b) => a === b,
  ),
  Greater: compare(
    (a, b) => a.greater(b),
    (a, b) => a > b,
  ),
  GreaterOrEqual: compare(
    (a, b) => a.greaterEqual(b),
    (a, b) => a >= b,
  ),
  Less: compare(
    (a, b) => a.less(b),
    (a, b) => a < b,
  ),
  LessOrEqual: compare(
    (a, b) => a.lessEqual(b),
    (a, b) => a <= b,
  ),
  Not: call => zipNumbers('Not', call.input(0), Value.scalar(0, 'bool'), a => (a === 0 ? 1 : 0)),
  Or: logic((a, b) => (a !== 0 || b !== 0 ? 1 : 0)),
  Where: choose,
  Xor: logic((a, b) => ((a === 0) === (b === 0) ? 0 : 1)),
}
