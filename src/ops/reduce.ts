import type { ReduceName } from '../../kernels/kernels.ts'
import { gradMode } from '../autodiff/mode.ts'
import { eye } from '../tensor/creation.ts'
import { normalizeAxes, reducedShape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { cast } from './cast.ts'
import { at, defineOp, elementsOf } from './define.ts'
import { mapShifted } from './map-rules.ts'
import { requireTensor } from './operand.ts'
import {
  gathered,
  middle,
  type ReducedAxes,
  type ReduceOptions,
  refuseEmpty,
  spread,
  withoutMiddle,
} from './reduced-axes.ts'
import type { Reduction } from './reduction-types.ts'
import { reshape } from './reshape.ts'
import { holdsTrue } from './holds.ts'

type ReduceGradient = (x: Tensor, g: Tensor, y: Tensor, reduced: ReducedAxes) => Tensor

/** The gradient goes to the extreme elements, in equal parts where several tie. */
const toExtremes: ReduceGradient = (x, g, y, reduced) => {
  const hits = x.equal(spread(y, x, reduced)).cast('float32')
  return hits.div(hits.sum({ axis: axesOf(reduced), keepDims: true })).mul(spread(g, x, reduced))
}

/** The reduced axes, as `sum` and the like take them. */
const axesOf = ({ first, count }: ReducedAxes): number[] => Array.from({ length: count }, (_, i) => first + i)

/** The product of all the other elements: Π / x where no factor is 0, built by hand where one is. */
const toFactors: ReduceGradient = (x, g, y, reduced) => {
  const axis = axesOf(reduced)
  const isZero = x.equal(0)
  const zeros = isZero.sum({ axis, keepDims: true })
  // Higher derivatives reach elements that are multiplied by a 0 here.
  if (gradMode.enabled && holdsTrue(isZero)) return everyOther(x, reduced).mul(spread(g, x, reduced))
  const safe = isZero.where(1, x)
  const others = isZero.where(
    zeros.equal(1).where(safe.prod({ axis, keepDims: true }), 0),
    zeros.equal(0).where(spread(y, x, reduced).div(safe), 0),
  )
  return others.mul(spread(g, x, reduced))
}

/** For each element the product of the others, differentiable at any order: x [o, n, i] → [o, n, n, i] → [o, n, i]. */
function everyOther(x: Tensor, { first, count }: ReducedAxes): Tensor {
  const { outer, size, inner } = middle(x.shape, first, count)
  const isSelf = eye(size, size, { dtype: 'bool' }).reshape([1, size, size, 1])
  const rows = x.reshape([outer, 1, size, inner])
  return isSelf.where(1, rows).prod({ axis: 2 }).reshape(x.shape)
}

const GRADIENTS: Record<ReduceName, ReduceGradient> = {
  sum: (x, g, _, reduced) => spread(g, x, reduced).broadcastTo(x.shape),
  prod: toFactors,
  max: toExtremes,
  min: toExtremes,
}

const HAS_NEUTRAL = new Set<ReduceName>(['sum', 'prod'])

function defineReduction(name: ReduceName): Reduction {
  const op = defineOp<ReducedAxes>(name, {
    shape: ([x], reduced) => withoutMiddle(x.shape, reduced),
    dtype: ([x]) => x.dtype,
    forward: ([x], out, { first, count }, engine) => {
      const { outer, size, inner } = middle(x.shape, first, count)
      elementsOf(engine, x.dtype).reduce[name](at(engine, out), at(engine, x), outer, size, inner)
    },
    gradient: ([x], g, reduced, y) => [() => GRADIENTS[name](x, g, y, reduced)],
    readsValues: name !== 'sum',
    map: mapShifted(({ first, count }) => ({ first: first + 1, count })),
  })
  return (x: Tensor, options: ReduceOptions = {}): Tensor => {
    requireTensor(name, x)
    const { axis, keepDims = false } = options ?? {}
    const axes = normalizeAxes(name, axis, x.shape)
    const count = HAS_NEUTRAL.has(name) && x.dtype === 'bool' ? cast(x, 'int32') : x
    if (axes.length === 0) return count
    if (!HAS_NEUTRAL.has(name)) refuseEmpty(name, x.shape, axes)
    const { x: arranged, attributes } = gathered(count, axes)
    const y = op([arranged], attributes)
    return keepDims ? reshape(y, reducedShape(x.shape, axes, true)) : y
  }
}

/**
 * Sum over axes. Long sums are accumulated in blocks, so that float32 rounding does not pile up.
 *
 * @example sum(tensor([[1, 2], [3, 4]]), {axis: 0})   // [4, 6]
 */
export const sum = defineReduction('sum')
/**
 * Product over axes.
 *
 * @example prod(tensor([[1, 2], [3, 4]]), { axis: 1 })   // [2, 12]
 */
export const prod = defineReduction('prod')
/**
 * Largest element over axes; NaN wins. Where several are largest, they share the gradient equally.
 *
 * @example max(tensor([[1, 2], [3, 4]]), { axis: 0 })   // [3, 4]
 */
export const max = defineReduction('max')
/**
 * Smallest element over axes; NaN wins. Where several are smallest, they share the gradient equally.
 *
 * @example min(tensor([[1, 2], [3, 4]]))   // 1
 */
export const min = defineReduction('min')
