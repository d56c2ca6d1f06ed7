import { ValueError } from '../errors.ts'
import type { StateTree } from '../io/state-tree.ts'
import { matchTarget, peek } from '../losses/targets.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { BuiltInMetric, type Metric } from './metric.ts'

export interface AucOptions {
  /** `'roc'` (default), or `'pr'`: precision over recall, as average precision. */
  readonly curve?: 'roc' | 'pr'
  readonly name?: string
}

/** Scores in rising order, with whether each is of a positive. */
interface Ranking {
  readonly scores: Float64Array
  readonly positive: Uint8Array
}

type RankingState = Pick<Ranking, keyof Ranking> & { readonly hasNaN: boolean }

/** Two rankings as one. */
function merge(a: Ranking, b: Ranking): Ranking {
  const count = a.scores.length + b.scores.length
  const merged = { scores: new Float64Array(count), positive: new Uint8Array(count) }
  let [i, j] = [0, 0]
  for (let k = 0; k < count; k++) {
    const takeA = j === b.scores.length || (i < a.scores.length && a.scores[i] <= b.scores[j])
    merged.scores[k] = takeA ? a.scores[i] : b.scores[j]
    merged.positive[k] = takeA ? a.positive[i++] : b.positive[j++]
  }
  return merged
}

/** Calls `visit` for each group of equal scores, the highest first, with its positives and negatives. */
function fromTheTop(
  { scores, positive }: Ranking,
  visit: (positives: number, negatives: number) => void,
): void {
  for (let end = scores.length; end > 0; ) {
    let start = end
    let positives = 0
    while (start > 0 && scores[start - 1] === scores[end - 1]) positives += positive[--start]
    visit(positives, end - start - positives)
    end = start
  }
}

const EMPTY: Ranking = { scores: new Float64Array(0), positive: new Uint8Array(0) }

class AreaUnderCurve extends BuiltInMetric {
  private ranking = EMPTY
  private pending: [number, number][] = []
  private hasNaN = false

  constructor(
    readonly name: string,
    private readonly curve: 'roc' | 'pr',
  ) {
    super()
  }

  override update(prediction: Tensor, target: Tensor): void {
    const y = peek(matchTarget('auc', prediction, target))
    const p = peek(prediction)
    for (let i = 0; i < p.length; i++) {
      if (Number.isNaN(p[i])) this.hasNaN = true
      else this.pending.push([p[i], y[i] > 0.5 ? 1 : 0])
    }
  }

  override result(): number {
    this.sortPending()
    const { positive, scores } = this.ranking
    const positives = positive.reduce((sum, one) => sum + one, 0)
    const negatives = scores.length - positives
    if (this.hasNaN || positives === 0 || (this.curve === 'roc' && negatives === 0)) return Number.NaN
    let [area, hits, falseAlarms] = [0, 0, 0]
    fromTheTop(this.ranking, (p, n) => {
      // A group of equal scores is a slope in the one curve, and one step in the other.
      area += this.curve === 'roc' ? n * (hits + p / 2) : (p * (hits + p)) / (hits + p + falseAlarms + n)
      hits += p
      falseAlarms += n
    })
    return this.curve === 'roc' ? area / (positives * negatives) : area / positives
  }

  /** What came since the last result is sorted by itself and merged: results after every batch stay cheap. */
  private sortPending(): void {
    if (this.pending.length === 0) return
    const pairs = this.pending.sort((a, b) => a[0] - b[0])
    const batch = {
      scores: Float64Array.from(pairs, ([score]) => score),
      positive: Uint8Array.from(pairs, ([, isPositive]) => isPositive),
    }
    this.ranking = this.ranking.scores.length === 0 ? batch : merge(this.ranking, batch)
    this.pending = []
  }

  override reset(): void {
    this.ranking = EMPTY
    this.pending = []
    this.hasNaN = false
  }

  override stateDict(): StateTree {
    this.sortPending()
    return { ...this.ranking, hasNaN: this.hasNaN }
  }

  override loadStateDict(state: StateTree): void {
    const { scores, positive, hasNaN } = state as RankingState
    this.ranking = { scores, positive }
    this.pending = []
    this.hasNaN = hasNaN
  }
}

/**
 * Area under the receiver operating characteristic: how probable it is that a positive scores higher than a negative.
 * Exact over all batches, ties counting half; every score is kept (nine bytes each). With `curve: 'pr'` average
 * precision, Σ (Rₖ − Rₖ₋₁)·Pₖ.
 *
 * prediction [...] of probabilities or logits, target of the same shape, or [batch] for a prediction [batch, 1].
 * NaN while there are no positives (or no negatives), and after a NaN prediction.
 *
 * @throws ShapeError, from `update`, when the shapes differ
 * @example
 * const metric = auc()
 * metric.update(tensor([0.1, 0.4, 0.35, 0.8]), tensor([0, 0, 1, 1]))
 * metric.result()   // 0.75
 */
export function auc(options: AucOptions = {}): Metric {
  const { curve = 'roc', name = 'auc' } = options
  if (curve === 'roc' || curve === 'pr') return new AreaUnderCurve(name, curve)
  throw new ValueError({
    operation: 'auc',
    problem: `knows the curves 'roc' and 'pr', got '${String(curve)}'.`,
    argument: 'curve',
    received: curve,
  })
}
