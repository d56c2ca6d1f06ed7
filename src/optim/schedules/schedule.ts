import { ValueError } from '../../errors.ts'
import { checkHyperparameter } from '../hyperparameters.ts'

/**
 * A learning rate that depends on the step. The built-in ones can be saved with a model; an object of your own with
 * `at` works as well, but its optimizer is not saved by name.
 */
export interface Schedule {
  /** The rate of step 0, 1, 2, … of the optimizer. */
  at(step: number): number
  /** What `scheduleFromConfig` makes it from again; absent where a function of your own is part of it. */
  readonly config?: ScheduleConfig
}

/** A schedule as plain JSON. */
export interface ScheduleConfig {
  readonly schedule: string
  readonly options: Readonly<Record<string, ConfigValue>>
}

export type ConfigValue = number | string | readonly ConfigValue[] | ScheduleConfig

/** Whether it is an object with `at`; arrays have a method of this name, too. */
export const isSchedule = (value: unknown): value is Schedule =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !ArrayBuffer.isView(value) &&
  'at' in value &&
  typeof value.at === 'function'

/** An option as JSON; null where it is, or holds, a schedule without a config. */
function configOf(value: unknown): ConfigValue | null {
  if (typeof value === 'number' || typeof value === 'string') return value
  if (isSchedule(value)) return value.config ?? null
  if (!Array.isArray(value)) return null
  const items = value.map(configOf)
  return items.includes(null) ? null : (items as ConfigValue[])
}

/** A schedule with its config, from a formula. */
export function describeSchedule(schedule: string, options: object, at: (step: number) => number): Schedule {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const entries = given.map(([name, value]) => [name, configOf(value)] as const)
  if (entries.some(([, value]) => value === null)) return { at }
  return { at, config: { schedule, options: Object.fromEntries(entries) as ScheduleConfig['options'] } }
}

/** Refuses anything but a rate ≥ 0. */
export const checkRate = (operation: string, rate: number, name = 'learningRate'): number =>
  checkHyperparameter(operation, name, rate, { from: 0 })

/** Refuses anything but a whole number ≥ 1. */
export function checkCount(operation: string, name: string, count: number): number {
  if (Number.isSafeInteger(count) && count >= 1) return count
  throw new ValueError({
    operation,
    problem: `needs ${name} to be a whole number ≥ 1, got ${String(count)}.`,
    argument: name,
    received: count,
  })
}

/** Refuses anything but whole numbers that rise. */
export function checkMilestones(operation: string, milestones: readonly number[]): readonly number[] {
  const rises = milestones.every(
    (step, i) => Number.isSafeInteger(step) && step > (i === 0 ? 0 : milestones[i - 1]),
  )
  if (rises) return milestones
  throw new ValueError({
    operation,
    problem: `needs rising whole numbers ≥ 1 as milestones, got [${milestones.join(', ')}].`,
    argument: 'milestones',
    received: milestones,
  })
}
