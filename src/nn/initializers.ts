import { FormatError, ValueError } from '../errors.ts'
import { suggestName } from '../suggest.ts'
import type { Generator } from '../tensor/random.ts'
import { formatShape, type Shape, sizeOf } from '../tensor/shape.ts'
import { type Fill, normalWithVariance, uniformWithin } from './fills.ts'
import { checkConfig, fillOf, type InitializerConfig } from './initializer-config.ts'
import { orthogonal } from './orthogonal.ts'

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
  /** N(0, 1/in), truncated at two deviations */
  lecunNormal: normalWithVariance(fanIn => 1 / fanIn),
  /** U(±√(3/in)), LeCun et al. 1998 */
  lecunUniform: uniformWithin(fanIn => Math.sqrt(3 / fanIn)),
  /** Rows (or columns, if there are fewer) orthonormal, Saxe et al. 2013 */
  orthogonal,
} satisfies Record<string, Fill>

export type InitializerName = keyof typeof INITIALIZERS

/** How many numbers parameters may still have; null where they get their first values as usual. */
let skipping: { numbersLeft: number } | null = null

/**
 * Runs `body`; parameters made in it are all zero, because they are overwritten: no time, no random number is spent.
 *
 * @param mostNumbers more than a file holds cannot come out of it, whatever sizes it names
 * @throws FormatError for parameters that have more numbers than that, before they are allocated
 */
export function withoutInitializers<T>(body: () => T, mostNumbers = Number.POSITIVE_INFINITY): T {
  const before = skipping
  skipping ??= { numbersLeft: mostNumbers }
  try {
    return body()
  } finally {
    skipping = before
  }
}

function blank(left: { numbersLeft: number }, shape: Shape): Float32Array {
  const size = sizeOf(shape)
  left.numbersLeft -= size
  if (left.numbersLeft >= 0) return new Float32Array(size)
  throw new FormatError({
    operation: 'load',
    problem: `cannot make a parameter of the shape ${formatShape(shape)}: the file does not hold so many weights.`,
  })
}

/** What layers take: a name, or a name with numbers: `{ name: 'constant', value: 0.1 }`. */
export type InitializerLike = InitializerName | InitializerConfig

/**
 * Fresh values for a parameter; zeros within `withoutInitializers`.
 * @throws ValueError for an unknown name
 */
export function initialize(initializer: InitializerLike, shape: Shape, generator: Generator): Float32Array {
  checkInitializer('initializer', initializer)
  if (skipping !== null) return blank(skipping, shape)
  return typeof initializer === 'string'
    ? INITIALIZERS[initializer](shape, generator)
    : fillOf(initializer)(shape, generator)
}

/** Refuses anything but an initialiser. */
export function checkInitializer(operation: string, initializer: InitializerLike): void {
  const isConfig = typeof initializer === 'object' && initializer !== null
  if (typeof initializer === 'string' ? Object.hasOwn(INITIALIZERS, initializer) : isConfig) {
    if (isConfig) checkConfig(operation, initializer)
    return
  }
  throw new ValueError({
    operation,
    problem: `"${String(initializer)}" is unknown.`,
    hint: suggestName(String(initializer), Object.keys(INITIALIZERS)),
    received: initializer,
  })
}
