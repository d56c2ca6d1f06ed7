/** Measures the tasks of one family (W1, W2, …): a fresh process for each library, interleaved rounds. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeData } from './data.ts'
import { interleave, type Measurement, ratio, type Timed } from './harness.ts'
import { importTimed, installedSize } from './imports.ts'
import type { Candidate } from './libraries.ts'
import { Remote, type Reply } from './remote.ts'
import type { Result, Row } from './table.ts'
import type { Task } from './tasks.ts'

export interface Settings {
  readonly rounds: number
  readonly seconds: number
  /** CPU time, of the least of all rounds, instead of time on the wall. */
  readonly cpu: boolean
  /** Steps of the memory workload. */
  readonly steps: number
  /** Name of the contender that the ratios divide by. */
  readonly reference: string
  /** Filled in as the libraries tell their versions. */
  readonly versions: Record<string, string>
  readonly progress: (text: string) => void
}

/** Runs longer than this are not repeated. */
const longestRun = 5
const setupLimit = 300

/** Ratios of all measurements to the reference or, where that one has no times, to the first that has. */
const withRatios = (measurements: readonly Measurement[], preferred: string) => {
  const complete = measurements.filter(({ error, rounds }) => !error && rounds.length > 0)
  const reference = complete.find(({ name }) => name === preferred) ?? complete[0]
  const results = measurements.map(
    (measurement): Result =>
      measurement.error
        ? { name: measurement.name, cannot: measurement.error }
        : { name: measurement.name, rounds: measurement.rounds, ratio: ratio(measurement, reference) },
  )
  return { results, reference: reference?.name }
}

const leastRound = (measurement: Measurement): Measurement =>
  measurement.rounds.length === 0
    ? measurement
    : { ...measurement, rounds: [Math.min(...measurement.rounds)] }

const megabytes = (bytes: number): string => `${Number((bytes / 1e6).toPrecision(3))} MB`

const measureLeak = async (ready: readonly Remote[], task: Task, steps: number): Promise<Result[]> => {
  const results: Result[] = []
  for (const remote of ready) {
    const { bytes, error } = await remote.ask(`leak ${task.id} ${steps}`, setupLimit)
    results.push(
      bytes === undefined
        ? { name: remote.name, cannot: error ?? 'no answer' }
        : { name: remote.name, text: `${megabytes(bytes)}/step` },
    )
  }
  return results
}

/** Results in the order of the candidates. */
const inOrder = (candidates: readonly Candidate[], results: readonly Result[]): Result[] =>
  candidates.flatMap(({ launch }) => results.filter(({ name }) => name === launch.name))

const measureTask = async (
  task: Task,
  candidates: readonly Candidate[],
  remotes: ReadonlyMap<string, Remote>,
  dataPath: string,
  settings: Settings,
): Promise<Row> => {
  writeData(task.id, dataPath)
  const results: Result[] = candidates.flatMap(({ launch, missing }) =>
    missing ? [{ name: launch.name, cannot: missing }] : [],
  )
  const ready: Remote[] = []
  const replies = new Map<string, Reply>()
  for (const remote of remotes.values()) {
    settings.progress(`${task.id}: preparing ${remote.name}`)
    const reply = await remote.ask(`setup ${task.id} ${dataPath}`, setupLimit)
    replies.set(remote.name, reply)
    const { losses, warm = 0 } = reply
    if (!reply.ready) results.push({ name: remote.name, cannot: reply.cannot ?? reply.error ?? 'no answer' })
    else if (warm > longestRun) results.push({ name: remote.name, once: warm, losses })
    else ready.push(remote)
  }
  if (task.measures === 'leak') {
    results.push(...(await measureLeak(ready, task, settings.steps)))
    return { task, results: inOrder(candidates, results) }
  }
  settings.progress(`${task.id}: timing ${ready.map(({ name }) => name).join(', ')}`)
  const measurements = await interleave(
    ready.map(remote => remote.timed(task.id, settings.cpu ? 'cpu' : 'run')),
    settings,
  )
  for (const remote of ready) await remote.ask(`teardown ${task.id}`)
  const counted = settings.cpu ? measurements.map(leastRound) : measurements
  const timed = withRatios(counted, settings.reference)
  results.push(...timed.results.map(result => ({ ...result, losses: replies.get(result.name)?.losses })))
  return { task, results: inOrder(candidates, results), reference: timed.reference }
}

/** Measures tasks one after the other. A library whose process ended gets a new one for the next task. */
export const measureFamily = async (
  tasks: readonly Task[],
  candidates: readonly Candidate[],
  settings: Settings,
): Promise<Row[]> => {
  const remotes = new Map<string, Remote>()
  const folder = mkdtempSync(join(tmpdir(), 'tensorloom-bench-'))
  const rows: Row[] = []
  try {
    for (const task of tasks) {
      for (const { launch, missing } of candidates) {
        if (missing || remotes.get(launch.name)?.alive) continue
        const remote = new Remote(launch)
        remotes.set(launch.name, remote)
        Object.assign(settings.versions, (await remote.ask('versions')).versions)
      }
      rows.push(await measureTask(task, candidates, remotes, join(folder, task.id), settings))
    }
  } finally {
    for (const remote of remotes.values()) remote.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return rows
}

/** W10: import times, interleaved, and installed sizes. */
export const measureImports = async (
  candidates: readonly Candidate[],
  settings: Settings,
): Promise<Row[]> => {
  const results: Result[] = []
  const timed: Timed[] = []
  const sizes: Result[] = []
  settings.progress('W10: importing in fresh processes')
  for (const candidate of candidates.filter(({ importing }) => importing)) {
    const { name } = candidate.launch
    const importing = candidate.missing ? { cannot: candidate.missing } : importTimed(candidate)
    if ('cannot' in importing) results.push({ name, cannot: importing.cannot })
    else timed.push(importing)
    const size = candidate.missing ? { cannot: candidate.missing } : installedSize(candidate)
    sizes.push(
      'cannot' in size
        ? { name, cannot: size.cannot }
        : { name, text: `${megabytes(size.bytes)}, ${size.packages} package${size.packages > 1 ? 's' : ''}` },
    )
  }
  const measured = withRatios(await interleave(timed, settings), settings.reference)
  return [
    {
      task: { id: 'W10-import', title: 'import time in a fresh process' },
      results: inOrder(candidates, [...results, ...measured.results]),
      reference: measured.reference,
    },
    { task: { id: 'W10-size', title: 'installed size with all dependencies' }, results: sizes },
  ]
}
