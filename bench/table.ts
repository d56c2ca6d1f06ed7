/** Results of a run, and how they are printed. */
import { median, spread } from './harness.ts'
import type { Task } from './tasks.ts'

/** What one contender did with one task. Exactly one of `rounds`, `once`, `text` and `cannot` says it. */
export interface Result {
  readonly name: string
  /** Seconds per run, by round. */
  readonly rounds?: readonly number[]
  /** Seconds of a run that was too long to be repeated. */
  readonly once?: number
  /** A figure that is not a time. */
  readonly text?: string
  readonly cannot?: string
  /** Time ÷ the reference's time, median of the rounds. */
  readonly ratio?: number
  /** Losses at step 1 and step 10. */
  readonly losses?: readonly [number, number]
}

export interface Row {
  readonly task: Pick<Task, 'id' | 'title' | 'operations' | 'elements'>
  readonly results: readonly Result[]
  /** Whose time the ratios divide by. */
  readonly reference?: string
}

/** Largest difference in the loss at step 10 that still counts as the same computation. */
const lossTolerance = 1e-4

const significant = (value: number): string =>
  value >= 1000 ? value.toFixed(0) : Number(value.toPrecision(3)).toString()

const duration = (seconds: number): string => {
  if (seconds >= 1) return `${significant(seconds)} s`
  if (seconds >= 1e-3) return `${significant(seconds * 1e3)} ms`
  return `${significant(seconds * 1e6)} µs`
}

const figure = (seconds: number, { operations, elements }: Row['task']): string => {
  if (operations) return `${significant(operations / seconds / 1e9)} GFLOP/s`
  if (elements) return `${significant((seconds / elements) * 1e9)} ns/element`
  return duration(seconds)
}

const cell = (result: Result, task: Row['task'], footnote: (text: string) => string): string => {
  if (result.cannot !== undefined) return `– ${footnote(`${result.name}: ${result.cannot}`)}`
  if (result.text !== undefined) return result.text
  if (result.once !== undefined) return `${figure(result.once, task)} once`
  const rounds = result.rounds ?? []
  const part = Math.round(spread(rounds) * 100)
  const ratio = result.ratio === undefined ? '' : ` ${significant(result.ratio)}×`
  return `${figure(median(rounds), task)} ±${part}%${ratio}`
}

/** One sentence on whether all losses of a row agree with PyTorch's or, without it, with the first one's. */
export const lossVerdict = ({ task, results }: Row): string | undefined => {
  const withLoss = results.filter(result => result.losses)
  const judge = withLoss.find(({ name }) => name.startsWith('PyTorch')) ?? withLoss[0]
  if (!judge?.losses || withLoss.length < 2) return undefined
  const expected = judge.losses[1]
  const differing = withLoss
    .map(({ name, losses }) => ({ name, difference: Math.abs((losses?.[1] ?? Number.NaN) - expected) }))
    .filter(({ difference }) => !(difference <= lossTolerance))
  const agreeing = `${withLoss.length - differing.length} of ${withLoss.length} losses at step 10 agree within 1e-4 with ${judge.name}'s ${expected.toFixed(6)}`
  const others = differing.map(({ name, difference }) => `${name} differs by ${significant(difference)}`)
  return `${task.id}: ${[agreeing, ...others].join('; ')}`
}

const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - text.length))

/** The whole table: a line per task, a column per contender that can do any of them; reasons and losses below. */
export const renderTable = (rows: readonly Row[]): string => {
  const results = rows.flatMap(row => row.results)
  const all = [...new Set(results.map(({ name }) => name))]
  const names = all.filter(name =>
    results.some(result => result.name === name && result.cannot === undefined),
  )
  const notes: string[] = []
  const footnote = (text: string): string => {
    if (!notes.includes(text)) notes.push(text)
    return `[${notes.indexOf(text) + 1}]`
  }
  const lines = [
    ['workload', ...names],
    ...rows.map(row => [
      row.task.id,
      ...names.map(name => {
        const result = row.results.find(candidate => candidate.name === name)
        return result ? cell(result, row.task, footnote) : '–'
      }),
    ]),
  ]
  const widths = lines[0].map((_, column) => Math.max(...lines.map(line => line[column].length)))
  const text = lines.map(line =>
    line
      .map((part, column) => pad(part, widths[column]))
      .join(' | ')
      .trimEnd(),
  )
  text.splice(1, 0, widths.map(width => '-'.repeat(width)).join('-|-'))
  const absent = results.filter(({ name }) => !names.includes(name))
  const reasons = [...new Set(absent.map(({ name, cannot }) => `no column for ${name}: ${cannot}`))]
  const titles = rows.map(({ task }) => `${task.id}: ${task.title}`)
  const references = [...new Set(rows.flatMap(row => row.reference ?? []))]
  return [
    ...text,
    '',
    `x ±p% r×: median of the rounds, half of their range, time ÷ time of ${references.join(' or ') || 'the reference'}`,
    ...notes.map((note, index) => `[${index + 1}] ${note}`),
    ...reasons,
    '',
    ...titles,
    '',
    ...rows.flatMap(row => lossVerdict(row) ?? []),
  ].join('\n')
}
