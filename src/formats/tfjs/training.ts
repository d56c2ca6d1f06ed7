import { type Json, readArray, readRecord, readString } from '../../io/plain-json.ts'
import { blameFile, refuseModel } from '../../io/refuse-model.ts'
import { show } from '../../io/refuse.ts'
import { lossByName, type LossName } from '../../losses/by-name.ts'
import type { MetricName } from '../../metrics/by-name.ts'
import { resolveMetric } from '../../metrics/resolve.ts'
import { Optimizer } from '../../optim/optimizer.ts'
import { optimizerByName } from '../../optim/by-name.ts'
import type { OptimizerSpec } from '../../optim/resolve.ts'
import type { Compiled, CompileOptions } from '../../train/compiled.ts'
import { camelCase, snakeCase } from './fields.ts'
import { notExpressed, unsupported } from './unsupported.ts'

/** How an optimizer stands in a file: our name, and the options by their name there. */
interface OptimizerFormat {
  readonly name: keyof typeof optimizerByName
  readonly options: Readonly<Record<string, string>>
  /** What there is no word for in the file. */
  readonly always?: Readonly<Record<string, Json>>
}

const adam = { learning_rate: 'learningRate', beta1: 'beta1', beta2: 'beta2', epsilon: 'epsilon' }

const OPTIMIZERS: Readonly<Record<string, OptimizerFormat>> = {
  SGD: {
    name: 'sgd',
    options: { learning_rate: 'learningRate', momentum: 'momentum', nesterov: 'nesterov' },
  },
  Momentum: {
    name: 'sgd',
    options: { learning_rate: 'learningRate', momentum: 'momentum', use_nesterov: 'nesterov' },
  },
  Adam: { name: 'adam', options: adam },
  Adamax: { name: 'adamax', options: adam },
  RMSProp: {
    name: 'rmsprop',
    options: {
      learning_rate: 'learningRate',
      decay: 'rho',
      rho: 'rho',
      momentum: 'momentum',
      epsilon: 'epsilon',
      centered: 'centered',
    },
    always: { epsilonInRoot: true },
  },
  Adagrad: {
    name: 'adagrad',
    options: { learning_rate: 'learningRate', initial_accumulator_value: 'initialAccumulator' },
    always: { epsilonInRoot: true, epsilon: 1e-7 },
  },
  Adadelta: { name: 'adadelta', options: { learning_rate: 'learningRate', rho: 'rho', epsilon: 'epsilon' } },
}

/** Names in a file that are not ours in snake case. */
const LOSSES = new Map<string, string>([
  ['mse', 'meanSquaredError'],
  ['mae', 'meanAbsoluteError'],
  ['logcosh', 'logCosh'],
  ['kullbackLeiblerDivergence', 'klDivergence'],
  ['cosineProximity', 'cosineSimilarity'],
])
const METRICS = new Map<string, string>([...LOSSES, ['acc', 'accuracy'], ['cosine', 'cosineSimilarity']])

const keyOf = (names: ReadonlyMap<string, string>, ours: string): string =>
  [...names].filter(([, value]) => value === ours).at(-1)?.[0] ?? ours

/**
 * The optimizer of these options, as TensorFlow.js computes it.
 *
 * @param className `Adam`, or `adam`
 */
export function readOptimizer(
  className: string,
  config: ReadonlyMap<string, unknown>,
  at: string,
): OptimizerSpec {
  const [, format] =
    Object.entries(OPTIMIZERS).find(([name]) => name.toLowerCase() === className.toLowerCase()) ?? []
  if (format === undefined) throw unsupported(at, `names the optimizer ${show(className)}`)
  const options: [string, Json][] = Object.entries(format.always ?? {})
  for (const [name, value] of config) {
    const key = snakeCase(name)
      .replace(/^lr$/, 'learning_rate')
      .replace(/^beta_/, 'beta')
    const option = Object.hasOwn(format.options, key) ? format.options[key] : undefined
    if (option === undefined || value === null) continue
    if (typeof value !== 'number' && typeof value !== 'boolean')
      refuseModel(`${at}.${name}`, `expected a number, got ${show(value)}`)
    options.push([option, value as number])
  }
  return blameFile(at, false, () => {
    const optimizer = optimizerByName[format.name](Object.fromEntries(options))
    optimizer.create([])
    return optimizer
  })
}

/** Our name of a loss. */
export function readLoss(value: unknown, at: string): LossName {
  const name = camelCase(readString(value, at))
  const ours = LOSSES.get(name) ?? name
  if (Object.hasOwn(lossByName, ours)) return ours as LossName
  throw unsupported(at, `names the loss ${show(value)}`)
}

function readMetric(value: unknown, at: string): MetricName {
  const name = camelCase(readString(value, at))
  const ours = (METRICS.get(name) ?? name) as MetricName
  blameFile(at, false, () => resolveMetric(ours))
  return ours
}

/** One thing for all outputs, a list with one for each, or one by the name of each. */
function perOutput<T>(
  value: unknown,
  at: string,
  outputs: readonly string[],
  read: (value: unknown, at: string) => T,
): readonly T[] {
  if (Array.isArray(value) && value.length === outputs.length)
    return value.map((item, i) => read(item, `${at}[${i}]`))
  if (typeof value !== 'object' || value === null) return outputs.map(() => read(value, at))
  const record = readRecord(value, at)
  return outputs.map(name => read(record.get(name), `${at}.${name}`))
}

/** What the model was compiled with. */
export function readTraining(value: unknown, at: string, outputs: readonly string[]): CompileOptions {
  const record = readRecord(value, at)
  const described = readRecord(record.get('optimizer_config'), `${at}.optimizer_config`)
  const className = readString(described.get('class_name'), `${at}.optimizer_config.class_name`)
  const config = readRecord(described.get('config'), `${at}.optimizer_config.config`)
  const optimizer = readOptimizer(className, config, `${at}.optimizer_config`)
  const loss = perOutput(record.get('loss'), `${at}.loss`, outputs, readLoss)
  const given = record.get('metrics') ?? []
  const list = (metrics: unknown, place: string): MetricName[] =>
    (Array.isArray(metrics) ? metrics : [metrics ?? []].flat()).map((metric, i) =>
      readMetric(metric, `${place}[${i}]`),
    )
  if (Array.isArray(given))
    return { optimizer, loss, metrics: list(readArray(given, `${at}.metrics`), `${at}.metrics`) }
  const byName = perOutput(given, `${at}.metrics`, outputs, list)
  return { optimizer, loss, metrics: Object.fromEntries(outputs.map((name, i) => [name, byName[i]])) }
}

/** The same for a file; null where a part has no name there. */
export function writeTraining(compiled: Compiled | null): Json {
  if (compiled === null) return null
  const { optimizer } = compiled.options
  if (optimizer instanceof Optimizer) return null
  const { name, options } = typeof optimizer === 'string' ? optimizerByName[optimizer]() : optimizer
  const given: Readonly<Record<string, unknown>> = { ...options }
  const isMomentum = name === 'sgd' && given.momentum !== undefined && given.momentum !== 0
  const className = isMomentum ? 'Momentum' : Object.keys(OPTIMIZERS).find(key => key.toLowerCase() === name)
  if (className === undefined || typeof given.learningRate === 'object') return null
  const { options: theirOptions, always = {} } = OPTIMIZERS[className]
  const known = [...Object.values(theirOptions), ...Object.keys(always)]
  const isExpressed = Object.entries(given).every(([option, value]) => !value || known.includes(option))
  if (!isExpressed) return null
  const defaults = optimizerDefaults(name)
  const config = Object.entries(theirOptions)
    .map(([theirs, ours]): [string, Json] => [theirs, (given[ours] ?? defaults[ours] ?? null) as Json])
    .filter(([, value]) => value !== null)
  const outputs = compiled.outputs.map(({ loss, metrics }) => ({
    loss: loss.builtIn === null ? null : snakeCase(keyOf(LOSSES, loss.builtIn)),
    metrics: metrics
      .filter(metric => typeof metric === 'string')
      .map(metric => snakeCase(keyOf(METRICS, metric))),
  }))
  if (outputs.some(({ loss }) => loss === null)) return null
  return {
    loss: outputs.length === 1 ? outputs[0].loss : outputs.map(({ loss }) => loss),
    metrics:
      outputs.length === 1
        ? outputs[0].metrics
        : Object.fromEntries(compiled.outputs.map(({ name: output }, i) => [output, outputs[i].metrics])),
    optimizer_config: { class_name: className, config: Object.fromEntries(config) },
  }
}

/** What our optimizers do where an option is not given, for the options that a file must name. */
function optimizerDefaults(name: string): Readonly<Record<string, number>> {
  const adamLike = { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }
  switch (name) {
    case 'sgd':
      return { learningRate: 0.01 }
    case 'adam':
    case 'adamax':
      return adamLike
    case 'rmsprop':
      return { learningRate: 0.001, rho: 0.9, momentum: 0, epsilon: 1e-7 }
    case 'adagrad':
      return { learningRate: 0.01, initialAccumulator: 0 }
    case 'adadelta':
      return { learningRate: 1, rho: 0.9, epsilon: 1e-6 }
    default:
      throw notExpressed([`the optimizer ${name}`])
  }
}
