import type { UnaryName } from '../../kernels/kernels.ts'
import { zerosLike } from '../tensor/creation.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { geluGrad, geluTanhGrad, reluGrad, sigmoidGrad, siluGrad, tanhGrad } from './activation-gradients.ts'
import { at, defineOp, isWritable } from './define.ts'
import type { Unary } from './elementwise-types.ts'
import { mapLeading } from './map-rules.ts'
import { type Operand, toFloat } from './operand.ts'
import { type Overwriting, overwritingOperations } from './overwrite.ts'

/** dL/dx from x, y = f(x) and g = dL/dy */
type Derivative = (x: Tensor, y: Tensor, g: Tensor) => Tensor

/** Piecewise constant functions: 0 wherever the derivative exists, and at the steps too. */
const step: Derivative = zerosLike
const ERF_SLOPE = 1.1283791670955126 // 2/√π
const SELU_ALPHA = 1.6732632423543772
const SELU_SCALE = 1.0507009873554805

/** g where low < x < high, else 0. */
const inside = (x: Tensor, low: number, high: number, g: Tensor): Tensor =>
  x.greater(low).mul(x.less(high)).where(g, 0)

/** One line per function: a missing derivative is a compile error. */
const DERIVATIVES: Record<UnaryName, Derivative> = {
  neg: (_x, _y, g) => g.neg(),
  abs: (x, _, g) => g.mul(x.sign()),
  sign: step,
  exp: (_, y, g) => g.mul(y),
  expm1: (_, y, g) => g.mul(y.add(1)),
  log: (x, _, g) => g.div(x),
  log1p: (x, _, g) => g.div(x.add(1)),
  sqrt: (_, y, g) => g.mul(0.5).div(y),
  rsqrt: (x, y, g) => g.mul(-0.5).mul(y).div(x),
  square: (x, _, g) => g.mul(2).mul(x),
  reciprocal: (_, y, g) => g.mul(y).mul(y).neg(),
  sin: (x, _, g) => g.mul(x.cos()),
  cos: (x, _, g) => g.mul(x.sin()).neg(),
  tan: (_, y, g) => g.mul(y.square().add(1)),
  asin: (x, _, g) => g.mul(x.square().neg().add(1).rsqrt()),
  acos: (x, _, g) => g.mul(x.square().neg().add(1).rsqrt()).neg(),
  atan: (x, _, g) => g.div(x.square().add(1)),
  sinh: (x, _, g) => g.mul(x.cosh()),
  cosh: (x, _, g) => g.mul(x.sinh()),
  tanh: (_, y, g) => tanhGrad(y, g),
  erf: (x, _, g) => g.mul(x.square().neg().exp().mul(ERF_SLOPE)),
  floor: step,
  ceil: step,
  round: step,
  trunc: step,
  sigmoid: (_, y, g) => sigmoidGrad(y, g),
  logSigmoid: (x, _, g) => g.mul(x.neg().sigmoid()),
  relu: (_, y, g) => reluGrad(y, g),
  relu6: (x, _, g) => inside(x, 0, 6, g),
  gelu: (x, _, g) => geluGrad(x, g),
  geluTanh: (x, _, g) => geluTanhGrad(x, g),
  silu: (x, _, g) => siluGrad(x, g),
  // x·tanh(s), s = softplus(x): tanh(s) + x·(1 − tanh²(s))·σ(x)
  mish: (x, _, g) => {
    const t = x.softplus().tanh()
    return g.mul(t.add(x.mul(x.sigmoid()).mul(t.square().neg().add(1))))
  },
  // x/(1 + |x|)
  softsign: (x, _, g) => g.div(x.abs().add(1).square()),
  selu: (x, _, g) =>
    g.mul(
      x.greater(0).where(
        SELU_SCALE,
        x
          .minimum(0)
          .exp()
          .mul(SELU_SCALE * SELU_ALPHA),
      ),
    ),
  hardSigmoid: (x, _, g) => inside(x, -3, 3, g).mul(1 / 6),
  hardTanh: (x, _, g) => inside(x, -1, 1, g),
}

const KEEP: Overwriting = { isFresh: false }

function defineUnary(name: UnaryName): Unary {
  const derivative = DERIVATIVES[name]
  const op = defineOp<Overwriting>(name, {
    shape: ([x]) => x.shape,
    overwrites: ([x], { isFresh }, engine) => (isFresh && isWritable(x, engine) ? x : null),
    forward: ([x], out, _, engine) => engine.kernels.unary[name](at(engine, out), at(engine, x), x.size),
    gradient: ([x], g, _, y) => [() => derivative(x, y, g)],
    map: mapLeading,
    readsValues: name !== 'neg' && derivative !== step,
  })
  overwritingOperations.set(name, op)
  return (x: Operand): Tensor => op([toFloat(name, x)], KEEP)
}

/**
 * −x
 *
 * @example neg(tensor([-1, 0, 2]))   // [1, 0, -2]
 */
export const neg = defineUnary('neg')
/**
 * |x|; the gradient at 0 is 0.
 *
 * @example abs(tensor([-1, 0, 2]))   // [1, 0, 2]
 */
export const abs = defineUnary('abs')
/**
 * −1, 0 or 1. Its gradient is 0.
 *
 * @example sign(tensor([-1, 0, 2]))   // [-1, 0, 1]
 */
export const sign = defineUnary('sign')
/**
 * eˣ
 *
 * @example exp(tensor([-1, 0, 2]))   // [0.3679, 1, 7.3891]
 */
export const exp = defineUnary('exp')
/**
 * eˣ − 1, exact near 0
 *
 * @example expm1(tensor([-1, 0, 2]))   // [-0.6321, 0, 6.3891]
 */
export const expm1 = defineUnary('expm1')
/**
 * Natural logarithm; −∞ at 0, NaN below.
 *
 * @example log(tensor([1, 4]))   // [0, 1.3863]
 */
export const log = defineUnary('log')
/**
 * ln(1 + x), exact near 0
 *
 * @example log1p(tensor([0, 0.5]))   // [0, 0.4055]
 */
export const log1p = defineUnary('log1p')
/**
 * √x; NaN below 0
 *
 * @example sqrt(tensor([1, 4]))   // [1, 2]
 */
export const sqrt = defineUnary('sqrt')
/**
 * 1/√x
 *
 * @example rsqrt(tensor([1, 4]))   // [1, 0.5]
 */
export const rsqrt = defineUnary('rsqrt')
/**
 * x²
 *
 * @example square(tensor([-1, 0, 2]))   // [1, 0, 4]
 */
export const square = defineUnary('square')
/**
 * 1/x
 *
 * @example reciprocal(tensor([1, 4]))   // [1, 0.25]
 */
export const reciprocal = defineUnary('reciprocal')
/**
 * Sine of x radians
 *
 * @example sin(tensor([-1, 0, 2]))   // [-0.8415, 0, 0.9093]
 */
export const sin = defineUnary('sin')
/**
 * Cosine of x radians
 *
 * @example cos(tensor([-1, 0, 2]))   // [0.5403, 1, -0.4161]
 */
export const cos = defineUnary('cos')
/**
 * Tangent of x radians
 *
 * @example tan(tensor([-1, 0, 2]))   // [-1.5574, 0, -2.185]
 */
export const tan = defineUnary('tan')
/**
 * Inverse sine, in −π/2 … π/2
 *
 * @example asin(tensor([0, 0.5]))   // [0, 0.5236]
 */
export const asin = defineUnary('asin')
/**
 * Inverse cosine, in 0 … π
 *
 * @example acos(tensor([0, 0.5]))   // [1.5708, 1.0472]
 */
export const acos = defineUnary('acos')
/**
 * Inverse tangent, in −π/2 … π/2
 *
 * @example atan(tensor([-1, 0, 2]))   // [-0.7854, 0, 1.1071]
 */
export const atan = defineUnary('atan')
/**
 * Hyperbolic sine
 *
 * @example sinh(tensor([-1, 0, 2]))   // [-1.1752, 0, 3.6269]
 */
export const sinh = defineUnary('sinh')
/**
 * Hyperbolic cosine
 *
 * @example cosh(tensor([-1, 0, 2]))   // [1.5431, 1, 3.7622]
 */
export const cosh = defineUnary('cosh')
/**
 * Hyperbolic tangent
 *
 * @example tanh(tensor([-1, 0, 2]))   // [-0.7616, 0, 0.964]
 */
export const tanh = defineUnary('tanh')
/**
 * Error function, 2/√π ∫₀ˣ e^(−t²) dt
 *
 * @example erf(tensor([-1, 0, 2]))   // [-0.8427, 0, 0.9953]
 */
export const erf = defineUnary('erf')
/**
 * Largest whole number ≤ x. Its gradient is 0.
 *
 * @example floor(tensor([-1.5, 1.5]))   // [-2, 1]
 */
export const floor = defineUnary('floor')
/**
 * Smallest whole number ≥ x. Its gradient is 0.
 *
 * @example ceil(tensor([-1.5, 1.5]))   // [-1, 2]
 */
export const ceil = defineUnary('ceil')
/**
 * Nearest whole number, halves to even. Its gradient is 0.
 *
 * @example round(tensor([0.5, 1.5, 2.4]))   // [0, 2, 2]
 */
export const round = defineUnary('round')
/**
 * Towards zero. Its gradient is 0.
 *
 * @example trunc(tensor([-1.5, 1.5]))   // [-1, 1]
 */
export const trunc = defineUnary('trunc')
/**
 * Logistic function 1/(1 + e⁻ˣ)
 *
 * @example sigmoid(tensor([-1, 0, 2]))   // [0.2689, 0.5, 0.8808]
 */
export const sigmoid = defineUnary('sigmoid')
/**
 * ln σ(x), safe for any x
 *
 * @example logSigmoid(tensor([-1, 0, 2]))   // [-1.3133, -0.6931, -0.1269]
 */
export const logSigmoid = defineUnary('logSigmoid')
/**
 * max(x, 0); the gradient at 0 is 0.
 *
 * @example relu(tensor([-1, 0, 2]))   // [0, 0, 2]
 */
export const relu = defineUnary('relu')
/**
 * min(max(x, 0), 6)
 *
 * @example relu6(tensor([-1, 2, 9]))   // [0, 2, 6]
 */
export const relu6 = defineUnary('relu6')
const geluExact = defineUnary('gelu')
const geluApproximate = defineUnary('geluTanh')
/**
 * x·σ(x), also called swish (Elfwing et al. 2017)
 *
 * @example silu(tensor([-1, 0, 2]))   // [-0.2689, 0, 1.7616]
 */
export const silu = defineUnary('silu')
/**
 * x·tanh(softplus(x)) (Misra 2019)
 *
 * @example mish(tensor([-1, 0, 2]))   // [-0.3034, 0, 1.944]
 */
export const mish = defineUnary('mish')
/**
 * x/(1 + |x|)
 *
 * @example softsign(tensor([-1, 0, 2]))   // [-0.5, 0, 0.6667]
 */
export const softsign = defineUnary('softsign')
/**
 * Self-normalising exponential unit (Klambauer et al. 2017)
 *
 * @example selu(tensor([-1, 0, 2]))   // [-1.1113, 0, 2.1014]
 */
export const selu = defineUnary('selu')
/**
 * relu6(x + 3)/6, PyTorch's hard sigmoid; Keras' older one is `hardSigmoidKeras`.
 *
 * @example hardSigmoid(tensor([-4, 0, 1]))   // [0, 0.5, 0.6667]
 */
export const hardSigmoid = defineUnary('hardSigmoid')
/**
 * x clipped to −1 … 1
 *
 * @example hardTanh(tensor([-1, 0, 2]))   // [-1, 0, 1]
 */
export const hardTanh = defineUnary('hardTanh')

/**
 * Gaussian error linear unit x·Φ(x) (Hendrycks & Gimpel 2016).
 *
 * @param options.approximate `'tanh'` uses ½x(1 + tanh(√(2/π)(x + 0.044715x³)))
 * @example gelu(tensor([-1, 0, 2]))   // [-0.1587, 0, 1.9545]
 */
export const gelu = (x: Operand, options: { readonly approximate?: 'none' | 'tanh' } = {}): Tensor =>
  options?.approximate === 'tanh' ? geluApproximate(x) : geluExact(x)
