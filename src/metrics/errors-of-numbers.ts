import { matchTarget, peek } from '../losses/targets.ts'
import { type Metric, MeanMetric } from './metric.ts'

function elementwise(name: string, error: (difference: number) => number): Metric {
  return new MeanMetric(name, (prediction, target) => {
    const y = peek(matchTarget(name, prediction, target))
    const p = peek(prediction)
    let sum = 0
    for (let i = 0; i < p.length; i++) sum += error(p[i] - y[i])
    return { sum, count: p.length }
  })
}

/** Mean of (ŷ − y)² over all elements of all batches; shapes as in the loss `meanSquaredError`. */
export const meanSquaredErrorMetric = (options: { readonly name?: string } = {}): Metric =>
  elementwise(options.name ?? 'meanSquaredError', difference => difference * difference)

/** Mean of |ŷ − y| over all elements of all batches; shapes as in the loss `meanAbsoluteError`. */
export const meanAbsoluteErrorMetric = (options: { readonly name?: string } = {}): Metric =>
  elementwise(options.name ?? 'meanAbsoluteError', Math.abs)
