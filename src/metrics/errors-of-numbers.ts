import { ShapeError } from '../errors.ts'
import type { StateTree } from '../io/state-tree.ts'
import { matchTarget, peek } from '../losses/targets.ts'
import { formatShape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { mappedMean } from './mapped-mean.ts'
import { BuiltInMetric, type Metric, MeanMetric } from './metric.ts'

const sumOf =
  (name: string, error: (difference: number) => number) =>
  (prediction: Tensor, target: Tensor): { sum: number; count: number } => {
    const y = peek(matchTarget(name, prediction, target))
    const p = peek(prediction)
    let sum = 0
    for (let i = 0; i < p.length; i++) sum += error(p[i] - y[i])
    return { sum, count: p.length }
  }

const elementwise = (name: string, error: (difference: number) => number): Metric =>
  new MeanMetric(name, sumOf(name, error))

/** Mean of (ŷ − y)² over all elements of all batches; shapes as in the loss `meanSquaredError`. */
export const meanSquaredErrorMetric = (options: { readonly name?: string } = {}): Metric =>
  elementwise(options.name ?? 'meanSquaredError', difference => difference * difference)

/** Mean of |ŷ − y| over all elements of all batches; shapes as in the loss `meanAbsoluteError`. */
export const meanAbsoluteErrorMetric = (options: { readonly name?: string } = {}): Metric =>
  elementwise(options.name ?? 'meanAbsoluteError', Math.abs)

/** Root of the mean of (ŷ − y)² over all elements of all batches; shapes as in the loss `meanSquaredError`. */
export function rootMeanSquaredError(options: { readonly name?: string } = {}): Metric {
  const { name = 'rootMeanSquaredError' } = options
  return mappedMean(
    name,
    sumOf(name, difference => difference * difference),
    Math.sqrt,
  )
}

/** Sums of one output of a regression: mean and squared deviations of the targets by Welford's updates. */
interface Column {
  count: number
  mean: number
  deviations: number
  residuals: number
}

class R2Score extends BuiltInMetric {
  private columns: Column[] = []

  constructor(readonly name: string) {
    super()
  }

  override update(prediction: Tensor, target: Tensor): void {
    const y = peek(matchTarget('r2Score', prediction, target))
    const p = peek(prediction)
    const width = prediction.rank < 2 ? 1 : prediction.shape[prediction.rank - 1]
    if (this.columns.length === 0)
      this.columns = Array.from({ length: width }, () => ({ count: 0, mean: 0, deviations: 0, residuals: 0 }))
    if (this.columns.length !== width) {
      throw new ShapeError({
        operation: 'r2Score',
        problem: `had ${this.columns.length} outputs before, got predictions ${formatShape(prediction.shape)}.`,
        hint: 'reset() the metric before it sees another output.',
        shapes: [prediction.shape],
      })
    }
    for (let i = 0; i < y.length; i++) {
      const column = this.columns[i % width]
      column.count++
      const before = y[i] - column.mean
      column.mean += before / column.count
      column.deviations += before * (y[i] - column.mean)
      column.residuals += (p[i] - y[i]) ** 2
    }
  }

  override result(): number {
    let sum = 0
    for (const { deviations, residuals } of this.columns) {
      // Targets that do not vary: all explained, or nothing.
      sum += deviations > 0 ? 1 - residuals / deviations : residuals > 0 ? 0 : 1
    }
    return this.columns.some(({ count }) => count === 0) ? Number.NaN : sum / this.columns.length
  }

  override reset(): void {
    this.columns = []
  }

  override stateDict(): StateTree {
    return this.columns.map(column => ({ ...column }))
  }

  override loadStateDict(state: StateTree): void {
    this.columns = (state as readonly Record<keyof Column, number>[]).map(column => ({ ...column }))
  }
}

/**
 * Share of the targets' variance that the predictions explain, 1 − Σ(ŷ − y)²/Σ(y − ȳ)², over all batches; with several
 * outputs (the last axis) the mean of theirs. Shapes as in the loss `meanSquaredError`.
 */
export const r2Score = (options: { readonly name?: string } = {}): Metric =>
  new R2Score(options.name ?? 'r2Score')

/** Mean cosine of the angle between the vectors of prediction and target (the last axis); 0 for a vector of zeros. */
export const cosineSimilarityMetric = (options: { readonly name?: string } = {}): Metric =>
  new MeanMetric(options.name ?? 'cosineSimilarity', (prediction, target) => {
    const y = peek(matchTarget('cosineSimilarity', prediction, target))
    const p = peek(prediction)
    const width = prediction.rank === 0 ? 1 : prediction.shape[prediction.rank - 1]
    let sum = 0
    for (let start = 0; start < p.length; start += width) {
      let [dot, ofP, ofY] = [0, 0, 0]
      for (let i = start; i < start + width; i++) {
        dot += p[i] * y[i]
        ofP += p[i] * p[i]
        ofY += y[i] * y[i]
      }
      sum += dot === 0 ? 0 : dot / Math.sqrt(ofP * ofY)
    }
    return { sum, count: width === 0 ? 0 : p.length / width }
  })
