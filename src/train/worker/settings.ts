import { UnsupportedError, ValueError } from '../../errors.ts'
import { isPlainJson } from '../../io/plain-json.ts'
import type { LossFunction } from '../../losses/loss.ts'
import { lossByName } from '../../losses/by-name.ts'
import { type LossLike, withLossOptions } from '../../losses/resolve.ts'
import type { MetricLike } from '../../metrics/resolve.ts'
import { Optimizer } from '../../optim/optimizer.ts'
import { optimizerByName } from '../../optim/by-name.ts'
import type { OptimizerLike } from '../../optim/resolve.ts'
import { scheduleFromConfig } from '../../optim/schedules/resolve.ts'
import { isSchedule, type ScheduleConfig } from '../../optim/schedules/schedule.ts'
import type { Compiled, CompileOptions } from '../compiled.ts'

type Options = Readonly<Record<string, unknown>>

/** A built-in thing with its options, or one of the user's own that a module exports under its name. */
export type Part =
  | { readonly kind: 'builtIn'; readonly name: string; readonly options: Options }
  | { readonly kind: 'own'; readonly name: string }

interface OutputSettings {
  readonly name: string
  readonly loss: Part
  readonly weight: number
  readonly metrics: readonly Part[]
}

/** What `compile` was given, as data. */
export interface Settings {
  readonly optimizer: Part
  readonly outputs: readonly OutputSettings[]
}

/** The error for a part that no data describes. */
export const cannotTravel = (part: string, hint: string): UnsupportedError =>
  new UnsupportedError({
    operation: 'fit',
    problem: `cannot take the ${part} into a worker: it is your own.`,
    hint,
    items: [part],
  })

export const EXPORT_HINT =
  "export it under this name from a module: fit(x, y, { worker: true, workerModule: new URL('./parts.js', import.meta.url) })."

/** The parts of the user's own, as errors call them. */
export const ownParts = ({ optimizer, outputs }: Settings): string[] =>
  [
    ['optimizer', optimizer] as const,
    ...outputs.flatMap(({ loss, metrics }) => [
      ['loss', loss] as const,
      ...metrics.map(metric => ['metric', metric] as const),
    ]),
  ].flatMap(([kind, part]) => (part.kind === 'own' ? [`${kind} "${part.name}"`] : []))

/** @throws UnsupportedError for a part that not even a module could bring along */
export const describeSettings = ({ options, outputs }: Compiled): Settings => ({
  optimizer: describeOptimizer(options.optimizer),
  outputs: outputs.map(({ name, loss, weight, metrics }) => ({
    name,
    loss: describeLoss(loss),
    weight,
    metrics: metrics.map(metric =>
      typeof metric === 'string'
        ? { kind: 'builtIn', name: metric, options: {} }
        : own('metric', metric.name),
    ),
  })),
})

function own(kind: string, name: string): Part {
  if (name !== '') return { kind: 'own', name }
  throw cannotTravel(`${kind} without a name`, 'write a named function, and export it from workerModule.')
}

const isData = (value: unknown): boolean => ArrayBuffer.isView(value) || isPlainJson(value)

function describeLoss({ builtIn, fixed, name }: LossFunction): Part {
  const isPlain = Object.values(fixed).every(isData)
  return builtIn !== null && isPlain
    ? { kind: 'builtIn', name: builtIn, options: { ...fixed } }
    : own('loss', name)
}

function describeOptimizer(optimizer: OptimizerLike): Part {
  if (optimizer instanceof Optimizer) {
    throw new UnsupportedError({
      operation: 'fit',
      problem: `cannot take the optimizer "${optimizer.name}" into a worker: it holds the parameters of this thread.`,
      hint: 'compile with a name or a factory: adam({ learningRate: 0.001 }).',
      items: [`optimizer "${optimizer.name}"`],
    })
  }
  if (typeof optimizer === 'string') return { kind: 'builtIn', name: optimizer, options: {} }
  const { name, options } = optimizer
  const { learningRate } = options
  const described = isSchedule(learningRate)
    ? { ...options, learningRate: learningRate.config ?? learningRate }
    : { ...options }
  const isBuiltIn = Object.hasOwn(optimizerByName, name) && Object.values(described).every(isData)
  return isBuiltIn ? { kind: 'builtIn', name, options: described } : own('optimizer', name)
}

/** What `compile` takes, made of built-in parts and what the module exports. */
export function readSettings(settings: Settings, exported: Options): CompileOptions {
  const { outputs } = settings
  const losses = outputs.map(({ loss }) => readLoss(loss, exported))
  const metrics = outputs.map(output =>
    output.metrics.map(metric =>
      metric.kind === 'builtIn' ? metric.name : find('metric', metric.name, exported),
    ),
  ) as MetricLike[][]
  const optimizer = readOptimizer(settings.optimizer, exported)
  if (outputs.length === 1) return { optimizer, loss: losses[0], metrics: metrics[0] }
  return {
    optimizer,
    loss: losses,
    lossWeights: outputs.map(({ weight }) => weight),
    metrics: Object.fromEntries(outputs.map(({ name }, i) => [name, metrics[i]])),
  }
}

function readLoss(loss: Part, exported: Options): LossLike {
  if (loss.kind === 'own') return find('loss', loss.name, exported) as LossLike
  const builtIn = lossByName[loss.name as keyof typeof lossByName] as LossFunction
  return withLossOptions(builtIn, loss.options)
}

function readOptimizer(optimizer: Part, exported: Options): OptimizerLike {
  if (optimizer.kind === 'own') return find('optimizer', optimizer.name, exported) as OptimizerLike
  const { learningRate, ...options } = optimizer.options
  const make = optimizerByName[optimizer.name as keyof typeof optimizerByName]
  if (learningRate === undefined) return make(options)
  const isConfig = typeof learningRate === 'object'
  const rate = isConfig ? scheduleFromConfig(learningRate as ScheduleConfig) : (learningRate as number)
  return make({ ...options, learningRate: rate })
}

function find(kind: string, name: string, exported: Options): unknown {
  if (Object.hasOwn(exported, name)) return exported[name]
  const named = Object.values(exported).find(value => nameOf(value) === name)
  if (named !== undefined) return named
  throw new ValueError({
    operation: 'fit',
    problem: `finds no ${kind} "${name}" in the worker.`,
    hint: `its module exports ${Object.keys(exported).join(', ') || 'nothing'}.`,
    argument: 'workerModule',
  })
}

/** Metrics and optimizers are objects that say their name. */
const nameOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'name' in value ? value.name : null
