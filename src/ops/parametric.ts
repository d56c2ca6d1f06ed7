import type { ParametricName } from '../../kernels/kernels.ts'
import { ValueError } from '../errors.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { at, defineOp } from './define.ts'
import type { Unary } from './elementwise-types.ts'
import { mapLeading } from './map-rules.ts'
import { type Operand, toFloat } from './operand.ts'

interface Parameters2 {
  readonly p: number
  readonly q: number
}

type Name = Exclude<ParametricName, 'powScalar' | 'scale'>

/** dL/dx from x, y = f(x; p, q) and g. */
const DERIVATIVES: Record<Name, (x: Tensor, y: Tensor, g: Tensor, parameters: Parameters2) => Tensor> = {
  // x > 0: 1; else α·eˣ, which y + α is as well, but with few digits where eˣ is small
  elu: (x, _, g, { p }) => g.mul(x.greater(0).where(1, x.minimum(0).exp().mul(p))),
  leakyRelu: (x, _, g, { p }) => g.mul(x.greater(0).where(1, p)),
  // σ(βx)
  softplus: (x, _, g, { p }) => g.mul(x.mul(p).sigmoid()),
  // The ends belong to the inside, as in PyTorch.
  clip: (x, _, g, { p, q }) => x.greaterEqual(p).mul(x.lessEqual(q)).where(g, 0),
  hardSigmoidKeras: (x, _, g, { p, q }) => {
    const z = x.mul(p).add(q)
    return z.greater(0).mul(z.less(1)).where(g, 0).mul(p)
  },
}

function defineParametric(name: Name): (x: Operand, p: number, q: number) => Tensor {
  const op = defineOp<Parameters2>(name, {
    shape: ([x]) => x.shape,
    forward: ([x], out, { p, q }, engine) =>
      engine.kernels.parametric[name](at(engine, out), at(engine, x), x.size, p, q),
    gradient: ([x], g, parameters, y) => [() => DERIVATIVES[name](x, y, g, parameters)],
    map: mapLeading,
  })
  return (x, p, q) => op([toFloat(name, x)], { p, q })
}

const eluOp = defineParametric('elu')
const leakyReluOp = defineParametric('leakyRelu')
const softplusOp = defineParametric('softplus')
const clipOp = defineParametric('clip')
const hardSigmoidKerasOp = defineParametric('hardSigmoidKeras')

/**
 * Exponential linear unit: x for x > 0, else α(eˣ − 1) (Clevert et al. 2015).
 *
 * @example elu(tensor([-1, 0, 2]))   // [-0.6321, 0, 2]
 */
export const elu: Unary<[options?: { readonly alpha?: number }]> = (
  x: Operand,
  options: { readonly alpha?: number } = {},
): Tensor => eluOp(x, options?.alpha ?? 1, 0)

/**
 * x for x > 0, else slope·x.
 *
 * @example leakyRelu(tensor([-1, 0, 2]))   // [-0.01, 0, 2]
 */
export const leakyRelu: Unary<[options?: { readonly slope?: number }]> = (
  x: Operand,
  options: { readonly slope?: number } = {},
): Tensor => leakyReluOp(x, options?.slope ?? 0.01, 0)

/**
 * ln(1 + e^(βx))/β, safe for any x.
 *
 * @example softplus(tensor([-1, 0, 2]))   // [0.3133, 0.6931, 2.1269]
 */
export const softplus: Unary<[options?: { readonly beta?: number }]> = (
  x: Operand,
  options: { readonly beta?: number } = {},
): Tensor => softplusOp(x, options?.beta ?? 1, 0)

/**
 * clip(0.2·x + 0.5, 0, 1): the hard sigmoid of Keras 2, as old LSTMs use it.
 *
 * @example hardSigmoidKeras(tensor([-4, 0, 1]))   // [0, 0.5, 0.7]
 */
export const hardSigmoidKeras: Unary = (x: Operand): Tensor => hardSigmoidKerasOp(x, 0.2, 0.5)

export interface ClipOptions {
  readonly min?: number
  readonly max?: number
}

/**
 * Limits every element to min … max; a missing bound does not limit. NaN stays NaN.
 * The gradient passes where min ≤ x ≤ max.
 *
 * @throws ValueError when min > max
 * @example clip(tensor([-2, 0, 2]), {min: -1, max: 1})   // [-1, 0, 1]
 */
export const clip: Unary<[options: ClipOptions]> = (x: Operand, options: ClipOptions): Tensor => {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = options ?? {}
  if (options === null || typeof options !== 'object') {
    throw new ValueError({
      operation: 'clip',
      problem: `takes its bounds as {min, max}, got ${options === null ? 'null' : typeof options}.`,
      hint: 'clip(x, {min: 0, max: 1}); either may be left out.',
      argument: 'options',
    })
  }
  if (min > max || Number.isNaN(min) || Number.isNaN(max)) {
    throw new ValueError({ operation: 'clip', problem: `needs min ≤ max, got ${min} and ${max}.` })
  }
  return clipOp(x, min, max)
}
