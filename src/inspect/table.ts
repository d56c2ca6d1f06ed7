/** Rows of text as a table with aligned columns; the first column to the left, the others to the right. */
export function alignedTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map(row => [...row[column]].length)),
  )
  const format = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const gap = ' '.repeat(widths[column] - [...cell].length)
        return column === 0 ? cell + gap : gap + cell
      })
      .join('  ')
      .trimEnd()
  const line = '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2))
  return [format(head), line, ...rows.map(format)].join('\n')
}

/** Three significant digits, or as few characters as it takes. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value) || value === 0) return String(value)
  const size = Math.abs(value)
  return size >= 1e-3 && size < 1e4 ? String(Number(value.toPrecision(3))) : value.toExponential(1)
}

export const percent = (part: number): string => `${(100 * part).toFixed(part > 0 && part < 0.1 ? 1 : 0)} %`
