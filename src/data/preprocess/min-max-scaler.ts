import { FormatError, ValueError } from '../../errors.ts'
import { refuseUnknown } from '../../nn/options.ts'
import type { DataInput, ShapedData } from '../rows.ts'
import { requireFinite, requireFitted, tableOf } from './rows.ts'
import { isNumbers, readSaved, type Saved } from './saved.ts'
import { eachValue } from './standard-scaler.ts'

export interface MinMaxScalerOptions {
  /** What the smallest value becomes. Default 0. */
  readonly low?: number
  /** What the largest value becomes. Default 1. */
  readonly high?: number
}

interface Range {
  /** [low, high] */
  readonly target: readonly number[]
  readonly minimum: readonly number[]
  readonly maximum: readonly number[]
}

/**
 * Moves every feature into low … high:  y = low + (x − min)·(high − low) / (max − min), with min and max of the data
 * it was fitted on.
 *
 *   [rows, features] → the same shape
 *
 * A feature that never changes becomes low; values outside of what was seen go beyond the range.
 *
 * @throws ShapeError for other features; NonFiniteError for NaN; BuildError before `fit`
 * @example
 * const scaler = new MinMaxScaler().fit([[1, 10], [3, 20]])
 * scaler.transform([[2, 25]]).data   // Float32Array [0.5, 1.5]
 */
export class MinMaxScaler {
  private range: Range | null = null
  private readonly target: readonly [low: number, high: number]

  constructor(options: MinMaxScalerOptions = {}) {
    refuseUnknown('MinMaxScaler', options, ['low', 'high'])
    const { low = 0, high = 1 } = options
    if (!(low < high) || !Number.isFinite(low) || !Number.isFinite(high)) {
      throw new ValueError({
        operation: 'MinMaxScaler',
        problem: `needs low < high, got ${low} and ${high}.`,
      })
    }
    this.target = [low, high]
  }

  /** Forgets what was seen before and learns from [rows, features]. */
  fit(data: DataInput): this {
    this.range = null
    return this.partialFit(data)
  }

  /** Learns from more rows. */
  partialFit(data: DataInput): this {
    const known = this.range
    const table = tableOf('MinMaxScaler.fit', data, known === null ? null : known.minimum.length)
    requireFinite('MinMaxScaler.fit', table)
    const { values, rows, features } = table
    if (rows === 0) return this
    const minimum = known === null ? Array<number>(features).fill(Number.MAX_VALUE) : [...known.minimum]
    const maximum = known === null ? Array<number>(features).fill(-Number.MAX_VALUE) : [...known.maximum]
    for (let i = 0; i < values.length; i++) {
      const feature = i % features
      minimum[feature] = Math.min(minimum[feature], values[i])
      maximum[feature] = Math.max(maximum[feature], values[i])
    }
    this.range = { target: this.target, minimum, maximum }
    return this
  }

  transform(data: DataInput): ShapedData {
    const { target, minimum, maximum } = requireFitted('MinMaxScaler', this.range)
    const [low, high] = target
    return eachValue('MinMaxScaler.transform', data, minimum.length, (value, feature) => {
      const width = maximum[feature] - minimum[feature]
      return low + ((value - minimum[feature]) * (high - low)) / (width === 0 ? 1 : width)
    })
  }

  inverseTransform(data: DataInput): ShapedData {
    const { target, minimum, maximum } = requireFitted('MinMaxScaler', this.range)
    const [low, high] = target
    return eachValue('MinMaxScaler.inverseTransform', data, minimum.length, (value, feature) => {
      const width = maximum[feature] - minimum[feature]
      return minimum[feature] + ((value - low) * width) / (high - low)
    })
  }

  /** All there is to know, as plain data; `JSON.stringify(scaler)` uses it. */
  toJSON(): Saved<Range> {
    return { format: 'MinMaxScaler', version: 1, state: requireFitted('MinMaxScaler', this.range) }
  }

  /** @throws FormatError for anything but what `toJSON` gave */
  static fromJSON(saved: string | object): MinMaxScaler {
    const range = readSaved<Range>('MinMaxScaler', saved, {
      target: isNumbers,
      minimum: isNumbers,
      maximum: isNumbers,
    })
    const { target, minimum, maximum } = range
    const [low, high] = target
    if (target.length !== 2 || !(low < high) || minimum.length !== maximum.length) {
      throw new FormatError({ operation: 'MinMaxScaler.fromJSON', problem: 'has a damaged range.' })
    }
    const scaler = new MinMaxScaler({ low, high })
    scaler.range = range
    return scaler
  }
}
