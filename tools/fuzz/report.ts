import type { Outcome } from './run.ts'

const HEADINGS = ['reader', 'parser', 'files', 'accepted', 'refused', 'slowest ms', 'most bytes per byte']

/** A table in Markdown, and what went wrong below it. */
export function formatOutcomes(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(outcome => [
    outcome.reader,
    outcome.parser,
    String(outcome.files),
    String(outcome.accepted),
    String(outcome.refused),
    outcome.slowestMilliseconds.toFixed(),
    outcome.mostBytesPerByte.toFixed(),
  ])
  const widths = HEADINGS.map((heading, i) => Math.max(heading.length, ...rows.map(row => row[i].length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`
  const rule = `| ${widths.map((width, i) => (i < 2 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  const failures = outcomes.flatMap(outcome => outcome.failures)
  const end = failures.length === 0 ? [] : ['', `${failures.length} broken promises:`, ...failures]
  return [line(HEADINGS), rule, ...rows.map(line), ...end].join('\n')
}
