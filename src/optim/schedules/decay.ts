import { checkHyperparameter } from '../hyperparameters.ts'
import { checkCount, checkMilestones, checkRate, describeSchedule, type Schedule } from './schedule.ts'

export interface ConstantScheduleOptions {
  readonly learningRate: number
}

/**
 * The same rate in every step, as a part of other schedules.
 *
 *   lr(t) = lr₀
 *
 * @throws ValueError unless the rate is ≥ 0
 * @example constantSchedule({ learningRate: 0.01 }).at(100)   // 0.01
 */
export function constantSchedule(options: ConstantScheduleOptions): Schedule {
  const rate = checkRate('constantSchedule', options.learningRate)
  return describeSchedule('constant', options, () => rate)
}

export interface StepScheduleOptions {
  /** lr₀ */
  readonly learningRate: number
  /** Steps from one drop to the next. */
  readonly steps: number
  /** γ, default 0.1. */
  readonly factor?: number
}

/**
 * Drops at regular intervals.
 *
 *   lr(t) = lr₀ · γ^⌊t/steps⌋
 *
 * @throws ValueError for options out of range
 * @example stepSchedule({ learningRate: 0.1, steps: 30, factor: 0.5 }).at(60)   // 0.025
 */
export function stepSchedule(options: StepScheduleOptions): Schedule {
  const name = 'stepSchedule'
  const { learningRate, steps, factor = 0.1 } = options
  checkRate(name, learningRate)
  checkCount(name, 'steps', steps)
  checkHyperparameter(name, 'factor', factor, { from: 0 })
  return describeSchedule('step', options, t => learningRate * factor ** Math.floor(t / steps))
}

export interface MultiStepScheduleOptions {
  /** lr₀ */
  readonly learningRate: number
  /** The steps at which the rate drops, rising. */
  readonly milestones: readonly number[]
  /** γ, default 0.1. */
  readonly factor?: number
}

/**
 * Drops at the milestones.
 *
 *   lr(t) = lr₀ · γ^k        k = number of milestones ≤ t
 *
 * @throws ValueError for options out of range
 * @example multiStepSchedule({ learningRate: 0.1, milestones: [30, 80] }).at(50)   // 0.01
 */
export function multiStepSchedule(options: MultiStepScheduleOptions): Schedule {
  const name = 'multiStepSchedule'
  const { learningRate, milestones, factor = 0.1 } = options
  checkRate(name, learningRate)
  checkMilestones(name, milestones)
  checkHyperparameter(name, 'factor', factor, { from: 0 })
  return describeSchedule(
    'multiStep',
    options,
    t => learningRate * factor ** milestones.filter(milestone => milestone <= t).length,
  )
}

export interface ExponentialScheduleOptions {
  /** lr₀ */
  readonly learningRate: number
  /** γ */
  readonly factor: number
  /** Steps in which the rate is multiplied by γ once. Default 1. */
  readonly steps?: number
}

/**
 * Falls smoothly by the same factor (`stepSchedule` is its staircase).
 *
 *   lr(t) = lr₀ · γ^(t/steps)
 *
 * @throws ValueError for options out of range
 * @example exponentialSchedule({ learningRate: 0.1, factor: 0.96, steps: 1000 }).at(1000)   // 0.096
 */
export function exponentialSchedule(options: ExponentialScheduleOptions): Schedule {
  const name = 'exponentialSchedule'
  const { learningRate, factor, steps = 1 } = options
  checkRate(name, learningRate)
  checkHyperparameter(name, 'factor', factor, { above: 0 })
  checkHyperparameter(name, 'steps', steps, { above: 0 })
  return describeSchedule('exponential', options, t => learningRate * factor ** (t / steps))
}

export interface PolynomialScheduleOptions {
  /** lr₀ */
  readonly learningRate: number
  /** T: the rate stays at its end from there on. */
  readonly steps: number
  /** Default 1: a straight line. */
  readonly power?: number
  /** The rate at the end. Default 0; Keras has 0.0001. */
  readonly end?: number
}

/**
 * Falls to its end along a power of the time that is left.
 *
 *   lr(t) = end + (lr₀ − end) · (1 − min(t, T)/T)^power
 *
 * @throws ValueError for options out of range
 * @example polynomialSchedule({ learningRate: 0.1, steps: 100, power: 2 }).at(50)   // 0.025
 */
export function polynomialSchedule(options: PolynomialScheduleOptions): Schedule {
  const name = 'polynomialSchedule'
  const { learningRate, steps, power = 1, end = 0 } = options
  checkRate(name, learningRate)
  checkCount(name, 'steps', steps)
  checkHyperparameter(name, 'power', power, { above: 0 })
  checkRate(name, end, 'end')
  return describeSchedule(
    'polynomial',
    options,
    t => end + (learningRate - end) * (1 - Math.min(t, steps) / steps) ** power,
  )
}
