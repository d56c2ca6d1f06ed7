import { internalScope, noGrad } from '../autodiff/mode.ts'
import { isFloat } from '../engine/dtype.ts'
import { ValueError } from '../errors.ts'
import { normalizeAxes, reducedShape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { cast } from './cast.ts'
import { at, defineOp } from './define.ts'
import { isFinite as finiteOf } from './logic.ts'
import { mapLeading } from './map-rules.ts'
import { requireTensor, toFloat } from './operand.ts'
import { max, sum } from './reduce.ts'
import type { ReduceOptions } from './reduced-axes.ts'
import type { Reduction } from './reduction-types.ts'
import { reshape } from './reshape.ts'

/**
 * Arithmetic mean over axes; NaN for no elements. Integers are averaged as float32.
 *
 * @example mean(tensor([[1, 2], [3, 4]]), { axis: 0 })   // [2, 3]
 */
export const mean: Reduction = (x: Tensor, options: ReduceOptions = {}): Tensor => {
  requireTensor('mean', x)
  const axes = normalizeAxes('mean', options?.axis, x.shape)
  const count = axes.reduce((product, axis) => product * x.shape[axis], 1)
  const float = isFloat(x.dtype) ? x : cast(x, 'float32')
  return sum(float, options).mul(count === 0 ? Number.NaN : 1 / count)
}

export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the count: 0 (default) for a population, 1 for a sample (Bessel). */
  readonly correction?: number
}

/**
 * Variance over axes, Σ(x − x̄)²/(n − correction).
 *
 * @example variance(tensor([1, 2, 3]))   // 0.6667
 */
export const variance: Reduction<VarianceOptions> = (x: Tensor, options: VarianceOptions = {}): Tensor => {
  requireTensor('variance', x)
  const { axis, keepDims = false, correction = 0 } = options ?? {}
  const axes = normalizeAxes('variance', axis, x.shape)
  const count = axes.reduce((product, a) => product * x.shape[a], 1)
  const centred = x.sub(mean(x, { axis: axes, keepDims: true }))
  const divisor = Math.max(0, count - correction)
  return sum(centred.square(), { axis: axes, keepDims }).div(divisor)
}

/**
 * Standard deviation over axes: the square root of `variance`. Its gradient where all elements are equal is 0.
 *
 * @example std(tensor([1, 2, 3]))   // 0.8165
 */
export const std: Reduction<VarianceOptions> = (x: Tensor, options: VarianceOptions = {}): Tensor =>
  rootOf(variance(x, options))

/** Gives a value that was computed without recording its gradient: dL/dx = g·e^(x−y), y with the axes kept. */
const logSumExpOp = defineOp<null>('logSumExp', {
  shape: ([, value]) => value.shape,
  forward: ([, value], out, _, engine) =>
    engine.kernels.float.copy(at(engine, out), at(engine, value), value.size),
  gradient: ([x], g, _, y) => [() => g.mul(x.sub(y).exp()), null],
  map: mapLeading,
})

/**
 * ln Σ eˣ over axes, safe for huge x; −∞ over no numbers.
 *
 * @example logSumExp(tensor([0, 0]))   // 0.6931
 */
export const logSumExp: Reduction = (x: Tensor, options: ReduceOptions = {}): Tensor => {
  const { axis, keepDims = false } = options ?? {}
  const input = toFloat('logSumExp', x)
  const axes = normalizeAxes('logSumExp', axis, input.shape)
  return internalScope(() => {
    const value = noGrad(() => {
      // Of no numbers there is no largest, and e^x add up to 0: the answer is −∞.
      if (axes.some(axis => input.shape[axis] === 0)) return sum(input, { axis: axes, keepDims: true }).log()
      const peak = max(input, { axis: axes, keepDims: true })
      // An infinite peak is not subtracted: ∞ − ∞ would be NaN where the answer is ±∞.
      const shift = finiteOf(peak).where(peak, 0)
      return sum(input.sub(shift).exp(), { axis: axes, keepDims: true }).log().add(shift)
    })
    const result = logSumExpOp([input, value], null)
    return keepDims ? result : reshape(result, reducedShape(input.shape, axes, false))
  })
}

export interface NormOptions extends ReduceOptions {
  /** 1: Σ|x|; 2 (default): √Σx²; Infinity: the largest |x|. */
  readonly order?: number
}

/**
 * Length of the vectors along the axes; the gradient of the Euclidean one at 0 is 0.
 *
 * @example norm(tensor([3, 4]))   // 5
 */
export const norm: Reduction<NormOptions> = (x: Tensor, options: NormOptions = {}): Tensor => {
  requireTensor('norm', x)
  const { order = 2, ...rest } = options ?? {}
  if (order === 1) return sum(x.abs(), rest)
  if (order === Number.POSITIVE_INFINITY) return max(x.abs(), rest)
  if (order !== 2)
    throw new ValueError({ operation: 'norm', problem: `knows the orders 1, 2 and Infinity, got ${order}.` })
  return rootOf(sum(x.square(), rest))
}

/** √s whose gradient at s = 0 is 0 instead of ∞: the subgradient of a norm. */
function rootOf(s: Tensor): Tensor {
  const isZero = s.equal(0)
  return isZero.where(0, isZero.where(1, s).sqrt())
}
