import { broadcastTo } from '../../../ops/broadcast-to.ts'
import { broadcastShapes, type Shape, sizeOf } from '../../../tensor/shape.ts'
import { type Call, int64, type Operators } from '../call.ts'
import { refuse } from '../refuse.ts'
import { Value } from '../value.ts'
import { indexTensor, moved } from './host.ts'

// Shapes: https://onnx.ai/onnx/operators/ (Reshape, Squeeze, Expand, …)

/** https://onnx.ai/onnx/operators/onnx__Shape.html: a part of it, from `start` to `end`, since version 15. */
function shapeOf(call: Call): Value {
  const { shape, rank } = call.input(0)
  const bound = (axis: number): number => Math.min(rank, Math.max(0, axis < 0 ? axis + rank : axis))
  const part = shape.slice(bound(call.attributes.int('start', 0)), bound(call.attributes.int('end', rank)))
  return int64(part, [part.length])
}

/** https://onnx.ai/onnx/operators/onnx__Reshape.html: 0 keeps a size (unless allowzero), −1 is what remains. */
function reshape(call: Call): Value {
  const x = call.input(0)
  const wanted =
    call.opset < 5 ? call.attributes.required('shape', call.attributes.ints('shape')) : call.wholes(1)
  const allowZero = call.attributes.flag('allowzero')
  const sizes = wanted.map((size, i) => (size === 0 && !allowZero ? (x.shape[i] ?? 0) : size))
  const known = sizeOf(sizes.filter(size => size !== -1))
  const shape = sizes.map(size => (size === -1 ? (known === 0 ? 0 : x.size / known) : size))
  const fits = shape.every(size => Number.isSafeInteger(size) && size >= 0) && sizeOf(shape) === x.size
  if (!fits || sizes.filter(size => size === -1).length > 1) {
    return refuse(call.node.label, `the shape [${x.shape.join(', ')}] does not fit [${wanted.join(', ')}]`)
  }
  return x.reshaped(shape)
}

function flatten(call: Call): Value {
  const x = call.input(0)
  const given = call.attributes.int('axis', 1)
  const axis = given < 0 ? given + x.rank : given
  if (axis < 0 || axis > x.rank) return refuse(call.node.label, `it has no axis ${given}`)
  return x.reshaped([sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))])
}

/** Axes are an attribute before version 13, an input after. */
const axesOf = (call: Call): readonly number[] | null =>
  call.opset < 13 ? call.attributes.ints('axes') : call.optionalWholes(1)

function squeeze(call: Call): Value {
  const x = call.input(0)
  const axes = axesOf(call)?.map(axis => call.axis(axis, x.shape))
  const bad = axes?.find(axis => x.shape[axis] !== 1)
  if (bad !== undefined) return refuse(call.node.label, `axis ${bad} of [${x.shape.join(', ')}] is not 1`)
  return x.reshaped(x.shape.filter((size, i) => (axes === undefined ? size !== 1 : !axes.includes(i))))
}

function unsqueeze(call: Call): Value {
  const x = call.input(0)
  const given = call.attributes.required('axes', axesOf(call))
  const rank = x.rank + given.length
  const axes = new Set(given.map(axis => (axis < 0 ? axis + rank : axis)))
  if (axes.size !== given.length || [...axes].some(axis => axis < 0 || axis >= rank)) {
    return refuse(call.node.label, `it cannot add the axes [${given.join(', ')}]`)
  }
  const sizes = [...x.shape]
  return x.reshaped(Array.from({ length: rank }, (_, i) => (axes.has(i) ? 1 : (sizes.shift() as number))))
}

function expand(call: Call): Value {
  const x = call.input(0)
  const shape: Shape = call.bounded(broadcastShapes('Expand', x.shape, call.wholes(1)))
  return moved([x], ([t]) => broadcastTo(t, [...shape]))
}

/** https://onnx.ai/onnx/operators/onnx__ConstantOfShape.html */
function constantOfShape(call: Call): Value {
  const shape = call.bounded(call.wholes(0))
  const filling = call.attributes.tensor('value') ?? Value.scalar(0, 'float32')
  const [number] = Array.from(filling.numbers())
  return Value.ofNumbers(new Float64Array(sizeOf(shape)).fill(number), shape, filling.type)
}

/** https://onnx.ai/onnx/operators/onnx__Constant.html */
function constant({ attributes, node }: Call): Value {
  const tensor = attributes.tensor('value')
  if (tensor !== null) return tensor
  if (attributes.has('value_float')) return Value.scalar(attributes.float('value_float', 0), 'float32')
  if (attributes.has('value_int')) return Value.scalar(attributes.int('value_int', 0), 'int64')
  const floats = attributes.floats('value_floats')
  if (floats !== null) return Value.ofNumbers(floats, [floats.length], 'float32')
  const ints = attributes.ints('value_ints')
  if (ints !== null) return Value.ofNumbers(ints, [ints.length], 'int64')
  return refuse(node.label, 'it holds no numbers')
}

/** https://onnx.ai/onnx/operators/onnx__Range.html */
function range(call: Call): Value {
  const [start, limit, step] = [call.number(0), call.number(1), call.number(2)]
  const [count] = call.bounded([Math.max(0, Math.ceil((limit - start) / step))])
  const { type } = call.input(0)
  return Value.ofNumbers(
    Float64Array.from({ length: count }, (_, i) => start + i * step),
    [count],
    type,
  )
}

/** https://onnx.ai/onnx/operators/onnx__Tile.html: version 1 repeats one axis. */
function tile(call: Call): Value {
  const x = call.input(0)
  let times = call.wholes(1)
  if (call.opset < 6) {
    const axis = call.number(2)
    times = x.shape.map((_, i) => (i === axis ? times[0] : 1))
  }
  if (times.length !== x.rank)
    return refuse(call.node.label, `it has ${times.length} repeats for ${x.rank} axes`)
  const shape = call.bounded(x.shape.map((size, i) => size * times[i]))
  if (sizeOf(shape) === 0) return Value.ofNumbers([], shape, x.type)
  return times.reduce((tiled, count, axis) => (count === 1 ? tiled : repeat(tiled, axis, count)), x)
}

function repeat(x: Value, axis: number, count: number): Value {
  const size = x.shape[axis]
  const index = indexTensor(
    Int32Array.from({ length: size * count }, (_, i) => i % size),
    [size * count],
  )
  return moved([x], ([t]) => t.gather(index, { axis }))
}

export const shapeOperators: Operators = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Expand: expand,
  Flatten: flatten,
  Range: range,
  Reshape: reshape,
  Shape: shapeOf,
  Size: call => Value.scalar(call.input(0).size, 'int64'),
  Squeeze: squeeze,
  Tile: tile,
  Unsqueeze: unsqueeze,
}
