import { normalizeAxis, type Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { at, defineOp } from './define.ts'
import { mapLeading } from './map-rules.ts'
import { toFloat } from './operand.ts'
import { transpose } from './permute.ts'
import { reshape } from './reshape.ts'

const softmaxOp = defineOp<null>('softmax', {
  shape: ([x]) => x.shape,
  forward: ([x], out, _, engine) =>
    engine.kernels.softmax(at(engine, out), at(engine, x), x.size / lastSize(x), lastSize(x)),
  gradient: (_inputs, g, _, y) => [() => softmaxGrad(y, g)],
  map: mapLeading,
})

/** y ⊙ (g − Σ g⊙y), per row */
const softmaxGradOp = defineOp<null>('softmaxGrad', {
  shape: ([y]) => y.shape,
  forward: ([y, g], out, _, engine) =>
    engine.kernels.softmaxGrad(
      at(engine, out),
      at(engine, y),
      at(engine, g),
      y.size / lastSize(y),
      lastSize(y),
    ),
  gradient: ([y, g], h) => {
    const dot = (a: Tensor, b: Tensor): Tensor => a.mul(b).sum({ axis: -1, keepDims: true })
    return [
      // d/dy of Σ h⊙y⊙(g − g·y):  h⊙(g − g·y) − g·(h·y)
      () => h.mul(g.sub(dot(g, y))).sub(g.mul(dot(h, y))),
      // the map is symmetric in g and h
      () => softmaxGrad(y, h),
    ]
  },
  map: mapLeading,
})
const softmaxGrad = (y: Tensor, g: Tensor): Tensor => softmaxGradOp([y, g], null)

const logSoftmaxOp = defineOp<null>('logSoftmax', {
  shape: ([x]) => x.shape,
  forward: ([x], out, _, engine) =>
    engine.kernels.logSoftmax(at(engine, out), at(engine, x), x.size / lastSize(x), lastSize(x)),
  gradient: (_inputs, g, _, y) => [() => logSoftmaxGradOp([y, g], null)],
  map: mapLeading,
})

/** g − eʸ·Σ g, per row */
const logSoftmaxGradOp = defineOp<null>('logSoftmaxGrad', {
  shape: ([y]) => y.shape,
  forward: ([y, g], out, _, engine) =>
    engine.kernels.logSoftmaxGrad(
      at(engine, out),
      at(engine, y),
      at(engine, g),
      y.size / lastSize(y),
      lastSize(y),
    ),
  gradient: ([y, g], h) => [
    () =>
      h
        .mul(y.exp())
        .mul(g.sum({ axis: -1, keepDims: true }))
        .neg(),
    () => h.sub(h.mul(y.exp()).sum({ axis: -1, keepDims: true })),
  ],
  map: mapLeading,
})

/** At least 1, so that the number of rows of an empty tensor is 0. */
const lastSize = (x: Tensor): number => Math.max(1, x.shape[x.rank - 1])

/** The kernels work on rows: another axis is swapped to the end and back. */
function alongAxis(name: string, op: typeof softmaxOp, value: Tensor, axis: number): Tensor {
  const x = toFloat(name, value)
  if (x.rank === 0) return reshape(op([reshape(x, [1])], null), [])
  const position = normalizeAxis(name, axis, x.shape)
  if (position === x.rank - 1) return op([x], null)
  const axes = [position, x.rank - 1] as const
  return transpose(op([transpose(x, { axes })], null), { axes })
}

export interface AxisOptions {
  /** The axis that sums to 1; the last by default. */
  readonly axis?: number
}

/**
 * eˣ / Σ eˣ along an axis, safe for huge x.
 *
 * @example softmax(tensor([0, 0]))   // [0.5, 0.5]
 */
export const softmax = <S extends Shape>(x: Tensor<S>, options: AxisOptions = {}): Tensor<S> =>
  alongAxis('softmax', softmaxOp, x, options?.axis ?? -1)

/**
 * x − ln Σ eˣ along an axis, safe for huge x.
 *
 * @example logSoftmax(tensor([0, 0]))   // [-0.6931, -0.6931]
 */
export const logSoftmax = <S extends Shape>(x: Tensor<S>, options: AxisOptions = {}): Tensor<S> =>
  alongAxis('logSoftmax', logSoftmaxOp, x, options?.axis ?? -1)
