import { ValueError } from '../errors.ts'
import type { StateTree } from '../io/state-tree.ts'
import { matchTarget, peek } from '../losses/targets.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { labelledRows, largest } from './labels.ts'
import { BuiltInMetric, type Metric } from './metric.ts'

export interface PrecisionRecallOptions {
  /**
   * `'binary'` (default): every element is a yes or no of its own. Else rows are classes and the figure is the mean
   * over the classes that occur: `'macro'`, the same weighted by how often each is true: `'weighted'`, or the figure
   * of all classes counted together: `'micro'`.
   */
  readonly average?: 'binary' | 'macro' | 'weighted' | 'micro'
  /** With `'binary'`: a prediction above it means yes: 0.5 (default) for probabilities, 0 for logits. */
  readonly threshold?: number
  /** With classes: rows with this label are not counted. */
  readonly ignoreIndex?: number
  readonly name?: string
}

/** What was counted for one class. */
interface Counts {
  /** Predicted and true. */
  hits: number
  /** Predicted, but not true. */
  falseAlarms: number
  /** True, but not predicted. */
  misses: number
}

/** A figure between 0 and 1; a class that was never predicted or never true gives 0/0, which counts as 0. */
type Figure = (counts: Counts) => number

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)
const precisionOf: Figure = ({ hits, falseAlarms }) => share(hits, hits + falseAlarms)
const recallOf: Figure = ({ hits, misses }) => share(hits, hits + misses)
const f1Of: Figure = ({ hits, falseAlarms, misses }) => share(2 * hits, 2 * hits + falseAlarms + misses)

class CountedMetric extends BuiltInMetric {
  readonly name: string
  private readonly average: NonNullable<PrecisionRecallOptions['average']>
  private readonly threshold: number
  private readonly ignoreIndex: number | undefined
  /** One entry per class; a single one in the binary case. */
  private classes: Counts[] = []

  constructor(
    private readonly kind: string,
    private readonly figure: Figure,
    options: PrecisionRecallOptions,
  ) {
    super()
    const { average = 'binary', threshold = 0.5, ignoreIndex, name = kind } = options
    if (!['binary', 'macro', 'weighted', 'micro'].includes(average)) {
      throw new ValueError({
        operation: kind,
        problem: `knows the averages 'binary', 'macro', 'weighted' and 'micro', got '${String(average)}'.`,
        argument: 'average',
        received: average,
      })
    }
    this.name = name
    this.average = average
    this.threshold = threshold
    this.ignoreIndex = ignoreIndex
  }

  override update(prediction: Tensor, target: Tensor): void {
    if (this.average === 'binary') this.countElements(prediction, target)
    else this.countRows(prediction, target)
  }

  private countElements(prediction: Tensor, target: Tensor): void {
    const y = peek(matchTarget(this.kind, prediction, target))
    const p = peek(prediction)
    if (p.length === 0) return
    const counts = this.countsOf(0)
    for (let i = 0; i < p.length; i++) {
      const [said, is] = [p[i] > this.threshold, y[i] > 0.5]
      if (said && is) counts.hits++
      else if (said) counts.falseAlarms++
      else if (is) counts.misses++
    }
  }

  private countRows(prediction: Tensor, target: Tensor): void {
    const { classes, scores, labels } = labelledRows(this.kind, prediction, target, this.ignoreIndex)
    for (let row = 0; row < labels.length; row++) {
      const label = labels[row]
      if (label < 0 || label === this.ignoreIndex) continue
      const said = largest(scores, row * classes, classes)
      if (said === label) this.countsOf(label).hits++
      else {
        this.countsOf(label).misses++
        if (said >= 0) this.countsOf(said).falseAlarms++
      }
    }
  }

  private countsOf(label: number): Counts {
    while (this.classes.length <= label) this.classes.push({ hits: 0, falseAlarms: 0, misses: 0 })
    return this.classes[label]
  }

  override result(): number {
    const { average, classes, figure } = this
    if (average === 'binary') return classes.length === 0 ? Number.NaN : figure(classes[0])
    const seen = classes.filter(({ hits, falseAlarms, misses }) => hits + falseAlarms + misses > 0)
    if (average === 'micro') {
      const all: Counts = { hits: 0, falseAlarms: 0, misses: 0 }
      for (const counts of seen) {
        all.hits += counts.hits
        all.falseAlarms += counts.falseAlarms
        all.misses += counts.misses
      }
      return seen.length === 0 ? Number.NaN : figure(all)
    }
    let [sum, weights] = [0, 0]
    for (const counts of seen) {
      const weight = average === 'macro' ? 1 : counts.hits + counts.misses
      sum += weight * figure(counts)
      weights += weight
    }
    return sum / weights
  }

  override reset(): void {
    this.classes = []
  }

  override stateDict(): StateTree {
    return this.classes.map(counts => ({ ...counts }))
  }

  override loadStateDict(state: StateTree): void {
    this.classes = (state as readonly Record<keyof Counts, number>[]).map(counts => ({ ...counts }))
  }
}

/**
 * Share of what was predicted that is true: hits / (hits + false alarms), over all batches; 0 when nothing was.
 *
 * prediction and target as in `binaryAccuracy`, or, with another `average`, predictions [..., classes] with class
 * numbers or one-hot rows.
 *
 * @throws from `update`: ShapeError when the shapes do not fit; ValueError for a label out of range
 * @example
 * const metric = precision()
 * metric.update(tensor([0.9, 0.8, 0.1]), tensor([1, 0, 1]))
 * metric.result()   // 0.5
 */
export const precision = (options: PrecisionRecallOptions = {}): Metric =>
  new CountedMetric('precision', precisionOf, options)

/** Share of what is true that was predicted: hits / (hits + misses); shapes, options and errors as in `precision`. */
export const recall = (options: PrecisionRecallOptions = {}): Metric =>
  new CountedMetric('recall', recallOf, options)

/**
 * Harmonic mean of precision and recall: 2·hits / (2·hits + false alarms + misses); shapes, options and errors as in
 * `precision`.
 */
export const f1Score = (options: PrecisionRecallOptions = {}): Metric =>
  new CountedMetric('f1Score', f1Of, options)
