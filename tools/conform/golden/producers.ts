import { adapters } from './adapters.ts'
import { runClip } from './clipping.ts'
import type { Producers } from './judge.ts'
import { runOptimizerGiven, runOptimizerProblem } from './optimizers.ts'
import { runOrdinary } from './ordinary.ts'
import { runSchedule, runScheduleByMetric } from './schedules.ts'
import { runNthDerivative, runSecondOrder } from './second-order.ts'
import { tensorloom } from './tensorloom.ts'
import { runTraining } from './training.ts'

/** How each kind of case is run. */
export const producers: Producers = {
  ordinary: goldenCase => runOrdinary(tensorloom, adapters, goldenCase),
  second_order: runSecondOrder,
  nth_derivative: runNthDerivative,
  optimizer_given: runOptimizerGiven,
  optimizer_problem: runOptimizerProblem,
  schedule: runSchedule,
  schedule_metric: runScheduleByMetric,
  clip: runClip,
  training: runTraining,
}
