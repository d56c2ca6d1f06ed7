import type { Options, Parser } from 'csv-parse'
import { type Dataset, dataset } from '../data/dataset.ts'
import { FormatError, ValueError } from '../errors.ts'
import { loadPeer } from '../formats/shared/peer.ts'
import { refuseUnknown } from '../nn/options.ts'
import { suggestName } from '../suggest.ts'
import { readRow, type Row } from './csv-row.ts'
import { nameOf, type TextSource, textChunks } from './chunks.ts'

export interface CsvOptions {
  /**
   * Whether the first line names the columns (default), or the names where it does not. With `false` the columns are
   * named `0`, `1`, `2`, …
   */
  readonly header?: boolean | readonly string[]
  /** Default `,`. */
  readonly delimiter?: string
  /** Around cells that contain the delimiter or a line's end, doubled inside. Default `"`; null for none. */
  readonly quote?: string | null
  /** Lines that begin so are left out. Default none. */
  readonly comment?: string
  /**
   * What a column's cells become. Unnamed columns: a number where the whole cell is one, else text.
   * A cell of a `number` column that is none is an error.
   */
  readonly types?: Readonly<Record<string, 'number' | 'text'>>
  /** Cells that stand for nothing, and become null. Default the empty cell. */
  readonly missing?: readonly string[]
  /** Told of a row with too many or too few cells or a wrong number, which is then left out. Default: it is thrown. */
  readonly onBadRow?: (error: FormatError) => void
}

const KNOWN = ['header', 'delimiter', 'quote', 'comment', 'types', 'missing', 'onBadRow']

/**
 * Rows of a comma-separated file (RFC 4180), read as they are wanted: a file larger than memory will do.
 *
 * A path or URL can be gone through again and again; a stream once.
 *
 * @param source a path, a URL, a Blob, a stream, or pieces of text
 * @throws FormatError while reading, with the line, for rows of another length, open quotes and wrong numbers;
 *   DeviceError without the package `csv-parse`
 * @example
 * const rows = fromCsv(['size,price\n', '1,2.5\n2,5\n'])
 * const data = rows.map(({ size, price }) => ({ x: [Number(size)], y: Number(price) })).batch({ batchSize: 2 })
 */
export function fromCsv(source: TextSource, options: CsvOptions = {}): Dataset<Row> {
  refuseUnknown('fromCsv', options, KNOWN)
  const { delimiter = ',' } = options
  if (typeof delimiter !== 'string' || delimiter === '') {
    throw new ValueError({ operation: 'fromCsv', problem: 'needs a delimiter.', received: delimiter })
  }
  return dataset(() => rowsOf(source, options))
}

/**
 * Rows of a tab-separated file; quotes are characters like others.
 *
 * @example fromTsv('reviews.tsv', { header: ['label', 'text'], types: { text: 'text' } })
 */
export const fromTsv = (
  source: TextSource,
  options: Omit<CsvOptions, 'delimiter' | 'quote'> = {},
): Dataset<Row> => fromCsv(source, { ...options, delimiter: '\t', quote: null })

async function* rowsOf(source: TextSource, options: CsvOptions): AsyncGenerator<Row> {
  const {
    header = true,
    delimiter = ',',
    quote = '"',
    comment,
    types = {},
    missing = [''],
    onBadRow,
  } = options
  const parser = await makeParser({
    delimiter,
    quote,
    comment: comment ?? null,
    bom: true,
    skip_empty_lines: true,
    relax_column_count: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    info: true,
  })
  const name = nameOf(source)
  let failure: unknown = null
  const feeding = feed(parser, source).catch((error: unknown) => {
    failure = error
    parser.destroy()
  })
  let columns = typeof header === 'object' ? [...header] : null
  if (columns !== null) checkTypes(name, types, columns)
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[]
      info: { lines: number }
    }>) {
      if (columns === null) {
        columns = header === true ? record : record.map((_, column) => String(column))
        checkColumns(name, columns)
        checkTypes(name, types, columns)
        if (header === true) continue
      }
      const row = readRow(record, info.lines, { name, columns, types, missing, onBadRow })
      if (row !== null) yield row
    }
  } catch (error) {
    throw failure ?? asFormatError(name, error)
  } finally {
    parser.destroy()
    await feeding
  }
  if (failure !== null) throw failure
}

async function makeParser(options: Options): Promise<Parser> {
  const { parse } = await loadPeer('fromCsv', 'csv-parse', () => import('csv-parse'))
  return parse(options)
}

/** Writes the text to the parser as fast as it reads. */
async function feed(parser: Parser, source: TextSource): Promise<void> {
  for await (const text of textChunks(source)) {
    if (parser.destroyed) return
    if (parser.write(text)) continue
    await drained(parser)
  }
  parser.end()
}

/** Until the parser takes more, or is closed by a reader who has had enough. */
const drained = (parser: Parser): Promise<void> =>
  new Promise(resolve => {
    const done = () => {
      parser.off('drain', done).off('close', done)
      resolve()
    }
    parser.once('drain', done).once('close', done)
  })

function checkColumns(name: string, columns: readonly string[]): void {
  const twice = columns.find((column, i) => columns.indexOf(column) !== i)
  if (twice === undefined) return
  throw new FormatError({
    operation: name,
    problem: `has the column "${twice}" twice.`,
    hint: 'name the columns with { header: [...] }, or pass { header: false }.',
    location: 'line 1',
  })
}

function checkTypes(name: string, types: object, columns: readonly string[]): void {
  const unknown = Object.keys(types).find(column => !columns.includes(column))
  if (unknown === undefined) return
  throw new ValueError({
    operation: name,
    problem: `has no column "${unknown}".`,
    hint: suggestName(unknown, columns),
    argument: 'types',
    received: unknown,
  })
}

/** The parser's own errors name the line; one of its codes begins otherwise than all others. */
function asFormatError(name: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  if (!/^(CSV_|INVALID_OPENING_QUOTE$)/.test(String(error.code))) return error
  return new FormatError({ operation: name, problem: `is not valid: ${error.message}.`, cause: error })
}
