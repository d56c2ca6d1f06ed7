import { normalizeAxis, sizeOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { cast } from './cast.ts'
import { at, defineOp, elementsOf } from './define.ts'
import { mapShifted } from './map-rules.ts'
import { requireTensor } from './operand.ts'

const cumsumOp = defineOp<{ axis: number }>('cumsum', {
  shape: ([x]) => x.shape,
  dtype: ([x]) => x.dtype,
  forward: ([x], out, { axis }, engine) =>
    elementsOf(engine, x.dtype).cumsum(
      at(engine, out),
      at(engine, x),
      sizeOf(x.shape.slice(0, axis)),
      x.shape[axis],
      sizeOf(x.shape.slice(axis + 1)),
    ),
  // xₜ is part of every later sum: the gradient is the cumulative sum from the end.
  gradient: (_, g, { axis }) => [() => g.flip({ axis }).cumsum({ axis }).flip({ axis })],
  readsValues: false,
  map: mapShifted(({ axis }) => ({ axis: axis + 1 })),
})

/**
 * Running sums along an axis: out[t] = x[0] + … + x[t].
 *
 * @example cumsum(tensor([1, 2, 3]), { axis: 0 })   // [1, 3, 6]
 */
export function cumsum(x: Tensor, options: { readonly axis: number }): Tensor {
  const counted = requireTensor('cumsum', x).dtype === 'bool' ? cast(x, 'int32') : x
  return cumsumOp([counted], { axis: normalizeAxis('cumsum', options?.axis, x.shape) })
}
