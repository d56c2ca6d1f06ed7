import { lossByName } from '../losses/by-name.ts'
import { type LossLike, withLossOptions } from '../losses/resolve.ts'
import { type MetricLike, resolveMetric } from '../metrics/resolve.ts'
import { Optimizer } from '../optim/optimizer.ts'
import { optimizerByName } from '../optim/by-name.ts'
import { scheduleFromOutside } from '../optim/schedules/resolve.ts'
import { isSchedule } from '../optim/schedules/schedule.ts'
import type { Compiled, CompiledOutput, CompileOptions } from '../train/compiled.ts'
import { isPlainJson, type Json, readArray, readRecord, readString } from './plain-json.ts'
import { blameFile, refuseModel } from './refuse-model.ts'
import { show } from './refuse.ts'

/** A built-in thing by name, with the options it was given. */
interface Named {
  readonly name: string
  readonly options: { readonly [option: string]: Json }
}

/** What one output is trained by, as JSON. */
interface OutputSettings {
  readonly loss: Named
  readonly metrics: readonly string[]
  /** Default 1. */
  readonly weight?: number
}

/** What `compile` was given, as JSON; for a model with several outputs by their names. */
export type CompileSettings = { readonly optimizer: Named } & (
  | OutputSettings
  | { readonly outputs: Readonly<Record<string, OutputSettings>> }
)

const isOptions = (options: unknown): options is Named['options'] =>
  typeof options === 'object' && options !== null && isPlainJson(options)

/** The settings, where all of them are built-in and plain; null where a function of the user's own is among them. */
export function describeCompiled(compiled: Compiled | null): CompileSettings | null {
  if (compiled === null) return null
  const optimizer = describeOptimizer(compiled.options.optimizer)
  const outputs = compiled.outputs.map(describeOutput)
  if (optimizer === null || outputs.includes(null)) return null
  const settings = outputs as readonly OutputSettings[]
  if (settings.length === 1) return { optimizer, ...settings[0] }
  const entries = settings.map((output, i) => [compiled.outputs[i].name, output] as const)
  return { optimizer, outputs: Object.fromEntries(entries) }
}

function describeOutput({ loss, metrics, weight }: CompiledOutput): OutputSettings | null {
  const names = metrics.filter(metric => typeof metric === 'string')
  if (loss.builtIn === null || !isOptions(loss.fixed) || names.length !== metrics.length) return null
  const described = { loss: { name: loss.builtIn, options: loss.fixed }, metrics: names }
  return weight === 1 ? described : { ...described, weight }
}

function describeOptimizer(optimizer: CompileOptions['optimizer']): Named | null {
  if (typeof optimizer === 'string') return { name: optimizer, options: {} }
  if (optimizer instanceof Optimizer || !Object.hasOwn(optimizerByName, optimizer.name)) return null
  const { name } = optimizer
  const { learningRate } = optimizer.options
  const options = isSchedule(learningRate)
    ? // Without a config it is a function, which the next line finds.
      { ...optimizer.options, learningRate: learningRate.config ?? learningRate }
    : optimizer.options
  return isOptions(options) ? { name, options } : null
}

/** Reads and checks saved settings; the result is what `compile` takes. */
export function readCompileSettings(value: unknown, location: string): CompileOptions {
  const settings = readRecord(value, location)
  const optimizer = readOptimizer(settings.get('optimizer'), `${location}.optimizer`)
  if (!settings.has('outputs')) {
    const { loss, metrics, weight } = readOutput(settings, location)
    return { optimizer, loss, metrics, lossWeights: [weight] }
  }
  const outputs = [...readRecord(settings.get('outputs'), `${location}.outputs`)].map(([name, output]) => {
    const place = `${location}.outputs[${show(name)}]`
    return [name, readOutput(readRecord(output, place), place)] as const
  })
  return {
    optimizer,
    loss: Object.fromEntries(outputs.map(([name, { loss }]) => [name, loss])),
    metrics: Object.fromEntries(outputs.map(([name, { metrics }]) => [name, metrics])),
    lossWeights: Object.fromEntries(outputs.map(([name, { weight }]) => [name, weight])),
  }
}

function readOutput(settings: ReadonlyMap<string, unknown>, location: string) {
  const weight = settings.get('weight') ?? 1
  if (typeof weight !== 'number') refuseModel(`${location}.weight`, `expected a number, got ${show(weight)}`)
  return {
    loss: readLoss(settings.get('loss'), `${location}.loss`),
    metrics: readArray(settings.get('metrics'), `${location}.metrics`).map((name, index) =>
      readMetric(name, `${location}.metrics[${index}]`),
    ),
    weight,
  }
}

function readNamed<T extends object>(
  value: unknown,
  location: string,
  known: T,
  nested: (option: string, setting: unknown) => boolean = () => false,
): { name: keyof T; options: Record<string, Json> } {
  const record = readRecord(value, location)
  const name = record.get('name')
  const options = [...readRecord(record.get('options'), `${location}.options`)]
  if (!isKeyOf(known, name)) {
    refuseModel(`${location}.name`, `${show(name)} is not known`, {
      hint: `this version has ${Object.keys(known).join(', ')}.`,
    })
  }
  const plain = options.map(([option, setting]): [string, Json] => {
    if (setting === null || typeof setting === 'number') return [option, setting]
    if (typeof setting === 'boolean' || typeof setting === 'string') return [option, setting]
    if (nested(option, setting)) return [option, setting as Json]
    return refuseModel(`${location}.options.${option}`, `expected a number or a word, got ${show(setting)}`)
  })
  return { name, options: Object.fromEntries(plain) }
}

const isKeyOf = <T extends object>(known: T, name: unknown): name is keyof T =>
  typeof name === 'string' && Object.hasOwn(known, name)

/** A learning rate by schedule is the one setting that is more than a number or a word. */
const isRateConfig = (option: string, setting: unknown): boolean =>
  option === 'learningRate' && typeof setting === 'object' && setting !== null

function readOptimizer(value: unknown, location: string): CompileOptions['optimizer'] {
  const { name, options } = readNamed(value, location, optimizerByName, isRateConfig)
  const { learningRate } = options
  return blameFile(`${location}.options`, false, () => {
    const settings = isRateConfig('learningRate', learningRate)
      ? { ...options, learningRate: scheduleFromOutside(learningRate) }
      : options
    const optimizer = optimizerByName[name](settings)
    optimizer.create([])
    return optimizer
  })
}

function readLoss(value: unknown, location: string): LossLike {
  const { name, options } = readNamed(value, location, lossByName)
  return Object.keys(options).length === 0 ? name : withLossOptions(lossByName[name], options)
}

function readMetric(value: unknown, location: string): MetricLike {
  const name = readString(value, location) as 'accuracy'
  blameFile(location, false, () => resolveMetric(name))
  return name
}
