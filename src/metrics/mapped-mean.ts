import type { StateTree } from '../io/state-tree.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { BuiltInMetric, MeanMetric, type Metric } from './metric.ts'

/** A function of a mean. */
class MappedMean extends BuiltInMetric {
  constructor(
    private readonly mean: MeanMetric,
    private readonly map: (mean: number) => number,
  ) {
    super()
  }

  get name(): string {
    return this.mean.name
  }

  override update(prediction: Tensor, target: Tensor): void {
    this.mean.update(prediction, target)
  }

  override result(): number {
    return this.map(this.mean.result())
  }

  override reset(): void {
    this.mean.reset()
  }

  override stateDict(): StateTree {
    return this.mean.stateDict()
  }

  override loadStateDict(state: StateTree): void {
    this.mean.loadStateDict(state)
  }
}

/** A metric whose value is a function of the mean over all batches, not a mean of the function. */
export const mappedMean = (
  name: string,
  measure: (prediction: Tensor, target: Tensor) => { sum: number; count: number },
  map: (mean: number) => number,
): Metric => new MappedMean(new MeanMetric(name, measure), map)
