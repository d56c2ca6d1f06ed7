import { ValueError } from '../../errors.ts'
import { suggestName } from '../../suggest.ts'
import { chainedSchedule, warmupSchedule } from './compose.ts'
import { cosineSchedule, oneCycleSchedule } from './cosine.ts'
import {
  constantSchedule,
  exponentialSchedule,
  multiStepSchedule,
  polynomialSchedule,
  stepSchedule,
} from './decay.ts'
import type { Schedule, ScheduleConfig } from './schedule.ts'

/** Makes a schedule from options that come from outside; the factories check what they get. */
type FromOutside = (options: never) => Schedule

const scheduleByName: Readonly<Record<string, FromOutside>> = {
  constant: constantSchedule,
  step: stepSchedule,
  multiStep: multiStepSchedule,
  exponential: exponentialSchedule,
  polynomial: polynomialSchedule,
  cosine: cosineSchedule,
  oneCycle: oneCycleSchedule,
  warmup: warmupSchedule,
  chained: chainedSchedule,
}

/** Options with the schedules among them made from their configs. */
function optionFrom(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(optionFrom)
  const isConfig = typeof value === 'object' && value !== null && 'schedule' in value
  return isConfig ? scheduleFromOutside(value) : value
}

const refuse = (problem: string, hint?: string): ValueError =>
  new ValueError({ operation: 'scheduleFromConfig', problem, hint, argument: 'config' })

/** Like `scheduleFromConfig`, for what a file holds. */
export function scheduleFromOutside(config: unknown): Schedule {
  if (typeof config !== 'object' || config === null || !('schedule' in config) || !('options' in config))
    throw refuse(`needs {schedule, options}, got ${JSON.stringify(config)}.`)
  const { schedule: name, options } = config
  if (typeof name !== 'string' || !Object.hasOwn(scheduleByName, name)) {
    throw refuse(
      `does not know the schedule '${String(name)}'.`,
      suggestName(String(name), Object.keys(scheduleByName)),
    )
  }
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw refuse(`needs an object as the options of '${name}', got ${JSON.stringify(options)}.`)
  const given = Object.entries(options).map(([option, value]) => [option, optionFrom(value)])
  const list = (option: string): void => {
    const value: unknown = Object.fromEntries(given)[option]
    if (!Array.isArray(value)) throw refuse(`needs a list as ${option} of '${name}'.`)
  }
  if (name === 'multiStep' || name === 'chained') list('milestones')
  if (name === 'chained') list('schedules')
  return scheduleByName[name](Object.fromEntries(given) as never)
}

/**
 * The schedule that a config describes: what a saved model's optimizer is given again.
 *
 * @throws ValueError for an unknown schedule, or options out of range
 * @example scheduleFromConfig({ schedule: 'step', options: { learningRate: 0.1, steps: 10 } }).at(10)   // 0.01
 */
export const scheduleFromConfig = (config: ScheduleConfig): Schedule => scheduleFromOutside(config)
