import { gradMode } from '../autodiff/mode.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { at, defineOp, isWritable } from './define.ts'
import { mapLeading } from './map-rules.ts'

/** The gradient of a hot activation as one kernel; `v` is what the kernel reads, x or y = f(x). */
function defineActivationGradient(
  name: 'tanhGrad' | 'sigmoidGrad' | 'reluGrad' | 'geluGrad' | 'geluTanhGrad' | 'siluGrad',
  /** f′ as a function of v */
  slope: (v: Tensor) => Tensor,
  /** d(f′)/dv */
  curvature: (v: Tensor) => Tensor,
): (v: Tensor, g: Tensor) => Tensor {
  const op = defineOp<null>(name, {
    shape: ([v]) => v.shape,
    // A gradient that only this operation waits for, in a pass that is not recorded, gives its place.
    overwrites: ([, g], _, engine) =>
      !gradMode.enabled && g.storage.temporary && g.storage.holds === 1 && isWritable(g, engine) ? g : null,
    forward: ([v, g], out, _, engine) =>
      engine.kernels.gradient[name](at(engine, out), at(engine, v), at(engine, g), v.size),
    gradient: ([v, g], h) => [() => h.mul(g).mul(curvature(v)), () => h.mul(slope(v))],
    map: mapLeading,
  })
  return (v, g) => op([v, g], null)
}

/** 1/√(2π) */
const GAUSS = 0.3989422804014327
const gauss = (x: Tensor): Tensor => x.square().mul(-0.5).exp().mul(GAUSS)
/** √(2/π), and the cubic coefficient of the tanh form of gelu */
const GELU_SLOPE = 0.7978845608028654
const GELU_CUBIC = 0.044715

export const tanhGrad = defineActivationGradient(
  'tanhGrad',
  y => y.square().neg().add(1),
  y => y.mul(-2),
)
export const sigmoidGrad = defineActivationGradient(
  'sigmoidGrad',
  y => y.sub(y.square()),
  y => y.mul(-2).add(1),
)
export const reluGrad = defineActivationGradient(
  'reluGrad',
  y => y.greater(0).cast('float32'),
  y => y.mul(0),
)
export const geluGrad = defineActivationGradient(
  'geluGrad',
  // Φ(x) + x·φ(x)
  x =>
    x
      .mul(Math.SQRT1_2)
      .erf()
      .add(1)
      .mul(0.5)
      .add(x.mul(gauss(x))),
  // φ(x)·(2 − x²)
  x => gauss(x).mul(x.square().neg().add(2)),
)
export const siluGrad = defineActivationGradient(
  'siluGrad',
  // σ + x·σ·(1 − σ)
  x => {
    const s = x.sigmoid()
    return s.add(x.mul(s.sub(s.square())))
  },
  // σ′·(2 + x·(1 − 2σ))
  x => {
    const s = x.sigmoid()
    return s.sub(s.square()).mul(x.mul(s.mul(-2).add(1)).add(2))
  },
)
/** t = tanh(u), u = √(2/π)·(x + 0.044715·x³), and u′, u″ */
function geluTanhParts(x: Tensor): { t: Tensor; du: Tensor; ddu: Tensor } {
  const cube = x.square().mul(x)
  return {
    t: cube.mul(GELU_CUBIC).add(x).mul(GELU_SLOPE).tanh(),
    du: x
      .square()
      .mul(3 * GELU_CUBIC)
      .add(1)
      .mul(GELU_SLOPE),
    ddu: x.mul(6 * GELU_CUBIC * GELU_SLOPE),
  }
}
export const geluTanhGrad = defineActivationGradient(
  'geluTanhGrad',
  // ½(1 + t) + ½·x·(1 − t²)·u′
  x => {
    const { t, du } = geluTanhParts(x)
    return t
      .add(1)
      .mul(0.5)
      .add(x.mul(0.5).mul(t.square().neg().add(1)).mul(du))
  },
  // (1 − t²)·(u′ + ½·x·(u″ − 2·t·u′²))
  x => {
    const { t, du, ddu } = geluTanhParts(x)
    return t
      .square()
      .neg()
      .add(1)
      .mul(du.add(x.mul(0.5).mul(ddu.sub(t.mul(2).mul(du.square())))))
  },
)
