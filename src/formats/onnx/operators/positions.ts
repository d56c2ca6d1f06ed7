import { normalizeAxis, reducedShape, type Shape, sizeOf } from '../../../tensor/shape.ts'
import { topk } from '../../../ops/sort.ts'
import { concat } from '../../../ops/concat.ts'
import { cumsum } from '../../../ops/cumsum.ts'
import type { Tensor } from '../../../tensor/tensor.ts'
import { fromCold } from '../../../tensor/tensor.ts'
import { ones, zeros } from '../../../tensor/creation.ts'
import { type Call, int64, type Operator, type Operators } from '../call.ts'
import { refuse } from '../refuse.ts'
import { Value } from '../value.ts'
import { moved } from './host.ts'

/** The elements along one axis: for each outer and inner place, `size` elements at a distance of `inner`. */
export function lines(shape: Shape, axis: number) {
  const size = shape[axis]
  const inner = sizeOf(shape.slice(axis + 1))
  return { outer: sizeOf(shape.slice(0, axis)), size, inner }
}

/** https://onnx.ai/onnx/operators/onnx__ArgMax.html: of equal elements the first wins, or the last. */
const extreme =
  (wins: (a: number, b: number) => boolean): Operator =>
  call => {
    const x = call.input(0)
    const { attributes } = call
    const axis = call.axis(attributes.int('axis', 0), x.shape)
    const last = attributes.flag('select_last_index')
    const { outer, size, inner } = lines(x.shape, axis)
    if (size === 0) return refuse(call.node.label, `axis ${axis} has no elements to choose from`)
    const numbers = x.numbers()
    const found = new Int32Array(outer * inner)
    for (let line = 0; line < found.length; line++) {
      const start = Math.floor(line / inner) * size * inner + (line % inner)
      let best = 0
      for (let i = 1; i < size; i++) {
        const [value, other] = [numbers[start + i * inner], numbers[start + best * inner]]
        if (wins(value, other) || (last && value === other)) best = i
      }
      found[line] = best
    }
    return int64(found, reducedShape(x.shape, [axis], attributes.flag('keepdims', true)))
  }

/** https://onnx.ai/onnx/operators/onnx__Hardmax.html: 1 at the first largest element, 0 elsewhere. */
function hardmax(call: Call): Value {
  const x = call.input(0)
  const axis = call.axis(call.attributes.int('axis', call.opset < 13 ? 1 : -1), x.shape)
  const shape = call.opset < 13 ? [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))] : x.shape
  const { outer, size, inner } = lines(shape, call.opset < 13 ? 1 : axis)
  const numbers = x.numbers()
  const hits = new Float32Array(numbers.length)
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const start = o * size * inner + i
      let best = 0
      for (let j = 1; j < size; j++) if (numbers[start + j * inner] > numbers[start + best * inner]) best = j
      hits[start + best * inner] = 1
    }
  }
  return call.like(fromCold(hits, x.shape, 'float32'))
}

/** https://onnx.ai/onnx/operators/onnx__TopK.html: k is an attribute in version 1, an input since 10. */
function topK(call: Call): readonly Value[] {
  const x = call.input(0)
  const { attributes } = call
  const axis = call.axis(attributes.int('axis', -1), x.shape)
  const k = call.opset < 10 ? attributes.int('k', -1) : call.number(1)
  const largest = attributes.flag('largest', true)
  const { values, indices } = topk(x.tensor(), { k, axis, largest })
  return [Value.ofTensor(values, x.type), Value.ofTensor(indices, 'int64')]
}

/** Running sums or products; `exclusive` leaves out the element itself, `reverse` goes from the end. */
const running =
  (neutral: number, along: (x: Tensor, axis: number) => Tensor): Operator =>
  call => {
    const x = call.input(0)
    const axis = normalizeAxis(call.node.opType, call.number(1), x.shape)
    const reverse = call.attributes.flag('reverse')
    const whole = x.tensor()
    let t = reverse ? whole.flip({ axis }) : whole
    if (call.attributes.flag('exclusive') && x.shape[axis] > 0) {
      const first = x.shape.map((size, i) => (i === axis ? 1 : size))
      const start = (neutral === 0 ? zeros : ones)(first, { dtype: t.dtype })
      const rest = t.slice(x.shape.map((size, i) => (i === axis ? [0, size - 1] : null)))
      t = concat([start, rest], { axis })
    }
    const result = along(t, axis)
    return Value.ofTensor(reverse ? result.flip({ axis }) : result, x.type)
  }

/** Running products, one step after the other. */
function cumulativeProduct(x: Tensor, axis: number): Tensor {
  const parts: Tensor[] = []
  for (let i = 0; i < x.shape[axis]; i++) {
    const part = x.slice(x.shape.map((_, a) => (a === axis ? [i, i + 1] : null)))
    parts.push(i === 0 ? part : parts[i - 1].mul(part))
  }
  return parts.length === 0 ? x : concat(parts, { axis })
}

/** https://onnx.ai/onnx/operators/onnx__OneHot.html: negative indices count from the end; others out of range give no 1. */
function oneHot(call: Call): Value {
  const indices = call.input(0)
  const depth = call.number(1)
  const values = call.input(2)
  const [off, on] = Array.from(values.numbers())
  const rank = indices.rank + 1
  const given = call.attributes.int('axis', -1)
  const axis = given < 0 ? given + rank : given
  if (axis < 0 || axis >= rank) return refuse(call.node.label, `it has no axis ${given}`)
  const shape = call.bounded([...indices.shape.slice(0, axis), depth, ...indices.shape.slice(axis)])
  const { outer, inner } = lines(shape, axis)
  const result = new Float64Array(sizeOf(shape)).fill(off)
  const numbers = indices.numbers()
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const index = Math.trunc(numbers[o * inner + i])
      const place = index < 0 ? index + depth : index
      if (place >= 0 && place < depth) result[(o * depth + place) * inner + i] = on
    }
  }
  return Value.ofNumbers(result, shape, values.type)
}

/** Index lists of all elements that are not 0, [rank, count]. */
function nonZero(call: Call): Value {
  const x = call.input(0)
  const numbers = x.numbers()
  const places: number[] = []
  for (let i = 0; i < numbers.length; i++) if (numbers[i] !== 0) places.push(i)
  const result = x.shape.flatMap((size, axis) => {
    const inner = sizeOf(x.shape.slice(axis + 1))
    return places.map(place => Math.floor(place / inner) % size)
  })
  return int64(result, [x.rank, places.length])
}

/** https://onnx.ai/onnx/operators/onnx__Compress.html */
function compress(call: Call): Value {
  const x = call.input(0)
  const condition = call.input(1).numbers()
  const flat = !call.attributes.has('axis')
  const source = flat ? x.reshaped([x.size]) : x
  const axis = flat ? 0 : call.axis(call.attributes.int('axis', 0), x.shape)
  const kept: number[] = []
  for (let i = 0; i < Math.min(condition.length, source.shape[axis]); i++)
    if (condition[i] !== 0) kept.push(i)
  const index = fromCold(Int32Array.from(kept), [kept.length], 'int32')
  return moved([source], ([t]) => t.gather(index, { axis }))
}

export const positionOperators: Operators = {
  ArgMax: extreme((a, b) => a > b),
  ArgMin: extreme((a, b) => a < b),
  Compress: compress,
  CumProd: running(1, cumulativeProduct),
  CumSum: running(0, (x, axis) => cumsum(x, { axis })),
  Hardmax: hardmax,
  NonZero: nonZero,
  OneHot: oneHot,
  TopK: topK,
}
