import type { StateTree } from '../io/state-tree.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** A number that is collected over batches. */
export interface Metric {
  /** As histories and progress lines call it. */
  readonly name: string
  /** Takes one batch. */
  update(prediction: Tensor, target: Tensor): void
  /** The value over all batches since the last reset; NaN when there was none. */
  result(): number
  reset(): void
  /** What was collected, for a checkpoint amid an epoch. */
  stateDict?(): StateTree
  /** Goes on from what was collected. */
  loadStateDict?(state: StateTree): void
}

/**
 * Weighted running mean of numbers, exact over all of them (not a mean of batch means).
 *
 * @example
 * const meanLoss = new Mean()
 * meanLoss.add(loss.item(), batchSize)
 * meanLoss.result()
 */
export class Mean {
  private sum = 0
  private weight = 0

  add(value: number, weight = 1): void {
    this.sum += value * weight
    this.weight += weight
  }

  /** NaN before the first number. */
  result(): number {
    return this.sum / this.weight
  }

  reset(): void {
    this.sum = 0
    this.weight = 0
  }

  /** A copy, for a checkpoint. */
  stateDict(): StateTree {
    return [this.sum, this.weight]
  }

  /** Goes on from a saved state. */
  loadStateDict(state: StateTree): void {
    ;[this.sum, this.weight] = state as readonly [number, number]
  }
}

/** Base of the built-in metrics: they only read the numbers of what they are handed, and keep none of it. */
export abstract class BuiltInMetric implements Metric {
  abstract readonly name: string
  abstract update(prediction: Tensor, target: Tensor): void
  abstract result(): number
  abstract reset(): void
  abstract stateDict(): StateTree
  abstract loadStateDict(state: StateTree): void
}

/** A metric that is the mean of one number per element or row; the base of the built-in ones. */
export class MeanMetric extends BuiltInMetric {
  private sum = 0
  private count = 0

  /** @param measure sums over one batch, and counts what it summed */
  constructor(
    readonly name: string,
    private readonly measure: (prediction: Tensor, target: Tensor) => { sum: number; count: number },
  ) {
    super()
  }

  update(prediction: Tensor, target: Tensor): void {
    const { sum, count } = this.measure(prediction, target)
    this.sum += sum
    this.count += count
  }

  result(): number {
    return this.sum / this.count
  }

  reset(): void {
    this.sum = 0
    this.count = 0
  }

  stateDict(): StateTree {
    return [this.sum, this.count]
  }

  loadStateDict(state: StateTree): void {
    ;[this.sum, this.count] = state as readonly [number, number]
  }
}
