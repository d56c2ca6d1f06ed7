import { lossByName, withLossOptions } from '../losses/resolve.ts'
import { resolveMetric } from '../metrics/resolve.ts'
import { Optimizer } from '../optim/optimizer.ts'
import { optimizerByName } from '../optim/resolve.ts'
import { scheduleFromOutside } from '../optim/schedules/resolve.ts'
import { isSchedule } from '../optim/schedules/schedule.ts'
import type { Compiled, CompileOptions } from '../train/model.ts'
import { isPlainJson, type Json, readArray, readRecord, readString } from './plain-json.ts'
import { blameFile, refuseModel } from './refuse-model.ts'
import { show } from './refuse.ts'

/** A built-in thing by name, with the options it was given. */
interface Named {
  readonly name: string
  readonly options: { readonly [option: string]: Json }
}

/** What `compile` was given, as JSON. */
export interface CompileSettings {
  readonly optimizer: Named
  readonly loss: Named
  readonly metrics: readonly string[]
}

const isOptions = (options: unknown): options is Named['options'] =>
  typeof options === 'object' && options !== null && isPlainJson(options)

/** The settings, where all of them are built-in and plain; null where a function of the user's own is among them. */
export function describeCompiled(compiled: Compiled | null): CompileSettings | null {
  if (compiled === null) return null
  const { loss, metrics } = compiled
  const optimizer = describeOptimizer(compiled.options.optimizer)
  if (optimizer === null || loss.builtIn === null || !isOptions(loss.fixed)) return null
  const names = metrics.filter(metric => typeof metric === 'string')
  if (names.length !== metrics.length) return null
  return { optimizer, loss: { name: loss.builtIn, options: loss.fixed }, metrics: names }
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
  return {
    optimizer: readOptimizer(settings.get('optimizer'), `${location}.optimizer`),
    loss: readLoss(settings.get('loss'), `${location}.loss`),
    metrics: readArray(settings.get('metrics'), `${location}.metrics`).map((name, index) =>
      readMetric(name, `${location}.metrics[${index}]`),
    ),
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

function readLoss(value: unknown, location: string): CompileOptions['loss'] {
  const { name, options } = readNamed(value, location, lossByName)
  return Object.keys(options).length === 0 ? name : withLossOptions(lossByName[name], options)
}

function readMetric(value: unknown, location: string): NonNullable<CompileOptions['metrics']>[number] {
  const name = readString(value, location) as 'accuracy'
  blameFile(location, false, () => resolveMetric(name))
  return name
}
