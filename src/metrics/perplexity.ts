import { SMALLEST } from '../losses/classes.ts'
import { labelledRows } from './labels.ts'
import { mappedMean } from './mapped-mean.ts'
import type { Metric } from './metric.ts'

export interface PerplexityOptions {
  /** The predictions are logits. Default false. */
  readonly fromLogits?: boolean
  /** Rows with this label are not counted. */
  readonly ignoreIndex?: number
  readonly name?: string
}

/** −ln of the label's probability; rows of probabilities are rescaled to the sum 1. */
function surprise(
  scores: ArrayLike<number>,
  start: number,
  classes: number,
  label: number,
  fromLogits: boolean,
): number {
  let total = 0
  if (!fromLogits) {
    for (let c = 0; c < classes; c++) total += scores[start + c]
    const probability = scores[start + label]
    return Math.log(total) - Math.log(Math.max(probability, SMALLEST))
  }
  let peak = Number.NEGATIVE_INFINITY
  for (let c = 0; c < classes; c++) peak = Math.max(peak, scores[start + c])
  for (let c = 0; c < classes; c++) total += Math.exp(scores[start + c] - peak)
  return Math.log(total) + peak - scores[start + label]
}

/**
 * e to the mean negative log-likelihood of the labels: among how many equally probable classes the model is in doubt.
 *
 * prediction [..., classes], target [...] (or [..., 1]) of class numbers, or one-hot rows.
 *
 * @throws from `update`: ShapeError when the shapes do not fit; ValueError for a label out of range
 * @example
 * const metric = perplexity()
 * metric.update(tensor([[0.25, 0.25, 0.25, 0.25]]), tensor([2]))
 * metric.result()   // 4
 */
export function perplexity(options: PerplexityOptions = {}): Metric {
  const { fromLogits = false, ignoreIndex, name = 'perplexity' } = options
  return mappedMean(
    name,
    (prediction, target) => {
      const { classes, scores, labels } = labelledRows('perplexity', prediction, target, ignoreIndex)
      let [sum, count] = [0, 0]
      for (let row = 0; row < labels.length; row++) {
        const label = labels[row]
        if (label < 0 || label === ignoreIndex) continue
        count++
        sum += surprise(scores, row * classes, classes, label, fromLogits)
      }
      return { sum, count }
    },
    Math.exp,
  )
}
