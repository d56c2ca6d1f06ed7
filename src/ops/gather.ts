import { DTypeError, ShapeError, ValueError } from '../errors.ts'
import { eachExample, mapCall } from '../autodiff/map-call.ts'
import { readStorage } from '../engine/engine.ts'
import { checkShape, formatShape, normalizeAxis, type Shape, sizeOf, stridesOf } from '../tensor/shape.ts'
import { isMappedTensor, throughExamples } from '../tensor/mapped.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { at, defineOp, elementsOf } from './define.ts'
import type { Gather } from './movement-types.ts'
import { requireTensor } from './operand.ts'
import { reshape } from './reshape.ts'

/**
 * Indices as int32 in 0 … size−1; negative ones count from the end where that is allowed.
 * float32 indices that are whole numbers are accepted, since that is how peers and files store them.
 */
export function checkedIndices(
  operation: string,
  index: Tensor,
  size: number,
  options: { readonly wrap: boolean; readonly what: string },
): Tensor {
  requireTensor(operation, index)
  if (isMappedTensor(index)) {
    return throughExamples(index, all => checkedIndices(operation, all, size, options))
  }
  if (index.dtype === 'bool') {
    throw new DTypeError({
      operation,
      problem: 'takes int32 indices, got a bool tensor.',
      hint: 'choose by a mask with where().',
      dtypes: [index.dtype],
    })
  }
  const values = index.storage.cold ?? readStorage(index.storage)
  let rewrite = index.dtype !== 'int32'
  const low = options?.wrap ? -size : 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (!(value >= low && value < size) || (rewrite && !Number.isInteger(value))) {
      throw new ValueError({
        operation,
        problem: `got ${options?.what} ${value} at position ${i}, but there are ${size} (0 … ${size - 1}).`,
        hint: Number.isInteger(value)
          ? 'check the vocabulary size (inputDim) and the ids.'
          : 'ids must be whole numbers.',
      })
    }
    if (value < 0) rewrite = true
  }
  if (!rewrite) return index
  return fromCold(
    Int32Array.from(values, v => (v < 0 ? v + size : v)),
    index.shape,
    'int32',
  )
}

interface Attributes {
  readonly axis: number
}

/** x [outer, size, inner] and index [count] → [outer, count, inner]; the index is a constant. */
const gatherOp = defineOp<Attributes>('gather', {
  shape: ([x, index], { axis }) => [...x.shape.slice(0, axis), index.size, ...x.shape.slice(axis + 1)],
  dtype: ([x]) => x.dtype,
  forward: ([x, index], out, { axis }, engine) => {
    const outer = sizeOf(x.shape.slice(0, axis))
    const inner = sizeOf(x.shape.slice(axis + 1))
    const kernels = elementsOf(engine, x.dtype)
    kernels.gather(at(engine, out), at(engine, x), at(engine, index), outer, x.shape[axis], inner, index.size)
  },
  gradient: ([x, index], g, { axis }) => [() => scatterRows(g, index, axis, x.shape[axis]), null],
  readsValues: true,
  map: ([x, index], { axis }, run, size) => {
    if (!index.isMapped) return run([x.x, index.x], { axis: axis + 1 })
    if (x.isMapped) return eachExample([x, index], size, one => [run(one, { axis })])[0]
    // All indices at once: [outer, examples · count, inner], with the examples moved to the front.
    const picked = run([x.x, index.x.reshape([-1])], { axis })
    const { shape } = x.x
    const split = picked.reshape([...shape.slice(0, axis), size, -1, ...shape.slice(axis + 1)])
    const others = split.shape.map((_, i) => i).filter(i => i !== axis)
    return split.permute([axis, ...others])
  },
})

/** The transpose of gather: adds the rows of g into zeros at the places that the index names. */
const scatterRowsOp = defineOp<Attributes & { size: number }>('scatterRows', {
  shape: ([g], { axis, size }) => g.shape.map((s, i) => (i === axis ? size : s)),
  dtype: ([g]) => g.dtype,
  forward: ([g, index], out, { axis, size }, engine) => {
    const outer = sizeOf(g.shape.slice(0, axis))
    const inner = sizeOf(g.shape.slice(axis + 1))
    const kernels = elementsOf(engine, g.dtype)
    const target = at(engine, out)
    kernels.fill(target, out.size, 0)
    kernels.scatterAdd(target, at(engine, g), at(engine, index), outer, size, inner, index.size)
  },
  gradient: ([, index], h, { axis }) => [() => gatherOp([h, index], { axis }), null],
  readsValues: true,
  map: ([g, index], { axis, size }, run, examples) =>
    index.isMapped
      ? eachExample([g, index], examples, one => [run(one, { axis, size })])[0]
      : run([g.x, index.x], { axis: axis + 1, size }),
})
/** Adds the rows of g at the places of `index` [count] into zeros of `size` along the axis. */
export const scatterRows = (g: Tensor, index: Tensor, axis: number, size: number): Tensor =>
  scatterRowsOp([g, index], { axis, size })

/**
 * Picks slices along an axis (0 by default); the index may have any shape, which takes the axis' place.
 *
 *   x [..., size, ...], index [i, j] → [..., i, j, ...]
 *
 * @throws ValueError naming the first index out of range
 * @example gather(tensor([[1, 2], [3, 4]]), tensor([1, 1, 0], {dtype: 'int32'}))   // rows 1, 1, 0
 */
export const gather: Gather = (
  x: Tensor,
  index: Tensor,
  options: { readonly axis?: number } = {},
): Tensor => {
  requireTensor('gather', x)
  const axis = normalizeAxis('gather', options?.axis ?? 0, x.shape)
  const checked = checkedIndices('gather', index, x.shape[axis], { wrap: true, what: 'the index' })
  const picked = gatherOp([x, checked], { axis })
  if (index.rank === 1) return picked
  return reshape(picked, [...x.shape.slice(0, axis), ...index.shape, ...x.shape.slice(axis + 1)])
}

/** Positions in the flattened x of the elements that takeAlongAxis picks. */
export function flatPositions(name: string, shape: Shape, index: Tensor, axis: number): Tensor {
  const fits = index.rank === shape.length && index.shape.every((s, i) => i === axis || s <= shape[i])
  if (!fits) {
    throw new ShapeError({
      operation: name,
      problem: `needs an index that fits ${formatShape(shape)} but for axis ${axis}, got ${formatShape(index.shape)}.`,
      hint: 'the index has as many axes as the tensor; expandDims adds one.',
      shapes: [shape, index.shape],
    })
  }
  const checked = checkedIndices(name, index, shape[axis], { wrap: true, what: 'the index' })
  const values = checked.storage.cold ?? readStorage(checked.storage)
  const strides = stridesOf(shape)
  const own = stridesOf(index.shape)
  const flat = Int32Array.from(values, (value, i) => {
    let position = value * strides[axis]
    for (let a = 0; a < shape.length; a++) {
      if (a !== axis) position += (Math.floor(i / own[a]) % index.shape[a]) * strides[a]
    }
    return position
  })
  return fromCold(flat, [flat.length], 'int32')
}

/**
 * Picks one element per index along an axis: out[i][j] = x[i][index[i][j]] for axis 1 (PyTorch's `gather`).
 *
 * @throws ShapeError when the shapes do not fit; ValueError for an index out of range
 * @example takeAlongAxis(tensor([[1, 2], [3, 4]]), tensor([[1], [0]], { dtype: 'int32' }), { axis: 1 })   // [[2], [3]]
 */
export function takeAlongAxis(x: Tensor, index: Tensor, options: { readonly axis?: number } = {}): Tensor {
  requireTensor('takeAlongAxis', x)
  requireTensor('takeAlongAxis', index)
  const axis = normalizeAxis('takeAlongAxis', options?.axis ?? -1, x.shape)
  if (isMappedTensor(index)) {
    return mapCall('takeAlongAxis', ([a, b]) => [takeAlongAxis(a, b, { axis })], [x, index])[0]
  }
  const positions = flatPositions('takeAlongAxis', x.shape, index, axis)
  return reshape(gatherOp([reshape(x, [x.size]), positions], { axis: 0 }), index.shape)
}

/**
 * x plus `source`, added at the places an index names: out[i][index[i][j]] += source[i][j] for axis 1.
 * Repeated places add up.
 *
 * @example scatterAdd(zeros([3]), tensor([2, 0, 2], { dtype: 'int32' }), tensor([1, 2, 3]))   // [2, 0, 4]
 */
export function scatterAdd(
  x: Tensor,
  index: Tensor,
  source: Tensor,
  options: { readonly axis?: number } = {},
): Tensor {
  requireTensor('scatterAdd', x)
  requireTensor('scatterAdd', source)
  requireTensor('scatterAdd', index)
  const axis = normalizeAxis('scatterAdd', options?.axis ?? -1, x.shape)
  if (isMappedTensor(index)) {
    return mapCall('scatterAdd', ([a, b, c]) => [scatterAdd(a, b, c, { axis })], [x, index, source])[0]
  }
  const positions = flatPositions('scatterAdd', x.shape, index, axis)
  if (source.rank !== index.rank || source.shape.some((s, i) => s !== index.shape[i])) {
    throw new ShapeError({
      operation: 'scatterAdd',
      problem: `needs one source element per index, got ${formatShape(source.shape)} for ${formatShape(index.shape)}.`,
      hint: 'reshape or broadcastTo one of them.',
      shapes: [source.shape, index.shape],
    })
  }
  const added = scatterRows(reshape(source, [source.size]), positions, 0, x.size)
  return x.add(reshape(added, x.shape))
}

/**
 * Rows with a single 1: out[..., c] = 1 where c is the class.
 *
 * @throws ValueError for a class out of range
 * @example oneHot(tensor([0, 2], {dtype: 'int32'}), 3)   // [[1, 0, 0], [0, 0, 1]]
 */
export function oneHot(classes: Tensor, count: number): Tensor {
  requireTensor('oneHot', classes)
  if (isMappedTensor(classes)) return throughExamples(classes, all => oneHot(all, count))
  checkShape('oneHot', [...classes.shape, count])
  const checked = checkedIndices('oneHot', classes, count, { wrap: false, what: 'the class' })
  const values = checked.storage.cold ?? readStorage(checked.storage)
  const rows = new Float32Array(values.length * count)
  for (let i = 0; i < values.length; i++) rows[i * count + values[i]] = 1
  return fromCold(rows, [...classes.shape, count], 'float32')
}
