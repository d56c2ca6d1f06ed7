import { readFileSync } from 'node:fs'
import type { LabelledText } from './bag-of-words.ts'

/** The texts of a file, and the names of their classes: `label` is an index into them. */
export interface LabelledTexts {
  readonly examples: readonly LabelledText[]
  readonly labels: readonly string[]
}

/**
 * Reads a file of lines `label<TAB>text`. Labels may be any words or numbers; the classes are numbered in their
 * sorted order (numbers by value), or as `labels` says.
 *
 * @param options.labels classes known from another file; a label that is not among them is an error
 * @throws Error naming file and line when a line is not `label<TAB>text`, or when there is no line at all
 * @example
 * const train = readTsv('train.tsv')
 * const valid = readTsv('valid.tsv', { labels: train.labels })
 */
export function readTsv(path: string, options: { readonly labels?: readonly string[] } = {}): LabelledTexts {
  return parseTsv(readText(path), path, options.labels)
}

/** The same for the contents of a file; `name` is for messages. */
export function parseTsv(contents: string, name: string, labels?: readonly string[]): LabelledTexts {
  const rows: { label: string; text: string }[] = []
  const lines = contents.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)
  lines.forEach((line, index) => {
    if (line.trim() === '') return
    const where = `${name}, line ${index + 1}`
    const tab = line.indexOf('\t')
    if (tab < 0) throw new Error(`${where}: needs label<TAB>text, got no tab in ${quoted(line)}.`)
    const label = line.slice(0, tab).trim()
    const text = line.slice(tab + 1).trim()
    if (label === '') throw new Error(`${where}: needs a label before the tab, got ${quoted(line)}.`)
    if (text === '') throw new Error(`${where}: needs a text after the tab, got ${quoted(line)}.`)
    if (labels !== undefined && !labels.includes(label))
      throw new Error(`${where}: needs one of the labels ${labels.join(', ')}, got ${quoted(label)}.`)
    rows.push({ label, text })
  })
  if (rows.length === 0) throw new Error(`${name}: needs lines of label<TAB>text, got an empty file.`)
  const known = labels ?? sortedLabels(rows.map(({ label }) => label))
  const numbers = new Map(known.map((label, index) => [label, index]))
  return { examples: rows.map(({ label, text }) => ({ label: numbers.get(label)!, text })), labels: known }
}

function readText(path: string): string {
  const bytes = readFileSync(path)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new Error(`${path}: needs UTF-8 text, got other bytes. Hint: convert the file to UTF-8.`, { cause })
  }
}

function sortedLabels(labels: readonly string[]): string[] {
  const distinct = [...new Set(labels)]
  const numeric = distinct.every(label => Number.isFinite(Number(label)))
  return distinct.sort((left, right) => {
    if (numeric && Number(left) !== Number(right)) return Number(left) - Number(right)
    return left < right ? -1 : 1
  })
}

const quoted = (text: string): string => JSON.stringify(text.length > 40 ? text.slice(0, 40) + '…' : text)
