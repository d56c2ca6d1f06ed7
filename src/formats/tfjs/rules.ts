import { type Json, readRecord, readString } from '../../io/plain-json.ts'
import { refuseModel } from '../../io/refuse-model.ts'
import { show } from '../../io/refuse.ts'
import type { Constraint } from '../../nn/constraints.ts'
import type { InitializerConfig } from '../../nn/initializer-config.ts'
import type { Regularizer } from '../../nn/regularizers.ts'
import { camelCase, type Codec, type Fields, snakeCase } from './fields.ts'
import { unsupported } from './unsupported.ts'

/** `{ class_name, config }`, or a name alone. */
function readClass(value: unknown, at: string): readonly [string, ReadonlyMap<string, unknown>] {
  if (typeof value === 'string') return [value, new Map()]
  const record = readRecord(value, at)
  const config = record.get('config') ?? {}
  return [readString(record.get('class_name'), `${at}.class_name`), readRecord(config, `${at}.config`)]
}

const asClass = (className: string, config: Readonly<Record<string, Json>> = {}): Json => ({
  class_name: className,
  config,
})

/** A number of a config; `otherwise` where it is missing. */
function numberOf(config: ReadonlyMap<string, unknown>, name: string, at: string, otherwise: number): number {
  const value = config.get(name) ?? otherwise
  return typeof value === 'number' && Number.isFinite(value)
    ? value
    : refuseModel(`${at}.config.${name}`, `expected a number, got ${show(value)}`)
}

/** Initialisers that are varianceScaling by another name: scale, mode, distribution. */
const SCALED: Readonly<
  Record<string, readonly [number, 'fanIn' | 'fanOut' | 'fanAvg', 'uniform' | 'truncatedNormal']>
> = {
  GlorotUniform: [1, 'fanAvg', 'uniform'],
  GlorotNormal: [1, 'fanAvg', 'truncatedNormal'],
  HeUniform: [2, 'fanIn', 'uniform'],
  HeNormal: [2, 'fanIn', 'truncatedNormal'],
  LeCunUniform: [1, 'fanIn', 'uniform'],
  LeCunNormal: [1, 'fanIn', 'truncatedNormal'],
}

const DISTRIBUTIONS = ['uniform', 'normal', 'truncatedNormal', 'untruncatedNormal'] as const
const MODES = ['fanIn', 'fanOut', 'fanAvg'] as const

/** `glorot_uniform` and `glorotUniform` → `GlorotUniform` */
const pascalCase = (name: string): string => {
  const camel = camelCase(name)
  return `${camel[0]?.toUpperCase() ?? ''}${camel.slice(1)}`.replace(/^Lecun/, 'LeCun')
}

function readInitializer(value: unknown, at: string): InitializerConfig {
  const [name, config] = readClass(value, at)
  const read = (option: string, otherwise: number): number => numberOf(config, option, at, otherwise)
  const className = pascalCase(name)
  const scaled = Object.hasOwn(SCALED, className) ? SCALED[className] : undefined
  if (scaled !== undefined) {
    const [scale, mode, distribution] = scaled
    return { name: 'varianceScaling', scale, mode, distribution }
  }
  switch (className) {
    case 'Zeros':
      return { name: 'constant', value: 0 }
    case 'Ones':
      return { name: 'constant', value: 1 }
    case 'Constant':
      return { name: 'constant', value: read('value', 0) }
    case 'RandomUniform':
    case 'Uniform':
      return { name: 'randomUniform', low: read('minval', -0.05), high: read('maxval', 0.05) }
    case 'RandomNormal':
    case 'Normal':
      return { name: 'randomNormal', mean: read('mean', 0), deviation: read('stddev', 0.05) }
    case 'TruncatedNormal':
      return { name: 'truncatedNormal', mean: read('mean', 0), deviation: read('stddev', 0.05) }
    case 'Identity':
      return { name: 'identity', gain: read('gain', 1) }
    case 'Orthogonal':
      return { name: 'orthogonal', gain: read('gain', 1) }
    case 'VarianceScaling': {
      const mode = camelCase(String(config.get('mode') ?? 'fan_in'))
      const distribution = camelCase(String(config.get('distribution') ?? 'normal'))
      if (!isOneOf(MODES, mode) || !isOneOf(DISTRIBUTIONS, distribution))
        return refuseModel(
          `${at}.config`,
          `${show(mode)} and ${show(distribution)} are no scaling of variances`,
        )
      // What Keras calls normal is truncated.
      const ours = { normal: 'truncatedNormal', untruncatedNormal: 'normal' } as const
      return {
        name: 'varianceScaling',
        scale: read('scale', 1),
        mode,
        distribution:
          distribution === 'uniform' || distribution === 'truncatedNormal'
            ? distribution
            : ours[distribution],
      }
    }
    default:
      throw unsupported(at, `names the initializer ${show(name)}`)
  }
}

const isOneOf = <T extends string>(list: readonly T[], value: string): value is T =>
  (list as readonly string[]).includes(value)

/** Ours by name, as configs. */
const NAMED: Readonly<Record<string, Json>> = {
  zeros: asClass('Zeros'),
  ones: asClass('Ones'),
  uniform: asClass('RandomUniform', { minval: -0.05, maxval: 0.05, seed: null }),
  normal: asClass('RandomNormal', { mean: 0, stddev: 0.05, seed: null }),
  orthogonal: asClass('Orthogonal', { gain: 1, seed: null }),
}

function writeInitializer(initializer: string | InitializerConfig): Json {
  if (typeof initializer === 'string') {
    if (Object.hasOwn(NAMED, initializer)) return NAMED[initializer]
    const [scale, mode, distribution] = SCALED[pascalCase(initializer)]
    return writeInitializer({ name: 'varianceScaling', scale, mode, distribution })
  }
  switch (initializer.name) {
    case 'constant':
      if (initializer.value === 0) return NAMED.zeros
      return initializer.value === 1 ? NAMED.ones : asClass('Constant', { value: initializer.value })
    case 'randomUniform': {
      const { low = -0.05, high = 0.05 } = initializer
      return asClass('RandomUniform', { minval: low, maxval: high, seed: null })
    }
    case 'randomNormal':
    case 'truncatedNormal': {
      const { mean = 0, deviation = 0.05 } = initializer
      return asClass(pascalCase(initializer.name), { mean, stddev: deviation, seed: null })
    }
    case 'identity':
      return asClass('Identity', { gain: initializer.gain ?? 1 })
    case 'orthogonal':
      return asClass('Orthogonal', { gain: initializer.gain ?? 1, seed: null })
    case 'varianceScaling': {
      const { scale = 1, mode = 'fanIn', distribution = 'truncatedNormal' } = initializer
      const theirs = distribution === 'uniform' ? 'uniform' : 'normal'
      return asClass('VarianceScaling', { scale, mode: snakeCase(mode), distribution: theirs, seed: null })
    }
  }
}

export const initializer: Codec = {
  read: readInitializer,
  write: value => writeInitializer(value as InitializerConfig),
}

export const regularizer: Codec = {
  read(value, at): Regularizer {
    const [name, config] = readClass(value, at)
    const known = ['l1', 'l2', 'l1l2'].includes(name.replaceAll('_', '').toLowerCase())
    if (!known) throw unsupported(at, `names the regularizer ${show(name)}`)
    // The short forms have a factor of 0.01, as Keras has it.
    const short = typeof value === 'string' ? 0.01 : 0
    const has = (part: string): number => (name.toLowerCase().includes(part) ? short : 0)
    return { l1: numberOf(config, 'l1', at, has('l1')), l2: numberOf(config, 'l2', at, has('l2')) }
  },
  write: value => {
    const { l1 = 0, l2 = 0 } = value as Regularizer
    return asClass('L1L2', { l1, l2 })
  },
}

const axisOf = (config: ReadonlyMap<string, unknown>, at: string): { readonly axis?: number | number[] } => {
  const axis = config.get('axis') ?? 0
  const axes: readonly unknown[] = Array.isArray(axis) ? axis : [axis]
  if (!axes.every(each => Number.isSafeInteger(each)))
    refuseModel(`${at}.config.axis`, `${show(axis)} is no axis`)
  return { axis: axis as number | number[] }
}

export const constraint: Codec = {
  read(value, at): Constraint {
    const [name, config] = readClass(value, at)
    const read = (option: string, otherwise: number): number => numberOf(config, option, at, otherwise)
    switch (pascalCase(name)) {
      case 'NonNeg':
        return { name: 'nonNeg' }
      case 'UnitNorm':
        return { name: 'unitNorm', ...axisOf(config, at) }
      case 'MaxNorm':
        return { name: 'maxNorm', maxValue: read('max_value', 2), ...axisOf(config, at) }
      case 'MinMaxNorm':
        return {
          name: 'minMaxNorm',
          minValue: read('min_value', 0),
          maxValue: read('max_value', 1),
          rate: read('rate', 1),
          ...axisOf(config, at),
        }
      default:
        throw unsupported(at, `names the constraint ${show(name)}`)
    }
  },
  write: value => {
    const rule = (typeof value === 'string' ? { name: value } : value) as Exclude<Constraint, string>
    const axis = 'axis' in rule && rule.axis !== undefined ? rule.axis : 0
    switch (rule.name) {
      case 'nonNeg':
        return asClass('NonNeg')
      case 'unitNorm':
        return asClass('UnitNorm', { axis })
      case 'maxNorm':
        return asClass('MaxNorm', { max_value: rule.maxValue ?? 2, axis })
      case 'minMaxNorm': {
        const { minValue = 0, maxValue = 1, rate = 1 } = rule
        return asClass('MinMaxNorm', { min_value: minValue, max_value: maxValue, rate, axis })
      }
    }
  },
}

/** What can be said of a parameter: how it begins, and what it is held to. */
export const rulesFor = (name: string, absent: string): Fields => ({
  [`${name}Initializer`]: { codec: initializer, absent },
  [`${name}Regularizer`]: { codec: regularizer },
  [`${name}Constraint`]: { codec: constraint },
})
