import { enableGrad, gradMode } from '../autodiff/mode.ts'
import { gradientsByReplay } from '../autodiff/replay.ts'
import { normalizeAxis, sizeOf } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { cast } from './cast.ts'
import { at, defineOp } from './define.ts'
import { holdsTrue } from './holds.ts'
import { mapShifted } from './map-rules.ts'
import { requireTensor } from './operand.ts'

interface Attributes {
  readonly axis: number
}

const cumprodOp = defineOp<Attributes>('cumprod', {
  shape: ([x]) => x.shape,
  dtype: ([x]) => x.dtype,
  forward: ([x], out, { axis }, engine) => {
    const isFloat = x.dtype === 'float32'
    const bytes = isFloat ? 1 << engine.memory.floatShift : 4
    const from = at(engine, x) / bytes
    const to = at(engine, out) / bytes
    const view = isFloat ? engine.memory.float : engine.memory.int
    const size = x.shape[axis]
    const inner = sizeOf(x.shape.slice(axis + 1))
    for (let i = 0; i < x.size; i++) {
      const isFirst = Math.floor(i / inner) % size === 0
      view[to + i] = isFirst ? view[from + i] : view[to + i - inner] * view[from + i]
    }
  },
  // xₛ is a factor of every later product: dL/dxₛ = Σ over t ≥ s of gₜ yₜ / xₛ.
  gradient: ([x], g, { axis }, y) => [
    () => {
      if (!holdsTrue(x.equal(0))) {
        return g.mul(y).flip({ axis }).cumsum({ axis }).flip({ axis }).div(x)
      }
      const self = (double: Tensor): Tensor => double.reshape(double.shape)
      const composed = ([double]: readonly Tensor[]): Tensor[] => [everyProduct(double, axis)]
      const [gradient] = enableGrad(() => gradientsByReplay('cumprod', [x], [g], composed, self).values())
      return gradMode.enabled ? gradient : gradient.detach()
    },
  ],
  map: mapShifted(({ axis }) => ({ axis: axis + 1 })),
})

/** The same products without division, for factors of 0: [o, n, i] → [o, t, s, i], 1 where s > t, multiplied over s. */
function everyProduct(x: Tensor, axis: number): Tensor {
  const size = x.shape[axis]
  const outer = sizeOf(x.shape.slice(0, axis))
  const inner = sizeOf(x.shape.slice(axis + 1))
  const isLater = Int32Array.from({ length: size * size }, (_, i) =>
    i % size > Math.floor(i / size) ? 1 : 0,
  )
  return fromCold(isLater, [1, size, size, 1], 'bool')
    .where(1, x.reshape([outer, 1, size, inner]))
    .prod({ axis: 2 })
    .reshape(x.shape)
}

/**
 * Running products along an axis: out[t] = x[0] · … · x[t].
 *
 * @throws ShapeError for an axis that does not exist
 * @example cumprod(tensor([1, 2, 3]), { axis: 0 })   // [1, 2, 6]
 */
export function cumprod(x: Tensor, options: { readonly axis: number }): Tensor {
  const factors = requireTensor('cumprod', x).dtype === 'bool' ? cast(x, 'int32') : x
  return cumprodOp([factors], { axis: normalizeAxis('cumprod', options?.axis, x.shape) })
}
