import { adapters } from './adapters.ts'
import type { Producers } from './judge.ts'
import { runOrdinary } from './ordinary.ts'
import { runNthDerivative, runSecondOrder } from './second-order.ts'
import { tensorloom } from './tensorloom.ts'

/** How each kind of case is run. */
export const producers: Producers = {
  ordinary: goldenCase => runOrdinary(tensorloom, adapters, goldenCase),
  second_order: runSecondOrder,
  nth_derivative: runNthDerivative,
}
