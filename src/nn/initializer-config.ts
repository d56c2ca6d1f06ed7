import { ValueError } from '../errors.ts'
import { suggestName } from '../suggest.ts'
import { sizeOf } from '../tensor/shape.ts'
import { type Fill, fans, TRUNCATED_DEVIATION, truncatedNormal } from './fills.ts'
import { orthogonal } from './orthogonal.ts'

/** An initialiser with numbers of its own. */
export type InitializerConfig =
  | { readonly name: 'constant'; readonly value: number }
  /** U(low, high); default −0.05 … 0.05 */
  | { readonly name: 'randomUniform'; readonly low?: number; readonly high?: number }
  /** N(mean, deviation²); default 0 and 0.05 */
  | { readonly name: 'randomNormal'; readonly mean?: number; readonly deviation?: number }
  /** The same, drawn again beyond two deviations. */
  | { readonly name: 'truncatedNormal'; readonly mean?: number; readonly deviation?: number }
  /** gain on the diagonal of a matrix; default 1 */
  | { readonly name: 'identity'; readonly gain?: number }
  /** gain times an orthogonal matrix; default 1 */
  | { readonly name: 'orthogonal'; readonly gain?: number }
  /** Variance scale/fan, where fan counts the inputs, the outputs, or is the mean of both. */
  | {
      readonly name: 'varianceScaling'
      /** Default 1. */
      readonly scale?: number
      /** Default `fanIn`. */
      readonly mode?: 'fanIn' | 'fanOut' | 'fanAvg'
      /** Default `truncatedNormal`. */
      readonly distribution?: 'uniform' | 'normal' | 'truncatedNormal'
    }

/** The options of each, with what stands for a number. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, 'number' | readonly string[]>>>> = {
  constant: { value: 'number' },
  randomUniform: { low: 'number', high: 'number' },
  randomNormal: { mean: 'number', deviation: 'number' },
  truncatedNormal: { mean: 'number', deviation: 'number' },
  identity: { gain: 'number' },
  orthogonal: { gain: 'number' },
  varianceScaling: {
    scale: 'number',
    mode: ['fanIn', 'fanOut', 'fanAvg'],
    distribution: ['uniform', 'normal', 'truncatedNormal'],
  },
}

/** Refuses unknown names and options, and values that do not fit. */
export function checkConfig(operation: string, config: InitializerConfig): void {
  const { name, ...options } = config
  const refuse = (problem: string, hint?: string): never => {
    throw new ValueError({ operation, problem, hint, argument: 'initializer', received: config })
  }
  if (!Object.hasOwn(OPTIONS, name)) {
    refuse(
      `has no initializer "${String(name)}" with options.`,
      suggestName(String(name), Object.keys(OPTIONS)),
    )
  }
  const known = OPTIONS[name]
  for (const [option, value] of Object.entries(options)) {
    if (!Object.hasOwn(known, option))
      refuse(`has no option "${option}" for ${name}.`, suggestName(option, Object.keys(known)))
    const wanted = known[option]
    const fits =
      value === undefined || (wanted === 'number' ? Number.isFinite(value) : wanted.includes(String(value)))
    if (!fits)
      refuse(
        `needs ${option} of ${name} to be ${wanted === 'number' ? 'a finite number' : wanted.join(', ')}, got ${String(value)}.`,
      )
  }
  if (name === 'constant' && config.value === undefined) refuse('needs the value of constant.')
}

/** What fills a parameter, for a config that was checked. */
export function fillOf(config: InitializerConfig): Fill {
  switch (config.name) {
    case 'constant':
      return shape => new Float32Array(sizeOf(shape)).fill(config.value)
    case 'randomUniform':
      return (shape, generator) => generator.uniform(sizeOf(shape), config.low ?? -0.05, config.high ?? 0.05)
    case 'randomNormal':
      return (shape, generator) => generator.normal(sizeOf(shape), config.mean ?? 0, config.deviation ?? 0.05)
    case 'truncatedNormal':
      return (shape, generator) =>
        truncatedNormal(sizeOf(shape), config.deviation ?? 0.05, generator).map(x => x + (config.mean ?? 0))
    case 'identity':
      return identity(config.gain ?? 1)
    case 'orthogonal':
      return (shape, generator) => orthogonal(shape, generator).map(x => x * (config.gain ?? 1))
    case 'varianceScaling':
      return varianceScaling(
        config.scale ?? 1,
        config.mode ?? 'fanIn',
        config.distribution ?? 'truncatedNormal',
      )
  }
}

const identity =
  (gain: number): Fill =>
  shape => {
    if (shape.length !== 2) {
      throw new ValueError({
        operation: 'initializer',
        problem: `fills matrices with identity, got ${shape.length} axes.`,
        argument: 'initializer',
      })
    }
    const values = new Float32Array(sizeOf(shape))
    for (let i = 0; i < Math.min(...shape); i++) values[i * shape[1] + i] = gain
    return values
  }

const varianceScaling =
  (scale: number, mode: string, distribution: string): Fill =>
  (shape, generator) => {
    const { fanIn, fanOut } = fans(shape)
    const fan = mode === 'fanIn' ? fanIn : mode === 'fanOut' ? fanOut : (fanIn + fanOut) / 2
    const variance = scale / Math.max(1, fan)
    const size = sizeOf(shape)
    if (distribution === 'uniform') {
      const bound = Math.sqrt(3 * variance)
      return generator.uniform(size, -bound, bound)
    }
    const deviation = Math.sqrt(variance)
    return distribution === 'normal'
      ? generator.normal(size, 0, deviation)
      : truncatedNormal(size, deviation / TRUNCATED_DEVIATION, generator)
  }
