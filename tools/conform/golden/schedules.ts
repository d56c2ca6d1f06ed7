import {
  chainedSchedule,
  cosineSchedule,
  exponentialSchedule,
  multiStepSchedule,
  type Schedule,
  stepSchedule,
  warmupSchedule,
} from '../../../src/index.ts'
import { Plateau } from '../../../src/train/plateau.ts'
import type { Attributes } from './attributes.ts'
import type { GoldenCase, NamedValues } from './case.ts'

/** The schedules of the file, by op. */
const schedules: Readonly<Record<string, (attributes: Attributes, learningRate: number) => Schedule>> = {
  schedule_step: (attributes, learningRate) =>
    stepSchedule({
      learningRate,
      steps: attributes.number('step_size'),
      factor: attributes.number('gamma'),
    }),
  schedule_multistep: (attributes, learningRate) =>
    multiStepSchedule({
      learningRate,
      milestones: attributes.numbers('milestones'),
      factor: attributes.number('gamma'),
    }),
  schedule_exponential: (attributes, learningRate) =>
    exponentialSchedule({ learningRate, factor: attributes.number('gamma') }),
  schedule_cosine: (attributes, learningRate) =>
    cosineSchedule({
      learningRate,
      steps: attributes.number('T_max'),
      minimum: attributes.number('eta_min'),
      afterwards: 'mirror',
    }),
  schedule_linear_warmup: (attributes, learningRate) =>
    warmupSchedule({
      steps: attributes.number('total_iters'),
      startFactor: attributes.number('start_factor'),
      target: learningRate,
    }),
  schedule_warmup_cosine: (attributes, learningRate) => {
    const [warmup, total] = [attributes.number('warmup'), attributes.number('total')]
    // Step t of the rise has the part (t + 1)/warmup, so its last one is at the top already.
    const fall = cosineSchedule({ learningRate, steps: total - warmup })
    if (warmup < 2) return chainedSchedule({ schedules: [learningRate, fall], milestones: [warmup] })
    const rise = warmupSchedule({ steps: warmup - 1, startFactor: 1 / warmup, target: learningRate })
    return chainedSchedule({ schedules: [rise, fall], milestones: [warmup] })
  },
}

/** The rate of every step. */
export function runSchedule({ op, attributes, outputs }: GoldenCase): NamedValues {
  if (!Object.hasOwn(schedules, op)) throw new Error(`the runner does not know the schedule "${op}"`)
  const schedule = schedules[op](attributes, attributes.number('base_lr'))
  const steps = outputs.get('lr')?.shape[0] ?? 0
  const data = Float64Array.from({ length: steps }, (_, step) => schedule.at(step))
  return new Map([['lr', { dtype: 'f64', shape: [steps], data }]])
}

/** The rate after each value of the metric. */
export function runScheduleByMetric({ op, attributes, inputs }: GoldenCase): NamedValues {
  const metric = inputs.get('metric')
  if (op !== 'schedule_plateau' || metric === undefined)
    throw new Error(`the runner does not know the schedule "${op}"`)
  const mode = attributes.text('mode')
  const thresholdMode = attributes.text('threshold_mode')
  if (mode !== 'min' || thresholdMode !== 'rel')
    throw new Error(`the runner does not know the modes "${mode}" and "${thresholdMode}"`)
  const plateau = new Plateau({
    mode,
    threshold: attributes.number('threshold'),
    patience: attributes.number('patience'),
  })
  let rate = attributes.number('base_lr')
  const data = Float64Array.from(metric.data, value => {
    if (plateau.see(value)) rate *= attributes.number('factor')
    return rate
  })
  return new Map([['lr', { dtype: 'f64', shape: [data.length], data }]])
}
