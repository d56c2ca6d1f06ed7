import { broadcastTo } from '../../../ops/broadcast-to.ts'
import { full } from '../../../tensor/creation.ts'
import { normalizeAxes, reducedShape, type Shape, sizeOf } from '../../../tensor/shape.ts'
import type { Tensor } from '../../../tensor/tensor.ts'
import type { Call, Operator, Operators } from '../call.ts'
import { Value } from '../value.ts'

type Options = { readonly axis: readonly number[]; readonly keepDims: boolean }

interface Reduction {
  /** Axes are an input from this version of the operator set on, an attribute before. */
  readonly axesInput?: number
  readonly reduce: (x: Tensor, options: Options) => Tensor
  /** What it does to each element where no axis is reduced. */
  readonly each?: (x: Tensor) => Tensor
  /** The result over no elements at all. */
  readonly empty: number
  /** The same on whole numbers, step by step from `empty`. */
  readonly whole?: (sum: number, value: number) => number
}

/** `axes` and `keepdims`: https://onnx.ai/onnx/operators/onnx__ReduceSum.html */
function reducedAxes(call: Call, x: Value, axesInput: number): number[] | null {
  const given = call.opset < axesInput ? call.attributes.ints('axes') : call.optionalWholes(1)
  if (given !== null && given.length > 0) return normalizeAxes(call.node.opType, given, x.shape)
  // An empty list means all axes, or, if the node says so, none.
  return call.attributes.flag('noop_with_empty_axes') ? null : x.shape.map((_, i) => i)
}

function reduction({ axesInput = 18, reduce, each, empty, whole }: Reduction): Operator {
  return call => {
    const x = call.input(0)
    const axes = reducedAxes(call, x, axesInput)
    const keepDims = call.attributes.flag('keepdims', true)
    if (axes === null) return each === undefined || !x.isFloat ? x : call.like(each(x.tensor()))
    const isEmpty = axes.some(axis => x.shape[axis] === 0)
    if (!x.isFloat && whole !== undefined) return wholes(x, axes, keepDims, empty, whole)
    if (isEmpty) return call.like(full([...reducedShape(x.shape, axes, keepDims)], empty))
    const result =
      axes.length === 0
        ? (each?.(call.float(0)) ?? call.float(0))
        : reduce(call.float(0), { axis: axes, keepDims })
    return call.like(result)
  }
}

function wholes(
  x: Value,
  axes: readonly number[],
  keepDims: boolean,
  start: number,
  step: (sum: number, value: number) => number,
): Value {
  const kept: Shape = reducedShape(x.shape, axes, true)
  const results = new Float64Array(sizeOf(kept)).fill(start)
  const places = placesIn(x.shape, kept)
  const numbers = x.numbers()
  for (let i = 0; i < numbers.length; i++) results[places[i]] = step(results[places[i]], numbers[i])
  return Value.ofNumbers(results, reducedShape(x.shape, axes, keepDims), x.type)
}

/** Where each element of `shape` goes in the reduced shape. */
function placesIn(shape: Shape, kept: Shape): Int32Array {
  const numbers = Int32Array.from({ length: sizeOf(kept) }, (_, i) => i)
  return broadcastTo(Value.ofNumbers(numbers, kept, 'int32').tensor(), [...shape]).ints()
}

const MOST_NEGATIVE = Number.NEGATIVE_INFINITY

// https://onnx.ai/onnx/operators/ (ReduceL1 …)
export const reduceOperators: Operators = {
  ReduceL1: reduction({
    reduce: (x, options) => x.abs().sum(options),
    each: x => x.abs(),
    empty: 0,
    whole: (sum, value) => sum + Math.abs(value),
  }),
  ReduceL2: reduction({
    reduce: (x, options) => x.square().sum(options).sqrt(),
    each: x => x.abs(),
    empty: 0,
  }),
  ReduceLogSum: reduction({
    reduce: (x, options) => x.sum(options).log(),
    each: x => x.log(),
    empty: MOST_NEGATIVE,
  }),
  ReduceLogSumExp: reduction({ reduce: (x, options) => x.logSumExp(options), empty: MOST_NEGATIVE }),
  ReduceMax: reduction({
    reduce: (x, options) => x.max(options),
    empty: MOST_NEGATIVE,
    whole: Math.max,
  }),
  ReduceMean: reduction({ reduce: (x, options) => x.mean(options), empty: Number.NaN }),
  ReduceMin: reduction({
    reduce: (x, options) => x.min(options),
    empty: Number.POSITIVE_INFINITY,
    whole: Math.min,
  }),
  ReduceProd: reduction({
    reduce: (x, options) => x.prod(options),
    empty: 1,
    whole: (product, value) => product * value,
  }),
  ReduceSum: reduction({
    axesInput: 13,
    reduce: (x, options) => x.sum(options),
    empty: 0,
    whole: (sum, value) => sum + value,
  }),
  ReduceSumSquare: reduction({
    reduce: (x, options) => x.square().sum(options),
    each: x => x.square(),
    empty: 0,
    whole: (sum, value) => sum + value * value,
  }),
}
