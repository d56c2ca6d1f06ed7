import { normalizeAxes, reducedShape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { at, defineOp, elementsOf } from './define.ts'
import { mapShifted } from './map-rules.ts'
import { requireTensor } from './operand.ts'
import { middle, type ReducedAxes, refuseEmpty, withoutMiddle } from './reduced-axes.ts'
import type { Reduction } from './reduction-types.ts'
import { reshape } from './reshape.ts'

export interface PositionOptions {
  /** The axis to search along; the flattened tensor without it. */
  readonly axis?: number
  /** Keep the reduced axes with size 1. Default false. */
  readonly keepDims?: boolean
}

const argOf = (name: 'argMax' | 'argMin') =>
  defineOp<ReducedAxes>(name, {
    shape: ([x], reduced) => withoutMiddle(x.shape, reduced),
    dtype: 'int32',
    forward: ([x], out, { first, count }, engine) => {
      const { outer, size, inner } = middle(x.shape, first, count)
      elementsOf(engine, x.dtype)[name](at(engine, out), at(engine, x), outer, size, inner)
    },
    gradient: 'a position is a whole number, which cannot change a little.',
    map: mapShifted(({ first, count }) => ({ first: first + 1, count })),
  })
const argOps = { argMax: argOf('argMax'), argMin: argOf('argMin') }

function position(name: 'argMax' | 'argMin', x: Tensor, options: PositionOptions): Tensor {
  requireTensor(name, x)
  const { axis, keepDims = false } = options ?? {}
  const axes = normalizeAxes(name, axis, x.shape)
  if (axes.length > 0) refuseEmpty(name, x.shape, axes)
  const first = axes[0] ?? 0
  const y = argOps[name]([x], { first, count: axes.length })
  return keepDims ? reshape(y, reducedShape(x.shape, axes, true)) : y
}

/**
 * Index of the first largest element along `axis` (in the flattened tensor without it); int32.
 *
 * @example argmax(tensor([[1, 3], [4, 2]]), { axis: 1 })   // [1, 0]
 */
export const argmax: Reduction<PositionOptions> = (x: Tensor, options: PositionOptions = {}): Tensor =>
  position('argMax', x, options)
/**
 * Index of the first smallest element along `axis` (in the flattened tensor without it); int32.
 *
 * @example argmin(tensor([[1, 3], [4, 2]]), { axis: 1 })   // [0, 1]
 */
export const argmin: Reduction<PositionOptions> = (x: Tensor, options: PositionOptions = {}): Tensor =>
  position('argMin', x, options)
