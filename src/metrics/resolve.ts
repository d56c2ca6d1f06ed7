import { noGrad, userScope } from '../autodiff/mode.ts'
import { DTypeError, ValueError } from '../errors.ts'
import type { LossLike } from '../losses/resolve.ts'
import { peek } from '../losses/targets.ts'
import { NameTable } from '../name-table.ts'
import { isTensor } from '../ops/operand.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { MetricName } from './by-name.ts'
import { BuiltInMetric, MeanMetric, type Metric } from './metric.ts'

/** What decides which accuracy is meant. */
export interface MetricContext {
  readonly loss?: LossLike
  /** The model's output, with or without the batch axis; only the last axis counts. */
  readonly outputShape?: Shape
  /** The predictions are logits. Default: what the loss says. */
  readonly fromLogits?: boolean
}

/** A measure of your own: one number per batch, which is weighted by the batch's size. */
export type MetricFunction = (prediction: Tensor, target: Tensor) => Tensor | number

/** The metrics that `compile` knows by name. */
export const metricNames = new NameTable<(context: MetricContext) => Metric>({
  operation: 'metric',
  argument: 'metrics',
  example: 'binaryAccuracy()',
})

/** What `compile` takes as a metric. */
export type MetricLike = MetricName | Metric | MetricFunction

const BUILT_IN = new WeakSet<Metric>()

/**
 * The metric that a name, object or function stands for, before its first batch: an object is reset. A function's numbers are averaged, weighted by batch size
 * (a tensor's elements are averaged first).
 *
 * @throws ValueError for an unknown name, with the nearest one
 * @example resolveMetric('accuracy', {loss: 'binaryCrossentropy'})
 */
export function resolveMetric(metric: MetricLike, context: MetricContext = {}): Metric {
  if (typeof metric === 'string') {
    const made = metricNames.find(metric)(context)
    BUILT_IN.add(made)
    return made
  }
  if (typeof metric === 'function') return fromFunction(metric)
  const isMetric =
    typeof metric === 'object' &&
    metric !== null &&
    typeof metric.update === 'function' &&
    typeof metric.result === 'function' &&
    typeof metric.reset === 'function'
  if (!isMetric) {
    throw new ValueError({
      operation: 'metric',
      problem: `must be a name, a function (prediction, target) => number, or an object with update, result and reset, got ${metric === null ? 'null' : typeof metric}.`,
      argument: 'metrics',
      received: metric,
    })
  }
  metric.reset()
  if (metric instanceof BuiltInMetric || BUILT_IN.has(metric)) return metric
  return {
    get name() {
      return metric.name
    },
    update: (prediction, target) =>
      noGrad(() => userScope([prediction, target], () => metric.update(prediction, target))),
    result: () => metric.result(),
    reset: () => metric.reset(),
    ...(metric.stateDict === undefined ? {} : { stateDict: () => metric.stateDict?.() ?? null }),
    loadStateDict: state => metric.loadStateDict?.(state),
  }
}

function fromFunction(compute: MetricFunction): Metric {
  const name = compute.name === '' ? 'metric' : compute.name
  return new MeanMetric(name, (prediction, target) => {
    const count = prediction.rank === 0 ? 1 : prediction.shape[0]
    const value = noGrad(() => userScope([prediction, target], () => compute(prediction, target)))
    if (typeof value === 'number') return { sum: value * count, count }
    if (!isTensor(value)) {
      throw new DTypeError({
        operation: `metric '${name}'`,
        problem: `must return a number or a tensor, got ${value === null ? 'null' : typeof value}.`,
      })
    }
    let sum = 0
    for (const element of peek(value)) sum += element
    return { sum: (sum / value.size) * count, count }
  })
}
