import { ShapeError, ValueError } from '../errors.ts'
import type { StateTree } from '../io/state-tree.ts'
import { matchTarget, peek } from '../losses/targets.ts'
import { formatShape } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { labelledRows, largest } from './labels.ts'
import { BuiltInMetric } from './metric.ts'

export interface ConfusionMatrixOptions {
  readonly classes: number
  /** With two classes and one number per example: above it class 1 is meant. Default 0.5. */
  readonly threshold?: number
  readonly name?: string
}

/** Counts how often each class was taken for each; its figure is the accuracy. */
export class ConfusionMatrix extends BuiltInMetric {
  readonly name: string
  private readonly classes: number
  private readonly threshold: number
  private readonly counts: Int32Array
  /** Rows with a NaN: in no cell, and never right. */
  private unclear = 0

  constructor(options: ConfusionMatrixOptions) {
    super()
    const { classes, threshold = 0.5, name = 'confusionMatrix' } = options
    if (!Number.isSafeInteger(classes) || classes < 2) {
      throw new ValueError({
        operation: 'confusionMatrix',
        problem: `needs classes to be a whole number ≥ 2, got ${String(classes)}.`,
        argument: 'classes',
        received: classes,
      })
    }
    this.classes = classes
    this.threshold = threshold
    this.name = name
    this.counts = new Int32Array(classes * classes)
  }

  override update(prediction: Tensor, target: Tensor): void {
    const last = prediction.shape[prediction.rank - 1]
    if (prediction.rank >= 2 && last === this.classes) this.countRows(prediction, target)
    else if (this.classes === 2) this.countElements(prediction, target)
    else {
      throw new ShapeError({
        operation: 'confusionMatrix',
        problem: `needs predictions [..., ${this.classes}], got ${formatShape(prediction.shape)}.`,
        hint: 'the last layer needs as many units as there are classes.',
        shapes: [prediction.shape],
      })
    }
  }

  private countRows(prediction: Tensor, target: Tensor): void {
    const { scores, labels } = labelledRows('confusionMatrix', prediction, target)
    for (let row = 0; row < labels.length; row++)
      this.count(labels[row], largest(scores, row * this.classes, this.classes))
  }

  private countElements(prediction: Tensor, target: Tensor): void {
    const y = peek(matchTarget('confusionMatrix', prediction, target))
    const p = peek(prediction)
    for (let i = 0; i < p.length; i++)
      this.count(y[i] > 0.5 ? 1 : 0, Number.isNaN(p[i]) ? -1 : p[i] > this.threshold ? 1 : 0)
  }

  private count(label: number, said: number): void {
    if (label < 0 || said < 0) this.unclear++
    else this.counts[label * this.classes + said]++
  }

  /** int32 [classes, classes]: the row is the true class, the column the predicted one. */
  matrix(): Tensor {
    return fromCold(this.counts.slice(), [this.classes, this.classes], 'int32')
  }

  /** The accuracy: what is on the diagonal. */
  override result(): number {
    let [right, all] = [0, this.unclear]
    this.counts.forEach((count, i) => {
      all += count
      if (i % (this.classes + 1) === 0) right += count
    })
    return right / all
  }

  override reset(): void {
    this.counts.fill(0)
    this.unclear = 0
  }

  override stateDict(): StateTree {
    return { counts: this.counts.slice(), unclear: this.unclear }
  }

  override loadStateDict(state: StateTree): void {
    const { counts, unclear } = state as { readonly counts: Int32Array; readonly unclear: number }
    this.counts.set(counts)
    this.unclear = unclear
  }
}

/**
 * Counts how often each class was taken for each, over all batches.
 *
 * prediction [..., classes] with class numbers or one-hot rows; for two classes also one probability per example.
 *
 * @throws ValueError unless classes ≥ 2; from `update`: ShapeError when the shapes do not fit, ValueError for a label
 *   out of range
 * @example
 * const confusion = confusionMatrix({ classes: 2 })
 * confusion.update(tensor([0.9, 0.2, 0.8]), tensor([1, 0, 0]))
 * confusion.matrix().toArray()   // [[1, 1], [0, 1]]
 */
export const confusionMatrix = (options: ConfusionMatrixOptions): ConfusionMatrix =>
  new ConfusionMatrix(options)
