import { FormatError } from '../errors.ts'

/** A cell: text, a number, or null where the value is missing. */
export type Cell = string | number | null
export type Row = Readonly<Record<string, Cell>>

/** What the rows of a file have in common. */
export interface RowFormat {
  /** What errors call the file. */
  readonly name: string
  readonly columns: readonly string[]
  readonly types: Readonly<Record<string, 'number' | 'text'>>
  readonly missing: readonly string[]
  readonly onBadRow: ((error: FormatError) => void) | undefined
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/

/**
 * The cells of one record under their columns' names; null for a bad one that `onBadRow` was told of.
 * @throws FormatError for a record of another length, or a cell that must be a number, without `onBadRow`
 */
export function readRow(record: readonly string[], line: number, format: RowFormat): Row | null {
  const { name, columns, types, missing, onBadRow } = format
  try {
    if (record.length !== columns.length) {
      throw new FormatError({
        operation: name,
        problem: `needs ${columns.length} cells in each row, got ${record.length} in line ${line}.`,
        hint: 'check delimiter and quotes.',
        location: `line ${line}`,
      })
    }
    return Object.fromEntries(columns.map((column, i) => [column, cellOf(record[i], column)]))
  } catch (error) {
    if (onBadRow === undefined || !(error instanceof FormatError)) throw error
    onBadRow(error)
    return null
  }

  function cellOf(text: string, column: string): Cell {
    if (missing.includes(text)) return null
    const type = Object.hasOwn(types, column) ? types[column] : undefined
    if (type === 'text') return text
    if (NUMBER.test(text.trim())) return Number(text)
    if (type === undefined) return text
    throw new FormatError({
      operation: name,
      problem: `needs a number in column "${column}", got "${text.slice(0, 40)}" in line ${line}.`,
      hint: 'name it in { missing }, or make the column text.',
      location: `line ${line}`,
    })
  }
}
