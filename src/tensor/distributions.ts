import { readStorage } from '../engine/engine.ts'
import { DTypeError, ShapeError, ValueError } from '../errors.ts'
import { type RandomOptions, withGrad } from './creation.ts'
import { defaultGenerator, type Generator } from './random.ts'
import {
  sampleCategories,
  sampleExponential,
  sampleGamma,
  samplePoisson,
  sampleTruncatedNormal,
} from './samplers.ts'
import { checkShape, formatShape, type Shape, sizeOf } from './shape.ts'
import type { Sizes } from './shape-types.ts'
import { fromCold, Tensor } from './tensor.ts'

/** Options without gradients: where the numbers come from. */
interface SourceOptions {
  readonly generator?: Generator
}

/** Refuses a parameter outside what its distribution allows. */
function requireParameter(
  operation: string,
  argument: string,
  value: unknown,
  isAllowed: (value: number) => boolean,
  wanted: string,
): void {
  if (typeof value === 'number' && isAllowed(value)) return
  throw new ValueError({
    operation: `random.${operation}`,
    problem: `needs ${argument} ${wanted}, got ${String(value)}.`,
    argument,
    received: value,
  })
}

const isPositive = (value: number): boolean => value > 0 && value < Number.POSITIVE_INFINITY

function filled<S extends number[]>(
  operation: string,
  shape: Sizes<S>,
  options: RandomOptions,
  sample: (generator: Generator) => number,
): Tensor<S> {
  checkShape(`random.${operation}`, shape)
  const generator = options.generator ?? defaultGenerator()
  const values = new Float32Array(sizeOf(shape))
  for (let i = 0; i < values.length; i++) values[i] = sample(generator)
  return withGrad(fromCold(values, shape, 'float32'), options.requiresGrad)
}

export interface TruncatedNormalOptions extends RandomOptions {
  /** Mean before cutting. Default 0. */
  readonly mean?: number
  /** Standard deviation before cutting. Default 1. */
  readonly deviation?: number
  /** Smallest number. Default two deviations below the mean. */
  readonly low?: number
  /** Largest number. Default two deviations above the mean. */
  readonly high?: number
}

/**
 * Normally distributed numbers, those outside low … high drawn again (by rejection that is quick in the tails too).
 *
 * @throws ValueError unless the deviation is positive and low < high
 * @example random.truncatedNormal([2, 3], { deviation: 0.05 }).shape   // [2, 3]
 */
export function truncatedNormal<const S extends number[]>(
  shape: Sizes<S>,
  options: TruncatedNormalOptions = {},
): Tensor<S> {
  const { mean = 0, deviation = 1, low = mean - 2 * deviation, high = mean + 2 * deviation } = options ?? {}
  requireParameter('truncatedNormal', 'mean', mean, Number.isFinite, 'to be finite')
  requireParameter('truncatedNormal', 'deviation', deviation, isPositive, '> 0')
  requireParameter('truncatedNormal', 'low', low, value => value < high, `below high (${high})`)
  const [a, b] = [(low - mean) / deviation, (high - mean) / deviation]
  return filled('truncatedNormal', shape, options ?? {}, generator => {
    return mean + deviation * sampleTruncatedNormal(generator, a, b)
  })
}

/**
 * 1 with a probability, else 0.
 *
 * @throws ValueError unless 0 ≤ probability ≤ 1
 * @example random.bernoulli([4], { probability: 1 })   // [1, 1, 1, 1]
 */
export function bernoulli<const S extends number[]>(
  shape: Sizes<S>,
  options: RandomOptions & { readonly probability: number },
): Tensor<S> {
  const { probability } = options ?? {}
  requireParameter('bernoulli', 'probability', probability, value => value >= 0 && value <= 1, 'in 0 … 1')
  return filled('bernoulli', shape, options, generator => (generator.next() < probability ? 1 : 0))
}

/**
 * Exponentially distributed: density rate · e^(−rate·x), mean 1/rate.
 *
 * @throws ValueError unless the rate is positive
 * @example random.exponential([2, 3], { rate: 2 }).shape   // [2, 3]
 */
export function exponential<const S extends number[]>(
  shape: Sizes<S>,
  options: RandomOptions & { readonly rate?: number } = {},
): Tensor<S> {
  const { rate = 1 } = options ?? {}
  requireParameter('exponential', 'rate', rate, isPositive, '> 0')
  return filled('exponential', shape, options ?? {}, generator => sampleExponential(generator) / rate)
}

/**
 * Gamma distributed: density ∝ x^(concentration − 1) · e^(−rate·x), mean concentration/rate (Marsaglia & Tsang 2000).
 *
 * @throws ValueError unless both parameters are positive
 * @example random.gamma([2, 3], { concentration: 2.5 }).shape   // [2, 3]
 */
export function gamma<const S extends number[]>(
  shape: Sizes<S>,
  options: RandomOptions & { readonly concentration: number; readonly rate?: number },
): Tensor<S> {
  const { concentration, rate = 1 } = options ?? {}
  requireParameter('gamma', 'concentration', concentration, isPositive, '> 0')
  requireParameter('gamma', 'rate', rate, isPositive, '> 0')
  return filled('gamma', shape, options, generator => sampleGamma(generator, concentration) / rate)
}

/** int32 holds no larger counts, and this leaves room for the tail. */
const LARGEST_RATE = 2 ** 30

/**
 * Poisson distributed counts with the mean `rate`, int32.
 *
 * @throws ValueError unless 0 ≤ rate ≤ 2³⁰
 * @example random.poisson([3], { rate: 0 })   // [0, 0, 0]
 */
export function poisson<const S extends number[]>(
  shape: Sizes<S>,
  options: SourceOptions & { readonly rate: number },
): Tensor<S> {
  const { rate, generator = defaultGenerator() } = options ?? {}
  requireParameter('poisson', 'rate', rate, value => value >= 0 && value <= LARGEST_RATE, 'in 0 … 2³⁰')
  checkShape('random.poisson', shape)
  const values = Int32Array.from({ length: sizeOf(shape) }, () => samplePoisson(generator, rate))
  return fromCold(values, shape, 'int32')
}

export interface CategoricalOptions extends SourceOptions {
  /** How many to draw from each row. Default 1. */
  readonly count?: number
  /** Whether a category may be drawn more than once. Default true. */
  readonly replacement?: boolean
}

/** A row of weights has something to draw from, and enough of it. */
function checkWeights(row: ArrayLike<number>, shape: Shape, count: number, replacement: boolean): void {
  let possible = 0
  for (let i = 0; i < row.length; i++) {
    if (!(row[i] >= 0 && row[i] < Number.POSITIVE_INFINITY)) {
      requireParameter('categorical', 'weights', row[i], () => false, '≥ 0 and finite')
    }
    if (row[i] > 0) possible++
  }
  if (possible >= (replacement ? 1 : count)) return
  throw new ValueError({
    operation: 'random.categorical',
    problem: `cannot draw ${count} from a row of ${formatShape(shape)} with ${possible} weights above 0.`,
    hint: 'draw fewer, or with replacement.',
    argument: 'weights',
  })
}

/**
 * Category numbers drawn with chances proportional to weights, int32 (PyTorch's `multinomial`). For logits pass their
 * softmax.
 *
 *   [..., categories] → [..., count]
 *
 * @throws ValueError for weights that are negative, all 0, or too few to draw without replacement
 * @example random.categorical(tensor([0, 0, 1]), { count: 2 })   // [2, 2]
 */
export function categorical(weights: Tensor, options: CategoricalOptions = {}): Tensor {
  const { count = 1, replacement = true, generator = defaultGenerator() } = options ?? {}
  if (!(weights instanceof Tensor)) {
    throw new DTypeError({
      operation: 'random.categorical',
      problem: `takes a tensor of weights, got ${typeof weights}.`,
    })
  }
  if (weights.rank === 0) {
    throw new ShapeError({
      operation: 'random.categorical',
      problem: 'needs weights [..., categories], got the shape [].',
      hint: 'the last axis holds one weight per category.',
      shapes: [weights.shape],
    })
  }
  requireParameter(
    'categorical',
    'count',
    count,
    value => Number.isInteger(value) && value >= 0,
    'to be whole, ≥ 0',
  )
  const categories = weights.shape[weights.rank - 1]
  const lead = weights.shape.slice(0, -1)
  const values = readStorage(weights.storage)
  const drawn = new Int32Array(sizeOf(lead) * count)
  for (let row = 0; row < sizeOf(lead); row++) {
    const own = values.subarray(row * categories, (row + 1) * categories)
    checkWeights(own, weights.shape, count, replacement)
    drawn.set(sampleCategories(generator, own, count, replacement), row * count)
  }
  return fromCold(drawn, [...lead, count], 'int32')
}
