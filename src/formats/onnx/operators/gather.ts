import { concat } from '../../../ops/concat.ts'
import { sameShape, type Shape, sizeOf, stridesOf } from '../../../tensor/shape.ts'
import { fromCold, type Tensor } from '../../../tensor/tensor.ts'
import type { Call, Operators } from '../call.ts'
import { refuse } from '../refuse.ts'
import { Value } from '../value.ts'
import { indexTensor, moved, positionsBy, zipNumbers } from './host.ts'

// Picking and placing by index: https://onnx.ai/onnx/operators/ (Gather, ScatterND, …)

/** An index as 0 … size−1; negative ones count from the end. */
function place(call: Call, index: number, size: number): number {
  const result = index < 0 ? index + size : index
  if (result >= 0 && result < size) return result
  return refuse(call.node.label, `there is no element ${index} among ${size}`)
}

function gather(call: Call): Value {
  const [x, index] = [call.input(0), call.input(1)]
  const axis = call.axis(call.attributes.int('axis', 0), x.shape)
  return moved([x], ([t]) => t.gather(index.tensor(), { axis }))
}

/** Elements of x at flat positions. */
const pickFlat = (x: Value, positions: Int32Array, shape: Shape): Value =>
  moved([x], ([t]) =>
    t
      .reshape([t.size])
      .gather(indexTensor(positions, [positions.length]))
      .reshape(shape),
  )

/** Flat positions in `shape` of the elements that an index of the same rank names along an axis. */
function positionsAlong(call: Call, shape: Shape, index: Value, axis: number): Int32Array {
  const strides = stridesOf(shape)
  const steps = strides.map((stride, a) => (a === axis ? 0 : stride))
  const positions = positionsBy(index.shape, steps, 0)
  const numbers = index.numbers()
  for (let i = 0; i < positions.length; i++)
    positions[i] += place(call, numbers[i], shape[axis]) * strides[axis]
  return positions
}

function gatherElements(call: Call): Value {
  const [x, index] = [call.input(0), call.input(1)]
  const axis = call.axis(call.attributes.int('axis', 0), x.shape)
  if (index.rank !== x.rank) return refuse(call.node.label, 'data and indices have different ranks')
  return pickFlat(x, positionsAlong(call, x.shape, index, axis), index.shape)
}

/** Flat positions of the slices that index tuples name, behind `batch` shared axes. */
function slicesAt(call: Call, shape: Shape, index: Value, batch: number) {
  const depth = index.shape[index.rank - 1] ?? 0
  if (batch + depth > shape.length) return refuse(call.node.label, `its indices have ${depth} parts`)
  const strides = stridesOf(shape)
  const inner = sizeOf(shape.slice(batch + depth))
  const numbers = index.numbers()
  const count = depth === 0 ? sizeOf(index.shape.slice(0, -1)) : numbers.length / depth
  const perBatch = count / sizeOf(shape.slice(0, batch))
  const starts = Int32Array.from({ length: count }, (_, i) => {
    let start = batch === 0 ? 0 : Math.floor(i / perBatch) * strides[batch - 1]
    for (let part = 0; part < depth; part++) {
      start += place(call, numbers[i * depth + part], shape[batch + part]) * strides[batch + part]
    }
    return start
  })
  const positions = new Int32Array(count * inner)
  for (let i = 0; i < positions.length; i++) positions[i] = starts[Math.floor(i / inner)] + (i % inner)
  return { positions, rest: shape.slice(batch + depth) }
}

function gatherNd(call: Call): Value {
  const [x, index] = [call.input(0), call.input(1)]
  const { positions, rest } = slicesAt(call, x.shape, index, call.attributes.int('batch_dims', 0))
  return pickFlat(x, positions, [...index.shape.slice(0, -1), ...rest])
}

const COMBINE: Readonly<
  Record<string, { tensors: (a: Tensor, b: Tensor) => Tensor; numbers: (a: number, b: number) => number }>
> = {
  add: { tensors: (a, b) => a.add(b), numbers: (a, b) => a + b },
  mul: { tensors: (a, b) => a.mul(b), numbers: (a, b) => a * b },
  max: { tensors: (a, b) => a.maximum(b), numbers: Math.max },
  min: { tensors: (a, b) => a.minimum(b), numbers: Math.min },
}

/**
 * x with updates placed at flat positions. Where several meet they come one after the other, in rounds in which every
 * place gets at most one; each round is a gather, so that gradients flow to x and to the updates.
 */
function scatter(call: Call, x: Value, positions: Int32Array, updates: Value): Value {
  if (updates.size !== positions.length) {
    return refuse(call.node.label, `it has ${updates.size} updates for ${positions.length} places`)
  }
  const reduction = call.attributes.string('reduction', 'none')
  const combine = Object.hasOwn(COMBINE, reduction) ? COMBINE[reduction] : null
  if (combine === null && reduction !== 'none')
    return refuse(call.node.label, `there is no reduction "${reduction}"`)
  let result = x
  for (const round of rounds(positions, x.size, combine === null)) {
    const placed = moved([result.reshaped([x.size]), updates.reshaped([updates.size])], tensors =>
      concat(tensors, { axis: 0 })
        .gather(indexTensor(round, [x.size]))
        .reshape(x.shape),
    )
    if (combine === null) result = placed
    else {
      const isHit = fromCold(
        Int32Array.from(round, (position, i) => (position === i ? 0 : 1)),
        x.shape,
        'bool',
      )
      const combined = x.isFloat
        ? Value.ofTensor(combine.tensors(result.tensor(), placed.tensor()), x.type)
        : zipNumbers(call.node.opType, result, placed, combine.numbers)
      result = moved([combined, result], ([hit, kept]) => isHit.where(hit, kept))
    }
  }
  return result
}

/** For each round and place: the place itself, or size + the update that it gets. */
function rounds(positions: Int32Array, size: number, lastWins: boolean): Int32Array[] {
  const result: Int32Array[] = []
  const seen = new Int32Array(size)
  positions.forEach((position, i) => {
    const round = lastWins ? 0 : seen[position]++
    result[round] ??= Int32Array.from({ length: size }, (_, p) => p)
    result[round][position] = size + i
  })
  return result
}

function scatterElements(call: Call): Value {
  const [x, index, updates] = [call.input(0), call.input(1), call.input(2)]
  const axis = call.axis(call.attributes.int('axis', 0), x.shape)
  if (!sameShape(index.shape, updates.shape) || index.rank !== x.rank) {
    return refuse(call.node.label, 'indices and updates have different shapes')
  }
  return scatter(call, x, positionsAlong(call, x.shape, index, axis), updates)
}

function scatterNd(call: Call): Value {
  const [x, index, updates] = [call.input(0), call.input(1), call.input(2)]
  return scatter(call, x, slicesAt(call, x.shape, index, 0).positions, updates)
}

/** https://onnx.ai/onnx/operators/onnx__TensorScatter.html: writes a piece into a cache, at an offset per example. */
function tensorScatter(call: Call): Value {
  const [cache, update] = [call.input(0), call.input(1)]
  const axis = call.axis(call.attributes.int('axis', -2), cache.shape)
  const offsets = call.optionalWholes(2) ?? new Array<number>(cache.shape[0]).fill(0)
  const isCircular = call.attributes.string('mode', 'linear') === 'circular'
  const strides = stridesOf(cache.shape)
  const own = stridesOf(update.shape)
  const positions = Int32Array.from({ length: update.size }, (_, i) => {
    let position = 0
    for (let a = 0; a < cache.rank; a++) {
      let at = Math.floor(i / own[a]) % update.shape[a]
      if (a === axis) {
        at += offsets[Math.floor(i / own[0])]
        at = isCircular ? at % cache.shape[a] : place(call, at, cache.shape[a])
      }
      position += at * strides[a]
    }
    return position
  })
  return scatter(call, cache, positions, update)
}

export const gatherOperators: Operators = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
  TensorScatter: tensorScatter,
}
