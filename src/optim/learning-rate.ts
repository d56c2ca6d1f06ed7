import { checkHyperparameter } from './hyperparameters.ts'
import { isSchedule, type Schedule } from './schedules/schedule.ts'

/** A learning rate, fixed or by schedule; what a schedule says is checked when it is used. */
export class LearningRate {
  private given: number | Schedule = 0

  constructor(
    private readonly operation: string,
    rate: number | Schedule,
  ) {
    this.set(rate)
  }

  /** The schedule, if there is one. */
  get schedule(): Schedule | null {
    return typeof this.given === 'number' ? null : this.given
  }

  /** @throws ValueError unless it is a schedule, or a finite number ≥ 0 */
  set(rate: number | Schedule): void {
    this.given = isSchedule(rate) ? rate : this.check(rate)
  }

  /** The rate of a step, counted from 0. */
  at(step: number): number {
    return typeof this.given === 'number' ? this.given : this.check(this.given.at(step))
  }

  private check(rate: number): number {
    return checkHyperparameter(this.operation, 'learningRate', rate, { from: 0 })
  }
}
