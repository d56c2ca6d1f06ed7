import { ValueError } from '../errors.ts'
import { suggestName } from '../suggest.ts'
import type { Generator } from '../tensor/random.ts'
import { type Shape, sizeOf } from '../tensor/shape.ts'
import { orthogonal } from './orthogonal.ts'

/** Fills a new parameter. */
type Initializer = (shape: Shape, generator: Generator) => Float32Array

/** Inputs and outputs per unit; the axes before the last two (a convolution's window) count for both. */
function fans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2) return { fanIn: sizeOf(shape), fanOut: sizeOf(shape) }
  const window = sizeOf(shape.slice(0, -2))
  return { fanIn: window * shape[shape.length - 2], fanOut: window * shape[shape.length - 1] }
}

const uniformWithin =
  (limit: (fanIn: number, fanOut: number) => number): Initializer =>
  (shape, generator) => {
    const { fanIn, fanOut } = fans(shape)
    const bound = limit(fanIn, fanOut)
    return generator.uniform(sizeOf(shape), -bound, bound)
  }

/** Keras truncates at two standard deviations and widens so that the variance is as asked for. */
const TRUNCATED_DEVIATION = 0.87962566103423978

function truncatedNormal(count: number, deviation: number, generator: Generator): Float32Array {
  const values = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    let value = Number.POSITIVE_INFINITY
    while (Math.abs(value) > 2) value = generator.normal(1)[0]
    values[i] = value * deviation
  }
  return values
}

const normalWithVariance =
  (variance: (fanIn: number, fanOut: number) => number): Initializer =>
  (shape, generator) => {
    const { fanIn, fanOut } = fans(shape)
    const deviation = Math.sqrt(variance(fanIn, fanOut)) / TRUNCATED_DEVIATION
    return truncatedNormal(sizeOf(shape), deviation, generator)
  }

/** Every initialiser by name; the defaults are those of Keras. */
const INITIALIZERS = {
  zeros: shape => new Float32Array(sizeOf(shape)),
  ones: shape => new Float32Array(sizeOf(shape)).fill(1),
  /** U(−0.05, 0.05) */
  uniform: (shape, generator) => generator.uniform(sizeOf(shape), -0.05, 0.05),
  /** N(0, 0.05²) */
  normal: (shape, generator) => generator.normal(sizeOf(shape), 0, 0.05),
  /** U(±√(6/(in + out))), Glorot & Bengio 2010 */
  glorotUniform: uniformWithin((fanIn, fanOut) => Math.sqrt(6 / (fanIn + fanOut))),
  /** N(0, 2/(in + out)), truncated at two deviations */
  glorotNormal: normalWithVariance((fanIn, fanOut) => 2 / (fanIn + fanOut)),
  /** U(±√(6/in)), He et al. 2015 */
  heUniform: uniformWithin(fanIn => Math.sqrt(6 / fanIn)),
  /** N(0, 2/in), truncated at two deviations */
  heNormal: normalWithVariance(fanIn => 2 / fanIn),
  /** U(±√(3/in)), LeCun et al. 1998 */
  lecunUniform: uniformWithin(fanIn => Math.sqrt(3 / fanIn)),
  /** Rows (or columns, if there are fewer) orthonormal, Saxe et al. 2013 */
  orthogonal,
} satisfies Record<string, Initializer>

export type InitializerName = keyof typeof INITIALIZERS

let isSkipped = false

/** Runs `body`; parameters made in it are all zero, because they are overwritten: no time, no random number is spent. */
export function withoutInitializers<T>(body: () => T): T {
  const before = isSkipped
  isSkipped = true
  try {
    return body()
  } finally {
    isSkipped = before
  }
}

/**
 * Fresh values for a parameter; zeros within `withoutInitializers`.
 * @throws ValueError for an unknown name
 */
export function initialize(name: InitializerName, shape: Shape, generator: Generator): Float32Array {
  if (!Object.hasOwn(INITIALIZERS, name)) {
    throw new ValueError({
      operation: 'initializer',
      problem: `"${String(name)}" is unknown.`,
      hint: suggestName(String(name), Object.keys(INITIALIZERS)),
    })
  }
  return isSkipped ? new Float32Array(sizeOf(shape)) : INITIALIZERS[name](shape, generator)
}
