import type { History } from '../../src/index.ts'
import { chart } from './chart.ts'

export const percent = (part: number): string => `${(100 * part).toFixed(1)} %`

/** Loss and accuracy over the epochs, side by side where there is room. */
export function curves({ history }: History, columns: number): string {
  const wide = columns >= 76
  const width = wide ? Math.min(60, Math.floor((columns - 3) / 2)) : columns
  const panel = (title: string, training: number[], heldOut: number[]): string[] => [
    title,
    ...chart(
      [
        { name: 'training', values: training },
        { name: 'held out', values: heldOut },
      ],
      { width },
    ).split('\n'),
  ]
  const loss = panel('loss', history.loss, history.valLoss)
  const accuracy = panel('accuracy', history.accuracy, history.valAccuracy)
  if (!wide) return [...loss, '', ...accuracy].join('\n')
  return loss.map((line, row) => `${line.padEnd(width)}   ${accuracy[row] ?? ''}`.trimEnd()).join('\n')
}

/** A share as a bar: `━━━━━━━━──`. */
export function bar(part: number, columns: number): string {
  const filled = Math.round(part * columns)
  return '━'.repeat(filled) + '─'.repeat(columns - filled)
}

/** A text that was classified. */
export interface Verdict {
  readonly text: string
  /** The most probable class, and how probable it is. */
  readonly label: string
  readonly probability: number
  /** The class it should have, where that is known. */
  readonly truth?: string
}

/** The most probable class of each text. */
export function verdicts(
  texts: readonly { readonly text: string; readonly truth?: string }[],
  probabilities: readonly (readonly number[])[],
  labels: readonly string[],
): Verdict[] {
  return texts.map(({ text, truth }, row) => {
    const probability = Math.max(...probabilities[row])
    return { text, truth, probability, label: labels[probabilities[row].indexOf(probability)] }
  })
}

/** A line per text, shortened to the width of the terminal. */
export function table(rows: readonly Verdict[], columns: number): string {
  const widest = Math.max(...rows.map(({ label }) => label.length))
  return rows
    .map(({ text, label, probability, truth }) => {
      const mark = truth === undefined ? ' ' : truth === label ? '✓' : '✗'
      const start = `${mark} ${label.padEnd(widest)} ${probability.toFixed(3)}  `
      return start + shortened(text, Math.max(20, columns - start.length))
    })
    .join('\n')
}

const shortened = (text: string, columns: number): string => {
  const characters = Array.from(text)
  return characters.length <= columns ? text : `${characters.slice(0, columns - 1).join('')}…`
}
