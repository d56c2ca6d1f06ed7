import { FormatError } from '../../errors.ts'
import type { DataInput, ShapedData } from '../rows.ts'
import { requireFinite, requireFitted, tableOf } from './rows.ts'
import { isCount, isNumbers, readSaved, type Saved } from './saved.ts'

interface Moments {
  readonly count: number
  readonly mean: readonly number[]
  /** Sums of squared distances from the mean. */
  readonly squares: readonly number[]
}

/**
 * Gives every feature mean 0 and deviation 1:  z = (x − μ) / σ, with μ and σ of the data it was fitted on.
 *
 *   [rows, features] → the same shape
 *
 * A feature that never changes becomes 0. `partialFit` takes the data in pieces (Chan, Golub & LeVeque 1983).
 *
 * @throws ShapeError for other features; NonFiniteError for NaN; BuildError before `fit`
 * @example
 * const scaler = new StandardScaler().fit([[1, 10], [3, 10]])
 * scaler.transform([[2, 10], [5, 10]]).data   // Float32Array [0, 0, 3, 0]
 */
export class StandardScaler {
  private moments: Moments | null = null

  /** Forgets what was seen before and learns from [rows, features]. */
  fit(data: DataInput): this {
    this.moments = null
    return this.partialFit(data)
  }

  /** Learns from more rows. */
  partialFit(data: DataInput): this {
    const known = this.moments
    const table = tableOf('StandardScaler.fit', data, known === null ? null : known.mean.length)
    requireFinite('StandardScaler.fit', table)
    const { values, rows, features } = table
    if (rows === 0) return this
    const before = known ?? { count: 0, mean: Array(features).fill(0), squares: Array(features).fill(0) }
    const count = before.count + rows
    const mean = [...before.mean]
    const squares = [...before.squares]
    for (let feature = 0; feature < features; feature++) {
      let sum = 0
      for (let row = 0; row < rows; row++) sum += values[row * features + feature]
      const average = sum / rows
      let spread = 0
      for (let row = 0; row < rows; row++) spread += (values[row * features + feature] - average) ** 2
      const shift = average - before.mean[feature]
      mean[feature] += (shift * rows) / count
      squares[feature] += spread + (shift * shift * before.count * rows) / count
    }
    this.moments = { count, mean, squares }
    return this
  }

  /** μ of each feature. */
  get mean(): readonly number[] {
    return requireFitted('StandardScaler', this.moments).mean
  }

  /** σ of each feature; 1 where it never changes. */
  get deviation(): readonly number[] {
    const { squares, count } = requireFitted('StandardScaler', this.moments)
    return squares.map(sum => Math.sqrt(sum / count) || 1)
  }

  transform(data: DataInput): ShapedData {
    const { mean, deviation } = this
    return eachValue(
      'StandardScaler.transform',
      data,
      mean.length,
      (value, feature) => (value - mean[feature]) / deviation[feature],
    )
  }

  inverseTransform(data: DataInput): ShapedData {
    const { mean, deviation } = this
    return eachValue(
      'StandardScaler.inverseTransform',
      data,
      mean.length,
      (value, feature) => value * deviation[feature] + mean[feature],
    )
  }

  /** All there is to know, as plain data; `JSON.stringify(scaler)` uses it. */
  toJSON(): Saved<Moments> {
    const state = requireFitted('StandardScaler', this.moments)
    return { format: 'StandardScaler', version: 1, state }
  }

  /** @throws FormatError for anything but what `toJSON` gave */
  static fromJSON(saved: string | object): StandardScaler {
    const moments = readSaved<Moments>('StandardScaler', saved, {
      count: isCount,
      mean: isNumbers,
      squares: isNumbers,
    })
    if (moments.mean.length !== moments.squares.length || moments.count === 0) {
      throw new FormatError({
        operation: 'StandardScaler.fromJSON',
        problem: 'has lists of different lengths.',
      })
    }
    const scaler = new StandardScaler()
    scaler.moments = moments
    return scaler
  }
}

/** Applies a function of value and feature to a table. */
export function eachValue(
  operation: string,
  data: DataInput,
  wanted: number,
  apply: (value: number, feature: number) => number,
): ShapedData {
  const { values, rows, features } = tableOf(operation, data, wanted)
  const result = new Float32Array(values.length)
  for (let i = 0; i < values.length; i++) result[i] = apply(values[i], i % features)
  return { data: result, shape: [rows, features] }
}
