import type { ReduceName } from '../../kernels/kernels.ts'
import type { DType } from '../engine/dtype.ts'
import { isFloat } from '../engine/dtype.ts'
import { ShapeError, ValueError } from '../errors.ts'
import { formatShape, normalizeAxes, reducedShape, type Shape, sizeOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { cast } from './cast.ts'
import { at, defineOp, elementsOf } from './define.ts'
import { requireTensor } from './operand.ts'
import { permute } from './permute.ts'
import { reshape } from './reshape.ts'

export interface ReduceOptions {
  /** The axis or axes to reduce; all of them by default. */
  readonly axis?: number | readonly number[]
  /** Keep the reduced axes with size 1. Default false. */
  readonly keepDims?: boolean
}

/** x as [outer, size, inner] with the axis `size` reduced. */
interface Middle {
  readonly outer: number
  readonly size: number
  readonly inner: number
}

const middle = (shape: Shape, first: number, count: number): Middle => ({
  outer: sizeOf(shape.slice(0, first)),
  size: sizeOf(shape.slice(first, first + count)),
  inner: sizeOf(shape.slice(first + count)),
})

interface Attributes {
  /** First reduced axis; the reduced ones are neighbours. */
  readonly first: number
  readonly count: number
}

/** Brings the reduced axes next to each other, so that one kernel call reduces them all. */
function gathered(x: Tensor, axes: readonly number[]): { x: Tensor; attributes: Attributes } {
  const count = axes.length
  const areNeighbours = axes.every((axis, i) => axis === axes[0] + i)
  if (areNeighbours) return { x, attributes: { first: axes[0], count } }
  const kept = x.shape.map((_, i) => i).filter(i => !axes.includes(i))
  return { x: permute(x, [...kept, ...axes]), attributes: { first: kept.length, count } }
}

const withoutMiddle = (shape: Shape, { first, count }: Attributes): Shape => [
  ...shape.slice(0, first),
  ...shape.slice(first + count),
]

/** g of the reduced shape, with size 1 in place of the reduced axes. */
const spread = (g: Tensor, x: Tensor, { first, count }: Attributes): Tensor =>
  g.reshape(x.shape.map((size, i) => (i >= first && i < first + count ? 1 : size)))

type ReduceGradient = (x: Tensor, g: Tensor, y: Tensor, attributes: Attributes) => Tensor

/** The gradient goes to the extreme elements, in equal parts where several tie. */
const toExtremes: ReduceGradient = (x, g, y, attributes) => {
  const hits = x.equal(spread(y, x, attributes)).cast('float32')
  const axes = Array.from({ length: attributes.count }, (_, i) => attributes.first + i)
  return hits.div(hits.sum({ axis: axes, keepDims: true })).mul(spread(g, x, attributes))
}

/** The product of all the other elements: Π / x where no factor is 0, built by hand where one is. */
const toFactors: ReduceGradient = (x, g, y, attributes) => {
  const axes = Array.from({ length: attributes.count }, (_, i) => attributes.first + i)
  const isZero = x.equal(0)
  const zeros = isZero.cast('float32').sum({ axis: axes, keepDims: true })
  const safe = isZero.where(1, x)
  const productOfRest = safe.prod({ axis: axes, keepDims: true })
  const others = isZero.where(
    zeros.equal(1).where(productOfRest, 0),
    zeros.equal(0).where(spread(y, x, attributes).div(safe), 0),
  )
  return others.mul(spread(g, x, attributes))
}

const GRADIENTS: Record<ReduceName, ReduceGradient> = {
  sum: (x, g, _, attributes) => spread(g, x, attributes).broadcastTo(x.shape),
  prod: toFactors,
  max: toExtremes,
  min: toExtremes,
}

const HAS_NEUTRAL = new Set<ReduceName>(['sum', 'prod'])

function defineReduction(name: ReduceName): (x: Tensor, options?: ReduceOptions) => Tensor {
  const op = defineOp<Attributes>(name, {
    shape: ([x], attributes) => withoutMiddle(x.shape, attributes),
    dtype: ([x]) => x.dtype,
    forward: ([x], out, { first, count }, engine) => {
      const { outer, size, inner } = middle(x.shape, first, count)
      elementsOf(engine, x.dtype).reduce[name](at(engine, out), at(engine, x), outer, size, inner)
    },
    gradient: ([x], g, attributes, y) => [() => GRADIENTS[name](x, g, y, attributes)],
    readsValues: name !== 'sum',
  })
  return (x, options = {}) => {
    requireTensor(name, x)
    const { axis, keepDims = false } = options
    const axes = normalizeAxes(name, axis, x.shape)
    const count = HAS_NEUTRAL.has(name) && x.dtype === 'bool' ? cast(x, 'int32') : x
    if (axes.length === 0) return count
    if (!HAS_NEUTRAL.has(name)) refuseEmpty(name, x.shape, axes)
    const { x: arranged, attributes } = gathered(count, axes)
    const y = op([arranged], attributes)
    return keepDims ? reshape(y, reducedShape(x.shape, axes, true)) : y
  }
}

function refuseEmpty(name: string, shape: Shape, axes: readonly number[]): void {
  if (axes.every(axis => shape[axis] > 0)) return
  throw new ShapeError({
    operation: name,
    problem: `of no elements is not defined: the reduced axes of ${formatShape(shape)} are empty.`,
    shapes: [shape],
  })
}

/**
 * Sum over axes. Long sums are accumulated in blocks, so that float32 rounding does not pile up.
 *
 * @example sum(tensor([[1, 2], [3, 4]]), {axis: 0})   // [4, 6]
 */
export const sum = defineReduction('sum')
/** Product over axes. */
export const prod = defineReduction('prod')
/** Largest element over axes; NaN wins. Where several are largest, they share the gradient equally. */
export const max = defineReduction('max')
/** Smallest element over axes; NaN wins. Where several are smallest, they share the gradient equally. */
export const min = defineReduction('min')

/** Arithmetic mean over axes; NaN for no elements. Integers are averaged as float32. */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  requireTensor('mean', x)
  const axes = normalizeAxes('mean', options.axis, x.shape)
  const count = axes.reduce((product, axis) => product * x.shape[axis], 1)
  const float = isFloat(x.dtype) ? x : cast(x, 'float32')
  return sum(float, options).mul(count === 0 ? Number.NaN : 1 / count)
}

export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the count: 0 (default) for a population, 1 for a sample (Bessel). */
  readonly correction?: number
}

/** Variance over axes, Σ(x − x̄)²/(n − correction). */
export function variance(x: Tensor, options: VarianceOptions = {}): Tensor {
  requireTensor('variance', x)
  const { axis, keepDims = false, correction = 0 } = options
  const axes = normalizeAxes('variance', axis, x.shape)
  const count = axes.reduce((product, a) => product * x.shape[a], 1)
  const centred = x.sub(mean(x, { axis: axes, keepDims: true }))
  const divisor = Math.max(0, count - correction)
  return sum(centred.square(), { axis: axes, keepDims }).div(divisor)
}

/** Standard deviation over axes: the square root of `variance`. */
export const std = (x: Tensor, options: VarianceOptions = {}): Tensor => variance(x, options).sqrt()

/** ln Σ eˣ over axes, safe for huge x. */
export function logSumExp(x: Tensor, options: ReduceOptions = {}): Tensor {
  requireTensor('logSumExp', x)
  const { axis, keepDims = false } = options
  const axes = normalizeAxes('logSumExp', axis, x.shape)
  const peak = max(x, { axis: axes, keepDims: true }).detach()
  // An infinite peak is not subtracted: ∞ − ∞ would be NaN where the answer is ±∞.
  const shift = peak.isFinite().where(peak, 0)
  const result = sum(x.sub(shift).exp(), { axis: axes, keepDims: true }).log().add(shift)
  return keepDims ? result : reshape(result, reducedShape(x.shape, axes, false))
}

export interface NormOptions extends ReduceOptions {
  /** 1: Σ|x|; 2 (default): √Σx²; Infinity: the largest |x|. */
  readonly order?: number
}

/** Length of the vectors along the axes; the gradient of the Euclidean one at 0 is 0. */
export function norm(x: Tensor, options: NormOptions = {}): Tensor {
  requireTensor('norm', x)
  const { order = 2, ...rest } = options
  if (order === 1) return sum(x.abs(), rest)
  if (order === Number.POSITIVE_INFINITY) return max(x.abs(), rest)
  if (order !== 2)
    throw new ValueError({ operation: 'norm', problem: `knows the orders 1, 2 and Infinity, got ${order}.` })
  return lengthOf(sum(x.square(), rest))
}

/** √s whose gradient at s = 0 is 0 instead of ∞: the subgradient of a norm. */
function lengthOf(s: Tensor): Tensor {
  const isZero = s.equal(0)
  return isZero.where(0, isZero.where(1, s).sqrt())
}

/** Whether any element is true (≠ 0). */
export const any = (x: Tensor, options: ReduceOptions = {}): Tensor =>
  sum(cast(cast(requireTensor('any', x), 'bool'), 'int32'), options).notEqual(0)

/** Whether all elements are true (≠ 0). */
export const all = (x: Tensor, options: ReduceOptions = {}): Tensor =>
  sum(cast(requireTensor('all', x), 'bool').equal(0), options).equal(0)

const argOf = (name: 'argMax' | 'argMin') =>
  defineOp<Attributes>(name, {
    shape: ([x], attributes) => withoutMiddle(x.shape, attributes),
    dtype: 'int32' as DType,
    forward: ([x], out, { first, count }, engine) => {
      const { outer, size, inner } = middle(x.shape, first, count)
      elementsOf(engine, x.dtype)[name](at(engine, out), at(engine, x), outer, size, inner)
    },
    gradient: 'a position is a whole number, which cannot change a little.',
  })
const argOps = { argMax: argOf('argMax'), argMin: argOf('argMin') }

function position(
  name: 'argMax' | 'argMin',
  x: Tensor,
  options: { readonly axis?: number; readonly keepDims?: boolean },
): Tensor {
  requireTensor(name, x)
  const { axis, keepDims = false } = options
  const axes = normalizeAxes(name, axis, x.shape)
  if (axes.length > 0) refuseEmpty(name, x.shape, axes)
  const first = axes[0] ?? 0
  const y = argOps[name]([x], { first, count: axes.length })
  return keepDims ? reshape(y, reducedShape(x.shape, axes, true)) : y
}

/** Index of the first largest element along `axis` (in the flattened tensor without it); int32. */
export const argmax = (
  x: Tensor,
  options: { readonly axis?: number; readonly keepDims?: boolean } = {},
): Tensor => position('argMax', x, options)
/** Index of the first smallest element along `axis` (in the flattened tensor without it); int32. */
export const argmin = (
  x: Tensor,
  options: { readonly axis?: number; readonly keepDims?: boolean } = {},
): Tensor => position('argMin', x, options)
