import { type Command, Option } from 'commander'
import { fromCsv } from '../data-files/csv.ts'
import type { Row } from '../data-files/csv-row.ts'
import { textLines } from '../data-files/ndjson.ts'
import type { Predictor } from '../serve/predictor.ts'
import { type Environment, PartialFailure, UsageError } from './environment.ts'
import { openPredictor } from './open-model.ts'
import { whole } from './options.ts'

/** One input, or why there is none, with its place in the file. */
type Item =
  | { readonly line: number; readonly input: unknown }
  | { readonly line: number; readonly error: string }

interface PredictFlags {
  readonly format: 'text' | 'ndjson' | 'csv'
  readonly column?: string
  readonly batch: number
}

const HELP = `
Reads inputs from standard input and writes one JSON line for each, in order: {"prediction": …}, or
{"error": …, "line": …} for a bad one, and then ends with exit code 1.

Formats:
  text    one text per line
  ndjson  one JSON value per line: a text, an array, or an object of which --column is taken
  csv     a header, then a row per input: the cells of --column, or all cells as an array of numbers

Example:
  printf 'What a film!\\nNever again.\\n' | tensorloom predict models/text-classifier`

/** `tensorloom predict MODEL` */
export function predictCommand(program: Command, environment: Environment): void {
  program
    .command('predict')
    .description('Answers for each line of standard input.')
    .argument('<model>', 'a saved model, of any kind that convert reads')
    .addOption(
      new Option('--format <format>', 'what standard input holds')
        .choices(['text', 'ndjson', 'csv'])
        .default('text'),
    )
    .option('--column <name>', 'the part of an object or row that is the input')
    .option('--batch <n>', 'inputs that are answered together', whole(1), 64)
    .addHelpText('after', HELP)
    .action(async (source: string, flags: PredictFlags) => {
      const predictor = await openPredictor(source)
      if (flags.format === 'text' && !predictor.takesText) {
        throw new UsageError('the model takes arrays, not texts: use --format ndjson or --format csv.')
      }
      const { bad, all } = await answer(predictor, flags, environment)
      if (bad > 0) throw new PartialFailure(`${bad} of ${all} inputs could not be answered.`)
    })
}

async function answer(predictor: Predictor, flags: PredictFlags, environment: Environment) {
  let waiting: Item[] = []
  let bad = 0
  let all = 0
  const flush = (): void => {
    const inputs = waiting.flatMap(item => ('input' in item ? [item.input] : []))
    const answers = predictor.predict(inputs)
    let next = 0
    for (const item of waiting) {
      const result = 'input' in item ? answers[next++] : { error: item.error }
      if ('error' in result) bad++
      environment.write(`${JSON.stringify('error' in result ? { ...result, line: item.line } : result)}\n`)
    }
    all += waiting.length
    waiting = []
  }
  for await (const item of itemsOf(flags, environment)) {
    waiting.push(item)
    if (waiting.length === flags.batch) flush()
  }
  flush()
  return { bad, all }
}

function itemsOf(flags: PredictFlags, { input }: Environment): AsyncIterable<Item> {
  if (flags.format === 'csv') return csvItems(flags, input)
  return flags.format === 'text' ? textItems(input) : jsonItems(flags, input)
}

async function* textItems(input: Environment['input']): AsyncGenerator<Item> {
  let line = 0
  for await (const text of textLines(input)) {
    line++
    const trimmed = text.trim()
    yield trimmed === '' ? { line, error: 'the line is empty.' } : { line, input: trimmed }
  }
}

async function* jsonItems({ column }: PredictFlags, input: Environment['input']): AsyncGenerator<Item> {
  let line = 0
  for await (const text of textLines(input)) {
    line++
    if (text.trim() === '') continue
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      yield { line, error: 'the line is not JSON.' }
      continue
    }
    if (column === undefined) yield { line, input: value }
    else if (typeof value === 'object' && value !== null && Object.hasOwn(value, column)) {
      yield { line, input: Reflect.get(value, column) }
    } else yield { line, error: `the value has no "${column}".` }
  }
}

async function* csvItems({ column }: PredictFlags, input: Environment['input']): AsyncGenerator<Item> {
  // Rows that the reader refuses are told in between: they keep their place.
  const refused: Item[] = []
  let line = 1
  const rows = fromCsv(input, {
    ...(column === undefined ? {} : { types: { [column]: 'text' } }),
    onBadRow: ({ problem, location = '' }) => {
      refused.push({ line: Number(location.replace('line ', '')), error: `the row ${problem}` })
    },
  })
  for await (const row of rows) {
    for (const item of refused.splice(0)) {
      line = item.line
      yield item
    }
    line++
    yield inputOf(row, column, line)
  }
  yield* refused
}

function inputOf(row: Row, column: string | undefined, line: number): Item {
  if (column !== undefined) {
    return row[column] === null
      ? { line, error: `the row has no "${column}".` }
      : { line, input: row[column] }
  }
  const wrong = Object.entries(row).find(([, cell]) => typeof cell !== 'number')
  if (wrong === undefined) return { line, input: Object.values(row) }
  return { line, error: `the row needs a number as "${wrong[0]}", got ${JSON.stringify(wrong[1])}.` }
}
