import { concat as concatTensors } from '../../../ops/concat.ts'
import { type Range, slice as sliceTensor } from '../../../ops/slice.ts'
import { sizeOf } from '../../../tensor/shape.ts'
import { fromCold } from '../../../tensor/tensor.ts'
import type { Call, Operators } from '../call.ts'
import { elementTypeOf } from '../element-type.ts'
import { refuse } from '../refuse.ts'
import { Value } from '../value.ts'
import { indexTensor, moved } from './host.ts'

// Moving elements about: https://onnx.ai/onnx/operators/ (Transpose, Concat, Slice, …)

function transpose(call: Call): Value {
  const x = call.input(0)
  const order = call.attributes.ints('perm') ?? x.shape.map((_, i) => x.rank - 1 - i)
  return moved([x], ([t]) => t.permute(order))
}

/** The axis has the default 1 before version 4. */
function concat(call: Call): Value {
  const values = call.inputs()
  const [{ shape }] = values
  if (call.opset >= 4 && !call.attributes.has('axis')) return refuse(call.node.label, 'its axis is missing')
  const axis = call.axis(call.attributes.int('axis', 1), shape)
  return moved(values, tensors => concatTensors(tensors, { axis }))
}

/** https://onnx.ai/onnx/operators/onnx__Split.html: sizes are an attribute before version 13; equal parts by default. */
function split(call: Call): Value[] {
  const x = call.input(0)
  const axis = call.axis(call.attributes.int('axis', 0), x.shape)
  const count = call.attributes.int('num_outputs', call.node.outputs.length)
  const part = Math.ceil(x.shape[axis] / count)
  const given = call.opset < 13 ? call.attributes.ints('split') : call.optionalWholes(1)
  const sizes =
    given ?? Array.from({ length: count }, (_, i) => Math.max(0, Math.min(part, x.shape[axis] - i * part)))
  if (sizes.reduce((sum, size) => sum + size, 0) !== x.shape[axis]) {
    return refuse(call.node.label, `[${sizes.join(', ')}] do not add up to the size ${x.shape[axis]}`)
  }
  let start = 0
  return sizes.map(size => {
    const from = start
    start += size
    return moved([x], ([t]) => sliceTensor(t, rangesAt(x.rank, axis, [from, from + size])))
  })
}

const rangesAt = (rank: number, axis: number, range: Range): Range[] =>
  Array.from({ length: rank }, (_, i) => (i === axis ? range : null))

/** https://onnx.ai/onnx/operators/onnx__Slice.html: bounds are attributes before version 10, inputs after. */
function slice(call: Call): Value {
  const x = call.input(0)
  const { attributes } = call
  const old = call.opset < 10
  const starts = old ? attributes.required('starts', attributes.ints('starts')) : call.wholes(1)
  const ends = old ? attributes.required('ends', attributes.ints('ends')) : call.wholes(2)
  const axes = (old ? attributes.ints('axes') : call.optionalWholes(3)) ?? starts.map((_, i) => i)
  const steps = (old ? null : call.optionalWholes(4)) ?? starts.map(() => 1)
  if ([ends, axes, steps].some(list => list.length !== starts.length)) {
    return refuse(call.node.label, 'starts, ends, axes and steps have different lengths')
  }
  const ranges: Range[] = x.shape.map(() => null)
  starts.forEach((start, i) => {
    const axis = call.axis(axes[i], x.shape)
    ranges[axis] = rangeOf(start, ends[i], steps[i], x.shape[axis])
  })
  return moved([x], ([t]) => sliceTensor(t, ranges))
}

/** Bounds may lie far outside, even beyond what doubles hold exactly. */
function rangeOf(start: number, end: number, step: number, size: number): Range {
  const inside = (bound: number): number => Math.min(size, Math.max(-size - 1, bound))
  // Running down, an end below the first element means up to and with it.
  const stop = step < 0 && end < -size ? null : inside(end)
  return [inside(start), stop, step]
}

/** https://onnx.ai/onnx/operators/onnx__ReverseSequence.html */
function reverseSequence(call: Call): Value {
  const x = call.input(0)
  const lengths = call.wholes(1)
  const batchAxis = call.axis(call.attributes.int('batch_axis', 1), x.shape)
  const timeAxis = call.axis(call.attributes.int('time_axis', 0), x.shape)
  const [time, batch] = [x.shape[timeAxis], x.shape[batchAxis]]
  if (lengths.length !== batch || lengths.some(length => length < 0 || length > time)) {
    return refuse(call.node.label, `its lengths do not fit the shape [${x.shape.join(', ')}]`)
  }
  // Time and batch become the first axis: [time·batch, …].
  const rest = x.shape.map((_, i) => i).filter(i => i !== timeAxis && i !== batchAxis)
  const order = [timeAxis, batchAxis, ...rest]
  const index = Int32Array.from({ length: time * batch }, (_, i) => {
    const [t, b] = [Math.floor(i / batch), i % batch]
    return (t < lengths[b] ? lengths[b] - 1 - t : t) * batch + b
  })
  const back = order.map((_, i) => order.indexOf(i))
  return moved([x], ([t]) => {
    const arranged = t.permute(order)
    const rows = arranged.reshape([time * batch, sizeOf(arranged.shape.slice(2))])
    return rows
      .gather(indexTensor(index, [index.length]))
      .reshape(arranged.shape)
      .permute(back)
  })
}

/** https://onnx.ai/onnx/operators/onnx__DepthToSpace.html */
function depthToSpace(call: Call): Value {
  const x = call.input(0)
  const block = call.attributes.int('blocksize', 0)
  const [batch, channels, height, width] = x.shape
  const depth = channels / block ** 2
  const isDepthFirst = call.attributes.string('mode', 'DCR') === 'DCR'
  const apart = isDepthFirst
    ? [batch, block, block, depth, height, width]
    : [batch, depth, block, block, height, width]
  const order = isDepthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3]
  const shape = [batch, depth, height * block, width * block]
  return moved([x], ([t]) => t.reshape(apart).permute(order).reshape(shape))
}

function spaceToDepth(call: Call): Value {
  const x = call.input(0)
  const block = call.attributes.int('blocksize', 0)
  const [batch, channels, height, width] = x.shape
  const apart = [batch, channels, height / block, block, width / block, block]
  const shape = [batch, channels * block ** 2, height / block, width / block]
  return moved([x], ([t]) => t.reshape(apart).permute([0, 3, 5, 1, 2, 4]).reshape(shape))
}

/** https://onnx.ai/onnx/operators/onnx__Trilu.html: everything on the other side of a diagonal becomes 0. */
function trilu(call: Call): Value {
  const x = call.input(0)
  const diagonal = call.optionalNumber(1) ?? 0
  const isUpper = call.attributes.flag('upper', true)
  const [rows, columns] = x.shape.slice(-2)
  const kept = Int32Array.from({ length: rows * columns }, (_, i) => {
    const offset = (i % columns) - Math.floor(i / columns)
    return (isUpper ? offset >= diagonal : offset <= diagonal) ? 1 : 0
  })
  const isKept = fromCold(kept, [rows, columns], 'bool')
  return moved([x, Value.scalar(0, x.type)], ([t, zero]) => isKept.where(t, zero))
}

/** https://onnx.ai/onnx/operators/onnx__EyeLike.html */
function eyeLike(call: Call): Value {
  const x = call.input(0)
  const diagonal = call.attributes.int('k', 0)
  const type = call.attributes.has('dtype')
    ? elementTypeOf(call.attributes.int('dtype', 1), call.node.label)
    : x.type
  const [rows, columns] = x.shape
  const numbers = Float64Array.from({ length: rows * columns }, (_, i) =>
    (i % columns) - Math.floor(i / columns) === diagonal ? 1 : 0,
  )
  return Value.ofNumbers(numbers, x.shape, type)
}

/** https://onnx.ai/onnx/operators/onnx__CenterCropPad.html */
function centerCropPad(call: Call): Value {
  const x = call.input(0)
  const sizes = call.wholes(1)
  const axes = (call.attributes.ints('axes') ?? x.shape.map((_, i) => i)).map(axis =>
    call.axis(axis, x.shape),
  )
  const shape = call.bounded(x.shape.map((size, i) => (axes.includes(i) ? sizes[axes.indexOf(i)] : size)))
  const ranges = x.shape.map((size, i): Range => {
    const from = Math.floor(Math.max(0, size - shape[i]) / 2)
    return [from, from + Math.min(size, shape[i])]
  })
  const before = x.shape.map((size, i) => Math.floor(Math.max(0, shape[i] - size) / 2))
  return padded(
    moved([x], ([t]) => sliceTensor(t, ranges)),
    before.map((count, i) => [count, shape[i] - count - Math.min(x.shape[i], shape[i])]),
    0,
  )
}

/** Adds a constant around; whole numbers too. */
export function padded(x: Value, pads: readonly (readonly [number, number])[], filling: number): Value {
  const constant = Value.scalar(filling, x.type)
  return moved([x, constant], ([t, c]) => {
    let result = t
    pads.forEach(([before, after], axis) => {
      const part = (count: number) =>
        c
          .reshape(result.shape.map(() => 1))
          .broadcastTo(result.shape.map((size, i) => (i === axis ? count : size)))
      const parts = [...(before > 0 ? [part(before)] : []), result, ...(after > 0 ? [part(after)] : [])]
      if (parts.length > 1) result = concatTensors(parts, { axis })
    })
    return result
  })
}

export const movementOperators: Operators = {
  CenterCropPad: centerCropPad,
  Concat: concat,
  DepthToSpace: depthToSpace,
  EyeLike: eyeLike,
  ReverseSequence: reverseSequence,
  Slice: slice,
  SpaceToDepth: spaceToDepth,
  Split: split,
  Transpose: transpose,
  Trilu: trilu,
}
