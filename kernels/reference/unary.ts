import type { GradientName, ParametricName, UnaryName } from '../kernels.ts'
import { pow } from './arithmetic.ts'
import { erf, erfc } from './erf.ts'

const seluScale = 1.0507009873554805
const seluAlpha = 1.6732632423543772
const geluTanhScale = Math.sqrt(2 / Math.PI)
const geluTanhCubic = 0.044715

/** 1/(1 + e^−x) without overflow, accurate in both tails. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x))
  const e = Math.exp(x)
  return e / (1 + e)
}

/** log(1 + eˣ) without overflow. */
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

/** Φ(x), the normal distribution function. */
const normalCdf = (x: number): number => 0.5 * erfc(-x * Math.SQRT1_2)
const normalPdf = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI)

/** ½(1 + tanh u) = σ(2u) with u = √(2/π)·(x + 0.044715·x³): σ keeps the digits of the negative tail. */
const geluTanhGate = (x: number): number => sigmoid(2 * geluTanhScale * (x + geluTanhCubic * x * x * x))

/** To the nearest integer, halves to the even one. */
function round(x: number): number {
  const nearest = Math.round(x)
  if (Math.abs(x - Math.trunc(x)) !== 0.5) return nearest
  const even = 2 * Math.round(x / 2)
  return even === 0 ? x * 0 : even
}

/** tanh(softplus x) = (w² + 2w)/(w² + 2w + 2) with w = eˣ; beyond 20 it is 1. */
function mish(x: number): number {
  if (x > 20) return x
  const w = Math.exp(x)
  const t = w * (w + 2)
  return (x * t) / (t + 2)
}

const clip = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high)

/** The unary functions in double precision: the definition that every other implementation is held to. */
export const unaryFunctions: Readonly<Record<UnaryName, (x: number) => number>> = {
  neg: x => -x,
  abs: Math.abs,
  // The sign of NaN is 0, as PyTorch has it.
  sign: x => (Number.isNaN(x) ? 0 : Math.sign(x)),
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  // Infinite above 1e38, as PyTorch has it.
  log1p: x => (x > 1e38 ? Number.POSITIVE_INFINITY : Math.log1p(x)),
  sqrt: Math.sqrt,
  rsqrt: x => 1 / Math.sqrt(x),
  square: x => x * x,
  reciprocal: x => 1 / x,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  erf,
  floor: Math.floor,
  ceil: Math.ceil,
  round,
  trunc: Math.trunc,
  sigmoid,
  logSigmoid: x => -softplus(-x),
  relu: x => Math.max(x, 0),
  relu6: x => clip(x, 0, 6),
  gelu: x => x * normalCdf(x),
  geluTanh: x => x * geluTanhGate(x),
  silu: x => x * sigmoid(x),
  mish,
  softsign: x => x / (1 + Math.abs(x)),
  selu: x => seluScale * (x > 0 ? x : seluAlpha * Math.expm1(x)),
  hardSigmoid: x => clip(x + 3, 0, 6) / 6,
  hardTanh: x => clip(x, -1, 1),
}

export const parametricFunctions: Readonly<
  Record<ParametricName, (x: number, p: number, q: number) => number>
> = {
  elu: (x, alpha) => (x > 0 ? x : alpha * Math.expm1(x)),
  leakyRelu: (x, slope) => (x > 0 ? x : slope * x),
  softplus: (x, beta) => softplus(beta * x) / beta,
  clip,
  scale: (x, p, q) => x * p + q,
  powScalar: pow,
  hardSigmoidKeras: (x, p, q) => clip(p * x + q, 0, 1),
}

/** y is f(x) for tanh, sigmoid and relu, and x for the others. */
export const gradientFunctions: Readonly<Record<GradientName, (y: number, g: number) => number>> = {
  tanhGrad: (y, g) => g * (1 - y * y),
  sigmoidGrad: (y, g) => g * y * (1 - y),
  reluGrad: (y, g) => (y > 0 ? g : 0),
  // (x·Φ)′ = Φ + x·φ
  geluGrad: (x, g) => g * (normalCdf(x) + x * normalPdf(x)),
  // (x·s)′ = s + x·s·(1 − s)·2u′ with s = σ(2u)
  geluTanhGrad: (x, g) => {
    const s = geluTanhGate(x)
    return g * (s + x * s * (1 - s) * 2 * geluTanhScale * (1 + 3 * geluTanhCubic * x * x))
  },
  // (x·σ)′ = σ·(1 + x·(1 − σ))
  siluGrad: (x, g) => {
    const s = sigmoid(x)
    return g * s * (1 + x * (1 - s))
  },
}
