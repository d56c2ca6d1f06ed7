import { noGrad, userScope } from '../autodiff/mode.ts'
import { DTypeError, ValueError } from '../errors.ts'
import type { StateTree } from '../io/state-tree.ts'
import { type LossLike, resolveLoss } from '../losses/resolve.ts'
import { hasTrailingOne, peek } from '../losses/targets.ts'
import { isTensor } from '../ops/operand.ts'
import { suggestName } from '../suggest.ts'
import { sameShape, type Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { binaryAccuracy, categoricalAccuracy, sparseCategoricalAccuracy } from './accuracy.ts'
import { auc } from './auc.ts'
import {
  cosineSimilarityMetric,
  meanAbsoluteErrorMetric,
  meanSquaredErrorMetric,
  r2Score,
  rootMeanSquaredError,
} from './errors-of-numbers.ts'
import { BuiltInMetric, MeanMetric, type Metric } from './metric.ts'
import { perplexity } from './perplexity.ts'
import { f1Score, precision, recall } from './precision-recall.ts'
import { topKAccuracy } from './top-k-accuracy.ts'

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

const metricByName = {
  accuracy: (context: MetricContext): Metric => accuracy(context),
  binaryAccuracy: (context: MetricContext): Metric => binaryAccuracy({ threshold: thresholdOf(context) }),
  categoricalAccuracy: (): Metric => categoricalAccuracy(),
  sparseCategoricalAccuracy: (): Metric => sparseCategoricalAccuracy(),
  meanSquaredError: (): Metric => meanSquaredErrorMetric(),
  meanAbsoluteError: (): Metric => meanAbsoluteErrorMetric(),
  rootMeanSquaredError: (): Metric => rootMeanSquaredError(),
  r2Score: (): Metric => r2Score(),
  cosineSimilarity: (): Metric => cosineSimilarityMetric(),
  precision: (context: MetricContext): Metric => precision({ threshold: thresholdOf(context) }),
  recall: (context: MetricContext): Metric => recall({ threshold: thresholdOf(context) }),
  f1Score: (context: MetricContext): Metric => f1Score({ threshold: thresholdOf(context) }),
  auc: (): Metric => auc(),
  topKAccuracy: (context: MetricContext): Metric => topKAccuracy(ignoreIndexOf(context)),
  perplexity: (context: MetricContext): Metric =>
    perplexity({ fromLogits: thresholdOf(context) === 0, ...ignoreIndexOf(context) }),
} as const

export type MetricName = keyof typeof metricByName

/** What `compile` takes as a metric. */
export type MetricLike = MetricName | Metric | MetricFunction

const thresholdOf = ({ loss, fromLogits }: MetricContext): number => {
  const isLogit = fromLogits ?? (loss !== undefined && resolveLoss(loss).fixed.fromLogits === true)
  return isLogit ? 0 : 0.5
}

/** The labels that the loss leaves out. */
const ignoreIndexOf = ({ loss }: MetricContext): { readonly ignoreIndex?: number } => {
  const { ignoreIndex } = (loss === undefined ? {} : resolveLoss(loss).fixed) as { ignoreIndex?: number }
  return { ignoreIndex }
}

type AccuracyKind = 'binary' | 'categorical' | 'sparse'

const KIND_OF_LOSS: Readonly<Record<string, AccuracyKind>> = {
  binaryCrossentropy: 'binary',
  categoricalCrossentropy: 'categorical',
  sparseCategoricalCrossentropy: 'sparse',
  negativeLogLikelihood: 'sparse',
}

function kindOfShapes(prediction: Tensor, target: Tensor): AccuracyKind {
  const [p, t] = [prediction.shape, target.shape]
  if (p.length === 0 || p[p.length - 1] === 1) return 'binary'
  if (sameShape(p, t)) return p.length === 1 ? 'binary' : 'categorical'
  return hasTrailingOne(t, p) ? 'binary' : 'sparse'
}

/**
 * Accuracy of the kind that loss and shapes call for, as in Keras: binary for one unit or binaryCrossentropy; sparse
 * for class numbers; categorical for one-hot targets. Where the loss does not tell, the first batch does.
 */
export function accuracy(context: MetricContext = {}): Metric {
  const { loss, outputShape } = context
  const create = (kind: AccuracyKind): Metric => {
    if (kind === 'binary') return binaryAccuracy({ threshold: thresholdOf(context), name: 'accuracy' })
    const { ignoreIndex } = ignoreIndexOf(context)
    return kind === 'categorical'
      ? categoricalAccuracy({ name: 'accuracy' })
      : sparseCategoricalAccuracy({ ignoreIndex, name: 'accuracy' })
  }
  const builtIn = loss === undefined ? null : resolveLoss(loss).builtIn
  if (builtIn !== null && Object.hasOwn(KIND_OF_LOSS, builtIn)) return create(KIND_OF_LOSS[builtIn])
  if (outputShape !== undefined && outputShape[outputShape.length - 1] === 1) return create('binary')
  let chosen: { readonly kind: AccuracyKind; readonly metric: Metric } | null = null
  const choose = (kind: AccuracyKind) => ({ kind, metric: create(kind) })
  return {
    name: 'accuracy',
    update(prediction, target) {
      chosen ??= choose(kindOfShapes(prediction, target))
      chosen.metric.update(prediction, target)
    },
    result: () => chosen?.metric.result() ?? Number.NaN,
    reset: () => chosen?.metric.reset(),
    stateDict: () => (chosen === null ? null : [chosen.kind, chosen.metric.stateDict?.() ?? null]),
    loadStateDict(state) {
      if (state === null) return
      const [kind, figures] = state as readonly [AccuracyKind, StateTree]
      chosen = choose(kind)
      chosen.metric.loadStateDict?.(figures)
    },
  }
}

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
    if (Object.hasOwn(metricByName, metric)) {
      const made = metricByName[metric](context)
      BUILT_IN.add(made)
      return made
    }
    throw new ValueError({
      operation: 'metric',
      problem: `'${String(metric)}' is not known.`,
      hint: suggestName(metric, Object.keys(metricByName)),
      argument: 'metrics',
      received: metric,
    })
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
