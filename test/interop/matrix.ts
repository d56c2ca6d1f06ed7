import { afterAll } from 'vitest'

type Direction = 'ours → theirs' | 'theirs → ours'

interface Row {
  readonly format: string
  readonly model: string
  readonly direction: Direction
  readonly difference: number
}

/**
 * Keeps how far outputs lie apart, and prints them as a table when the file's tests are over: the rows of the conversion
 * matrix in docs/formats.md.
 */
export function matrix(format: string): (model: string, direction: Direction, difference: number) => number {
  const rows: Row[] = []
  afterAll(() => {
    if (rows.length > 0) console.log(table(rows))
  })
  return (model, direction, difference) => {
    rows.push({ format, model, direction, difference })
    return difference
  }
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ format, model, direction, difference }) =>
      `| ${format} | ${model} | ${direction} | ${difference === 0 ? '0' : difference.toExponential(1)} |`,
  )
  return ['| format | model | direction | max abs difference |', '| --- | --- | --- | ---: |', ...lines].join(
    '\n',
  )
}

/** The largest difference between numbers; infinite where there are more of one than of the other, and for NaN. */
export function distance(got: ArrayLike<number | bigint>, wanted: ArrayLike<number>): number {
  if (got.length !== wanted.length) return Number.POSITIVE_INFINITY
  let worst = 0
  for (let i = 0; i < got.length; i++) {
    const difference = Math.abs(Number(got[i]) - wanted[i])
    worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference)
  }
  return worst
}
