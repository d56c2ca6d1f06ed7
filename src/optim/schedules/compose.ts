import { ValueError } from '../../errors.ts'
import { checkHyperparameter } from '../hyperparameters.ts'
import {
  checkCount,
  checkMilestones,
  checkRate,
  describeSchedule,
  isSchedule,
  type Schedule,
} from './schedule.ts'

/** A number stands for a constant rate. */
function toSchedule(operation: string, given: number | Schedule): Schedule {
  if (isSchedule(given)) return given
  const rate = checkRate(operation, given)
  return { at: () => rate }
}

export interface WarmupScheduleOptions {
  /** Steps of the rise. */
  readonly steps: number
  /** The rate, or schedule, that follows; a schedule starts counting after the rise. */
  readonly target: number | Schedule
  /** The first rate, as a part of the rate that the rise leads to. Default 0. */
  readonly startFactor?: number
}

/**
 * Rises in a straight line, then follows another schedule (Goyal et al. 2017).
 *
 *   lr(t) = lr₀ · (s + (1 − s)·t/steps)        t < steps, lr₀ = target(0)
 *   lr(t) = target(t − steps)                    else
 *
 * @throws ValueError for options out of range
 * @example
 * const learningRate = warmupSchedule({ steps: 100, target: cosineSchedule({ learningRate: 0.001, steps: 900 }) })
 * learningRate.at(50)   // 0.0005
 */
export function warmupSchedule(options: WarmupScheduleOptions): Schedule {
  const name = 'warmupSchedule'
  const { steps, startFactor = 0 } = options
  checkCount(name, 'steps', steps)
  checkHyperparameter(name, 'startFactor', startFactor, { from: 0 })
  const target = toSchedule(name, options.target)
  return describeSchedule('warmup', options, t =>
    t < steps ? target.at(0) * (startFactor + ((1 - startFactor) * t) / steps) : target.at(t - steps),
  )
}

export interface ChainedScheduleOptions {
  /** One after the other; each counts its steps from 0. */
  readonly schedules: readonly (number | Schedule)[]
  /** The steps at which the second, third, … begin, rising. */
  readonly milestones: readonly number[]
}

/**
 * Several schedules one after the other.
 *
 *   lr(t) = schedules[k](t − milestones[k − 1])        k = number of milestones ≤ t
 *
 * @throws ValueError unless there is one milestone fewer than schedules
 * @example chainedSchedule({ schedules: [0.1, 0.01], milestones: [500] }).at(500)   // 0.01
 */
export function chainedSchedule(options: ChainedScheduleOptions): Schedule {
  const name = 'chainedSchedule'
  const milestones = checkMilestones(name, options.milestones)
  const schedules = options.schedules.map(given => toSchedule(name, given))
  if (schedules.length !== milestones.length + 1) {
    throw new ValueError({
      operation: name,
      problem: `needs one milestone between two schedules, got ${schedules.length} schedules and ${milestones.length} milestones.`,
      argument: 'milestones',
      received: milestones,
    })
  }
  return describeSchedule('chained', options, t => {
    const k = milestones.filter(milestone => milestone <= t).length
    return schedules[k].at(k === 0 ? t : t - milestones[k - 1])
  })
}

/**
 * A formula of your own. A model compiled with it saves without its optimizer settings: a function is no data.
 *
 * @example lambdaSchedule(step => 0.1 / Math.sqrt(step + 1)).at(3)   // 0.05
 */
export const lambdaSchedule = (rateAt: (step: number) => number): Schedule => ({ at: rateAt })
