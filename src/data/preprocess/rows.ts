import { BuildError, NonFiniteError, ShapeError } from '../../errors.ts'
import type { ColdArray } from '../../engine/dtype.ts'
import { type DataInput, toRows } from '../rows.ts'

/** A table of numbers in row order. */
export interface Table {
  readonly values: ColdArray
  readonly rows: number
  readonly features: number
}

/**
 * Reads [rows, features], or [rows] as a single feature.
 * @throws ShapeError for other shapes, and for another number of features than `wanted`
 */
export function tableOf(operation: string, input: DataInput, wanted: number | null): Table {
  const { values, count, shape } = toRows(operation, 'data', input)
  const features = shape.length === 0 ? 1 : shape[0]
  if (shape.length > 1 || (wanted !== null && features !== wanted)) {
    throw new ShapeError({
      operation,
      problem: `needs [rows, ${wanted ?? 'features'}], got [${[count, ...shape].join(', ')}].`,
      hint:
        wanted === null
          ? 'reshape it to one row per example.'
          : 'give it the features that it was fitted on.',
      shapes: [[count, ...shape]],
    })
  }
  return { values, rows: count, features }
}

/** Refuses NaN and infinities, which would make every later value NaN. */
export function requireFinite(operation: string, { values, features }: Table): void {
  const bad = values.findIndex(value => !Number.isFinite(value))
  if (bad < 0) return
  throw new NonFiniteError({
    operation,
    problem: `needs finite numbers, got ${values[bad]} in row ${Math.floor(bad / features)}, feature ${bad % features}.`,
    hint: 'fill or leave out missing values first.',
  })
}

export function requireFitted<T>(operation: string, state: T | null): T {
  if (state !== null) return state
  throw new BuildError({
    operation,
    problem: 'was not fitted.',
    hint: 'call fit(data) on the training data first.',
  })
}
