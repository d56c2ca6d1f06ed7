/**
 * Interleaved timing on top of Benchmark.js: in every round each contender gets one short slice, so that a change
 * in the machine's load meets all of them alike, and ratios are taken within a round.
 */
import Benchmark from 'benchmark'

/** One library's way of doing one task. `run` does it once and keeps the result from being optimised away. */
export interface Contender {
  readonly name: string
  setup(): Promise<void> | void
  run(): Promise<void> | void
  teardown?(): Promise<void> | void
  /** Loss that the latest `run` of a training task computed, before its update. */
  loss?(): number
}

export interface Workload {
  readonly id: string
  readonly title: string
  readonly contenders: readonly Contender[]
}

/** What a library offers for a task: a contender, or the reason why it has none. */
export type Entry = (() => Contender) | { readonly cannot: string }

/** A library under test, as each module of `bench/ours`, `bench/plain` and `bench/peers` exports it. */
export interface Library {
  readonly name: string
  readonly versions: Readonly<Record<string, string>>
  /** By id of the task. A task that is missing here is reported as "not written". */
  readonly entries: Readonly<Record<string, Entry>>
}

/** Something that can be timed for a slice: a contender of this process or one of another. */
export interface Timed {
  readonly name: string
  /** Seconds per run, one number for each sample that fitted in the slice. */
  slice(seconds: number): Promise<number[]>
}

/** Seconds per run by round, for one contender. */
export interface Measurement {
  readonly name: string
  readonly rounds: readonly number[]
  readonly error?: string
}

let sink = 0

/** Takes a number that a run computed, so that no engine may skip the computation. */
export const consume = (value: number): void => {
  sink = value === sink ? 0 : value
}

/** The middle value, or the mean of the two in the middle. */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Half of the distance between the extreme rounds, as a part of the median. */
export const spread = (values: readonly number[]): number =>
  (Math.max(...values) - Math.min(...values)) / 2 / median(values)

/** A run that takes longer than this is timed as "deferred", which saves Benchmark.js's extra trial run. */
const deferFrom = 0.005

/** Makes a contender of this process timeable: Benchmark.js samples it for the length of a slice. */
export const timed = (contender: Contender, secondsPerRun: number): Timed => {
  let runsPerSample = Math.max(1, Math.ceil(0.05 / secondsPerRun))
  const once = () => contender.run()
  return {
    name: contender.name,
    async slice(seconds) {
      if (secondsPerRun > seconds) {
        const start = performance.now()
        await once()
        return [(performance.now() - start) / 1000]
      }
      return new Promise((resolve, reject) => {
        const probe = once()
        const asynchronous = probe instanceof Promise
        const deferred = asynchronous || secondsPerRun > deferFrom
        const start = () => {
          const benchmark = new Benchmark(
            deferred
              ? (clock: Benchmark.Deferred) => {
                  try {
                    const result = once()
                    if (result instanceof Promise) result.then(() => clock.resolve(), reject)
                    else clock.resolve()
                  } catch (error) {
                    reject(error)
                  }
                }
              : once,
            { defer: deferred, initCount: runsPerSample, minSamples: 2, maxTime: seconds, minTime: 0.02 },
          )
          benchmark.on('complete', () => {
            if (benchmark.error) return reject(benchmark.error)
            runsPerSample = Math.max(1, benchmark.count)
            resolve(benchmark.stats.sample as number[])
          })
          benchmark.run({ async: true })
        }
        if (asynchronous) probe.then(start, reject)
        else start()
      })
    },
  }
}

/** Times all contenders round by round. One that fails is reported with its error and left out from then on. */
export const interleave = async (
  contenders: readonly Timed[],
  options: { readonly rounds: number; readonly seconds: number },
): Promise<Measurement[]> => {
  const measured = contenders.map(({ name }) => ({
    name,
    rounds: [] as number[],
    error: undefined as string | undefined,
  }))
  for (let round = 0; round < options.rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const index = (turn + round) % contenders.length
      const measurement = measured[index]
      if (measurement.error) continue
      try {
        measurement.rounds.push(median(await contenders[index].slice(options.seconds)))
      } catch (error) {
        measurement.error = error instanceof Error ? error.message : String(error)
      }
    }
  }
  return measured
}

/** Median over the rounds of (this one's time ÷ the reference's time in the same round). */
export const ratio = (measurement: Measurement, reference: Measurement): number =>
  median(measurement.rounds.map((seconds, round) => seconds / reference.rounds[round]))

/** Times the contenders of a workload that live in this process. */
export const runWorkload = async (
  workload: Workload,
  options: { readonly rounds: number; readonly seconds: number },
): Promise<Measurement[]> => {
  const contenders: Timed[] = []
  for (const contender of workload.contenders) {
    await contender.setup()
    contenders.push(timed(contender, await warmUp(contender)))
  }
  const measurements = await interleave(contenders, options)
  for (const contender of workload.contenders) await contender.teardown?.()
  return measurements
}

/** Runs a contender until its code is compiled (3 runs or 0.3 s, whichever is longer); seconds of the fastest run. */
export const warmUp = async (contender: Contender, giveUpAfter = 20): Promise<number> => {
  const start = performance.now()
  let fastest = Number.POSITIVE_INFINITY
  for (let run = 0; ; run++) {
    const before = performance.now()
    await contender.run()
    fastest = Math.min(fastest, (performance.now() - before) / 1000)
    const elapsed = (performance.now() - start) / 1000
    if ((run >= 2 && elapsed > 0.3) || elapsed > giveUpAfter) return fastest
  }
}
