import type { StateTree } from '../io/state-tree.ts'
import { Mean } from '../metrics/metric.ts'
import { resolveMetric } from '../metrics/resolve.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { CompiledOutput } from './compiled.ts'

/** What a batch shows of one output. */
export interface Observed {
  readonly prediction: Tensor
  readonly target: Tensor
  /** The mean loss of its examples. */
  readonly loss: number
}

/** A figure of a run: a metric, or the loss of one output of several. */
export interface Measure {
  readonly name: string
  /** Takes in a batch: what was observed of each output. */
  observe(outputs: readonly Observed[]): void
  result(): number
  /** What it has collected; absent for a metric of the user's own that does not tell. */
  readonly stateDict?: () => StateTree
  loadStateDict(state: StateTree): void
}

/** `price` and `accuracy` make `priceAccuracy`. */
const joined = (output: string, name: string): string => `${output}${name[0].toUpperCase()}${name.slice(1)}`

/** Fresh figures for a run. A model with several outputs has the loss of each, and says whose each figure is. */
export function measuresOf(outputs: readonly CompiledOutput[]): Measure[] {
  const several = outputs.length > 1
  const losses = several ? outputs.map(({ name }, index) => lossMeasure(joined(name, 'loss'), index)) : []
  const metrics = outputs.flatMap(({ name, loss, metrics }, index) =>
    metrics.map((like): Measure => {
      const metric = resolveMetric(like, { loss })
      return {
        get name() {
          return several ? joined(name, metric.name) : metric.name
        },
        observe: observed => metric.update(observed[index].prediction, observed[index].target),
        result: () => metric.result(),
        ...(metric.stateDict === undefined ? {} : { stateDict: () => metric.stateDict?.() ?? null }),
        loadStateDict: state => metric.loadStateDict?.(state),
      }
    }),
  )
  return [...losses, ...metrics]
}

function lossMeasure(name: string, index: number): Measure {
  const mean = new Mean()
  return {
    name,
    observe(observed) {
      const { loss, target } = observed[index]
      mean.add(loss, target.rank === 0 ? 1 : target.shape[0])
    },
    result: () => mean.result(),
    stateDict: () => mean.stateDict(),
    loadStateDict: state => mean.loadStateDict(state),
  }
}
