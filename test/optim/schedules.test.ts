import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  adam,
  chainedSchedule,
  constantSchedule,
  cosineSchedule,
  dense,
  deserializeModel,
  exponentialSchedule,
  klDivergence,
  lambdaSchedule,
  multiStepSchedule,
  oneCycleSchedule,
  polynomialSchedule,
  type Schedule,
  type ScheduleConfig,
  SGD,
  scheduleFromConfig,
  sequential,
  serializeModel,
  stepSchedule,
  type Tensor,
  tensor,
  ValueError,
  warmupSchedule,
  withLossOptions,
} from '../../src/index.ts'
import { Plateau } from '../../src/train/plateau.ts'
import { decodeTensors } from '../../tools/conform/decode.ts'
import { leaf } from '../setup/numbers.ts'

const learningRate = 0.1
const ratesOf = (schedule: Schedule, steps: number): number[] =>
  Array.from({ length: steps }, (_, step) => schedule.at(step))

/** What the golden file says, by the name of the case. */
const golden = new Map(
  (
    JSON.parse(readFileSync(new URL('../golden/schedules.json', import.meta.url), 'utf8')) as {
      cases: { name: string; inputs?: unknown; outputs: unknown }[]
    }
  ).cases.map(({ name, inputs, outputs }) => [
    name,
    {
      metric: decodeTensors('inputs', inputs).get('metric')?.data,
      lr: Array.from(decodeTensors('outputs', outputs).get('lr')?.data ?? []),
    },
  ]),
)

const goldenSchedules: readonly [string, Schedule][] = [
  ['step', stepSchedule({ learningRate, steps: 5, factor: 0.5 })],
  ['cosine', cosineSchedule({ learningRate, steps: 20, afterwards: 'mirror' })],
  ['exponential', exponentialSchedule({ learningRate, factor: 0.9 })],
  ['linear_warmup', warmupSchedule({ steps: 10, startFactor: 0.1, target: learningRate })],
  ['multistep', multiStepSchedule({ learningRate, milestones: [3, 10, 25] })],
  [
    'warmup_cosine',
    chainedSchedule({
      schedules: [
        warmupSchedule({ steps: 4, startFactor: 0.2, target: learningRate }),
        cosineSchedule({ learningRate, steps: 35 }),
      ],
      milestones: [5],
    }),
  ],
]

describe('golden schedules', () => {
  it('are all there', () => expect(golden.size).toBe(goldenSchedules.length + 1))

  it.each(goldenSchedules)('%s', (name, schedule) => {
    const want = golden.get(`schedule_${name}/0`)?.lr ?? []
    expect(want.length).toBe(40)
    want.forEach((rate, step) => {
      expect(schedule.at(step)).toBeCloseTo(rate, 12)
    })
  })

  it('plateau', () => {
    const { metric, lr } = golden.get('schedule_plateau/0') ?? { metric: undefined, lr: [] }
    const plateau = new Plateau({ patience: 2 })
    let rate = learningRate
    const got = Array.from(metric ?? [], value => {
      if (plateau.see(value)) rate *= 0.5
      return rate
    })
    expect(got).toEqual(lr)
  })
})

describe('schedules', () => {
  it('cosine: stays at the minimum, or restarts with longer and lower descents', () => {
    const stay = cosineSchedule({ learningRate, steps: 4, minimum: 0.02 })
    expect(stay.at(0)).toBe(learningRate)
    expect(stay.at(2)).toBeCloseTo(0.06, 12)
    expect([stay.at(4), stay.at(400)]).toEqual([0.02, 0.02])
    const restart = cosineSchedule({ learningRate, steps: 4, afterwards: 'restart', topFactor: 0.5 })
    expect(restart.at(3)).toBeCloseTo(0.05 * (1 + Math.cos((3 * Math.PI) / 4)), 12)
    expect([restart.at(4), restart.at(8)]).toEqual([0.05, 0.025])
    const growing = cosineSchedule({ learningRate, steps: 2, afterwards: 'restart', lengthFactor: 3 })
    expect([0, 2, 8, 26].map(step => growing.at(step))).toEqual([0.1, 0.1, 0.1, 0.1])
    expect(growing.at(5)).toBeCloseTo(0.05, 12)
    expect(growing.at(17)).toBeCloseTo(0.05, 12)
  })

  it('oneCycle: rises from a 25th, falls to a 10,000th of that, and stays there', () => {
    for (const shape of ['cosine', 'linear'] as const) {
      const schedule = oneCycleSchedule({ learningRate, steps: 100, shape })
      expect(schedule.at(0)).toBeCloseTo(0.004, 12)
      expect(schedule.at(29)).toBeCloseTo(0.1, 12)
      expect(schedule.at(99)).toBeCloseTo(4e-7, 12)
      expect(schedule.at(1000)).toBe(schedule.at(99))
      const rates = ratesOf(schedule, 100)
      expect(Math.max(...rates)).toBe(rates[29])
    }
    const linear = oneCycleSchedule({ learningRate, steps: 100, shape: 'linear', rise: 0.5 })
    expect(linear.at(24.5)).toBeCloseTo(0.052, 12)
  })

  it('polynomial ends where it is told to', () => {
    const schedule = polynomialSchedule({ learningRate, steps: 10, power: 2, end: 0.02 })
    expect(schedule.at(5)).toBeCloseTo(0.02 + 0.08 / 4, 12)
    expect([schedule.at(0), schedule.at(10), schedule.at(50)]).toEqual([0.1, 0.02, 0.02])
  })

  it('warm-up leads to the beginning of what follows', () => {
    const schedule = warmupSchedule({ steps: 4, target: stepSchedule({ learningRate, steps: 2 }) })
    expect(ratesOf(schedule, 8)).toEqual([0, 0.025, 0.05, 0.1 * (3 / 4), 0.1, 0.1, 0.1 * 0.1, 0.1 * 0.1])
  })

  it('come back from their configs as JSON, nested ones too', () => {
    const all = [
      constantSchedule({ learningRate }),
      polynomialSchedule({ learningRate, steps: 30 }),
      oneCycleSchedule({ learningRate, steps: 40, rise: 0.2, shape: 'linear' }),
      chainedSchedule({
        schedules: [warmupSchedule({ steps: 5, target: constantSchedule({ learningRate }) }), 0.01],
        milestones: [20],
      }),
      ...goldenSchedules.map(([, schedule]) => schedule),
    ]
    for (const schedule of all) {
      const copy = scheduleFromConfig(JSON.parse(JSON.stringify(schedule.config)) as ScheduleConfig)
      expect(ratesOf(copy, 40)).toEqual(ratesOf(schedule, 40))
      expect(copy.config).toEqual(schedule.config)
    }
    const own = lambdaSchedule(step => 1 / (step + 1))
    expect(own.at(3)).toBe(0.25)
    expect(own.config).toBeUndefined()
    expect(warmupSchedule({ steps: 2, target: own }).config).toBeUndefined()
  })

  it('are refused where they make no sense', () => {
    const wrong: readonly (() => unknown)[] = [
      () => stepSchedule({ learningRate: -1, steps: 2 }),
      () => stepSchedule({ learningRate, steps: 1.5 }),
      () => multiStepSchedule({ learningRate, milestones: [5, 5] }),
      () => multiStepSchedule({ learningRate, milestones: [0] }),
      () => exponentialSchedule({ learningRate, factor: Number.NaN }),
      () => cosineSchedule({ learningRate, steps: 0 }),
      () => cosineSchedule({ learningRate, steps: 3, afterwards: 'stop' as 'stay' }),
      () => oneCycleSchedule({ learningRate, steps: 3, rise: 2 }),
      () => polynomialSchedule({ learningRate, steps: 3, power: 0 }),
      () => chainedSchedule({ schedules: [0.1, 0.2], milestones: [] }),
      () => warmupSchedule({ steps: 3, target: Number.NaN }),
      () => scheduleFromConfig({ schedule: 'constructor', options: {} }),
      () => scheduleFromConfig({ schedule: 'step', options: { learningRate, steps: 'many' } }),
      () => scheduleFromConfig({ schedule: 'chained', options: { schedules: 3, milestones: [] } }),
      () => scheduleFromConfig({ schedule: 'multiStep', options: { learningRate } }),
      () => scheduleFromConfig(null as never),
    ]
    for (const make of wrong) expect(make).toThrow(ValueError)
    expect(() => scheduleFromConfig({ schedule: 'cosin', options: {} })).toThrow(/did you mean 'cosine'/)
    expect(() => chainedSchedule({ schedules: [0.1], milestones: [3] })).toThrow(
      /1 schedules and 1 milestones/,
    )
  })
})

/** One step with the gradient 1. */
function step(w: Tensor, optimizer: SGD): void {
  w.gradient = tensor([1])
  optimizer.step()
}

describe('an optimizer with a schedule', () => {
  const schedule = multiStepSchedule({ learningRate: 1, milestones: [2, 3], factor: 0.5 })

  it('uses the rate of each step, and goes on from where a state was saved', () => {
    const w = leaf(tensor([0]))
    const optimizer = new SGD([w], { learningRate: schedule })
    expect(optimizer.schedule).toBe(schedule)
    const positions = [1, 2, 2.5, 2.75].map(() => {
      step(w, optimizer)
      return -w.item()
    })
    expect(positions).toEqual([1, 2, 2.5, 2.75])
    expect(optimizer.learningRate).toBe(0.25)
    const resumed = new SGD([leaf(w)], { learningRate: schedule })
    resumed.loadStateDict(optimizer.stateDict())
    expect(resumed.learningRate).toBe(0.25)
    expect(resumed.schedule).toBe(schedule)
  })

  it('takes a number in its place, and another schedule', () => {
    const optimizer = new SGD([leaf(tensor([0]))], { learningRate: schedule })
    optimizer.learningRate = 0.5
    expect([optimizer.schedule, optimizer.learningRate]).toEqual([null, 0.5])
    optimizer.learningRate = constantSchedule({ learningRate: 0.125 })
    expect(optimizer.learningRate).toBe(0.125)
  })

  it('refuses a rate that is none, before it changes anything', () => {
    const w = leaf(tensor([0]))
    const optimizer = new SGD([w], { learningRate: lambdaSchedule(t => (t === 0 ? 1 : Number.NaN)) })
    step(w, optimizer)
    expect(() => step(w, optimizer)).toThrow(/finite learningRate/)
    expect(w.item()).toBe(-1)
    expect(optimizer.stepCount).toBe(1)
  })

  it('is saved with a model, unless it is a function', () => {
    const saved = (rate: Schedule): Schedule | number | null | undefined => {
      const model = sequential(dense({ units: 2, inputSize: 2, activation: 'softmax' }))
      const loss = withLossOptions(klDivergence, { axis: null })
      model.compile({ optimizer: adam({ learningRate: rate }), loss })
      const { compiledSettings } = deserializeModel(serializeModel(model)).model
      if (compiledSettings === null) return null
      const { optimizer } = compiledSettings.options
      return typeof optimizer === 'object' && 'options' in optimizer
        ? optimizer.options.learningRate
        : undefined
    }
    const given = warmupSchedule({ steps: 10, target: cosineSchedule({ learningRate, steps: 20 }) })
    const back = saved(given)
    expect(typeof back === 'object' && back !== null && ratesOf(back, 40)).toEqual(ratesOf(given, 40))
    expect(saved(lambdaSchedule(() => 0.1))).toBeNull()
  })
})
