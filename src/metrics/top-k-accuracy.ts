import { ValueError } from '../errors.ts'
import { labelledRows } from './labels.ts'
import { MeanMetric, type Metric } from './metric.ts'

export interface TopKAccuracyOptions {
  /** Default 5. */
  readonly k?: number
  /** Rows with this label are not counted. */
  readonly ignoreIndex?: number
  readonly name?: string
}

/**
 * Share of rows whose label is among the k most probable classes; of equal predictions the first come first. A row with
 * a NaN is never right.
 *
 * prediction [..., classes], target [...] (or [..., 1]) of class numbers, or one-hot rows.
 *
 * @throws ValueError unless k is a whole number ≥ 1; from `update`: ShapeError when the shapes do not fit, ValueError
 *   for a label out of range
 * @example topKAccuracy({ k: 3 })
 */
export function topKAccuracy(options: TopKAccuracyOptions = {}): Metric {
  const { k = 5, ignoreIndex, name = 'topKAccuracy' } = options
  if (!Number.isSafeInteger(k) || k < 1) {
    throw new ValueError({
      operation: 'topKAccuracy',
      problem: `needs k to be a whole number ≥ 1, got ${String(k)}.`,
      argument: 'k',
      received: k,
    })
  }
  return new MeanMetric(name, (prediction, target) => {
    const { classes, scores, labels } = labelledRows('topKAccuracy', prediction, target, ignoreIndex)
    let [sum, count] = [0, 0]
    for (let row = 0; row < labels.length; row++) {
      const label = labels[row]
      if (label < 0 || label === ignoreIndex) continue
      count++
      if (rankOf(scores, row * classes, classes, label) < k) sum++
    }
    return { sum, count }
  })
}

/** How many classes of a row come before one of them; all of them, where a NaN is among them. */
function rankOf(scores: ArrayLike<number>, start: number, classes: number, label: number): number {
  const own = scores[start + label]
  let before = 0
  for (let c = 0; c < classes; c++) {
    const score = scores[start + c]
    if (Number.isNaN(score)) return Number.POSITIVE_INFINITY
    if (score > own || (score === own && c < label)) before++
  }
  return before
}
