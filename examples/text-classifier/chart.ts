/** A line of a chart: a value per epoch. */
export interface Series {
  readonly name: string
  readonly values: readonly number[]
}

export interface ChartOptions {
  /** Columns in all, labels included. Default 76. */
  readonly width?: number
  /** Rows of the plot. Default 8. */
  readonly height?: number
}

const MARKS = ['●', '○', '+', '×']
const LEAST_COLUMNS = 8

/**
 * Draws series over epochs in plain characters, one mark per series; needs no colour and no cursor.
 *
 *     0.800 ┤●●●
 *     0.600 ┤   ●●●
 *     0.400 ┤      ●●●●●●
 *     0.200 ┤            ●●●●●
 *           └┬───────┬───────┬
 *            1       2       3
 *            ● training
 *
 * @example console.log(chart([{ name: 'loss', values: history.history.loss }], { width: 60 }))
 */
export function chart(series: readonly Series[], { width = 76, height = 8 }: ChartOptions = {}): string {
  const values = series.flatMap(one => one.values).filter(Number.isFinite)
  const length = Math.max(0, ...series.map(one => one.values.length))
  if (values.length === 0) return 'nothing to draw'
  const [lowest, highest] = bounds(values)
  const rows = Math.max(2, height)
  const levels = Array.from({ length: rows }, (_, row) => highest - ((highest - lowest) * row) / (rows - 1))
  const labels = levels.map(level => level.toFixed(decimalsFor(highest - lowest)))
  const margin = Math.max(...labels.map(label => label.length))
  const columns = Math.max(LEAST_COLUMNS, width - margin - 2)

  const cells = levels.map(() => Array<string>(columns).fill(' '))
  const rowOf = (value: number): number => Math.round(((highest - value) / (highest - lowest)) * (rows - 1))
  // The first series comes last, and so lies on top.
  for (const [index, one] of [...series.entries()].reverse()) {
    let previous: number | null = null
    for (let column = 0; column < columns; column++) {
      const value = valueAt(one.values, (column / (columns - 1)) * (length - 1))
      if (value === null) {
        previous = null
        continue
      }
      const row = rowOf(value)
      for (const filled of between(previous ?? row, row)) cells[filled][column] = MARKS[index % MARKS.length]
      previous = row
      if (length === 1) break
    }
  }

  const indent = ' '.repeat(margin + 2)
  const legend = series.map(({ name }, index) => `${MARKS[index % MARKS.length]} ${name}`).join('  ')
  const lines = cells.map((row, index) => `${labels[index].padStart(margin)} ┤${row.join('')}`.trimEnd())
  return [...lines, ...axis(length, columns, margin), indent + legend].join('\n')
}

/** Lowest and highest, apart from each other. */
function bounds(values: readonly number[]): [number, number] {
  const lowest = Math.min(...values)
  const highest = Math.max(...values)
  return highest > lowest ? [lowest, highest] : [lowest - 0.5, highest + 0.5]
}

const decimalsFor = (span: number): number => Math.min(8, Math.max(0, 2 - Math.floor(Math.log10(span))))

/** The value at a position between epochs, on the straight line; null outside, and beside what is not finite. */
function valueAt(values: readonly number[], position: number): number | null {
  if (position > values.length - 1 + 1e-9) return null
  const left = Math.min(Math.floor(position + 1e-9), values.length - 1)
  const right = Math.min(left + 1, values.length - 1)
  const part = Math.max(0, position - left)
  const value = part < 1e-6 ? values[left] : values[left] * (1 - part) + values[right] * part
  return Number.isFinite(value) ? value : null
}

/** The rows to fill in a column, so that a steep line stays connected: from beside the last row to this one. */
function between(previous: number, row: number): number[] {
  if (Math.abs(previous - row) <= 1) return [row]
  const step = Math.sign(row - previous)
  return Array.from({ length: Math.abs(row - previous) }, (_, i) => previous + step * (i + 1))
}

/** The line below, and the numbers of as many epochs as there is room for. */
function axis(length: number, columns: number, margin: number): [string, string] {
  const line = Array<string>(columns).fill('─')
  const numbers = Array<string>(columns).fill(' ')
  let free = 0
  for (let epoch = 0; epoch < length; epoch++) {
    const column = length === 1 ? 0 : Math.round((epoch / (length - 1)) * (columns - 1))
    line[column] = '┬'
    const text = String(epoch + 1)
    const start = Math.min(column, columns - text.length)
    if (start < free) continue
    for (let i = 0; i < text.length; i++) numbers[start + i] = text[i]
    free = start + text.length + 1
  }
  return [' '.repeat(margin + 1) + '└' + line.join(''), (' '.repeat(margin + 2) + numbers.join('')).trimEnd()]
}
