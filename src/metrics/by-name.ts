import type { StateTree } from '../io/state-tree.ts'
import { resolveLoss } from '../losses/resolve.ts'
import { hasTrailingOne } from '../losses/targets.ts'
import { sameShape } from '../tensor/shape.ts'
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
import type { Metric } from './metric.ts'
import { perplexity } from './perplexity.ts'
import { f1Score, precision, recall } from './precision-recall.ts'
import type { MetricContext } from './resolve.ts'
import { topKAccuracy } from './top-k-accuracy.ts'

/** The metrics by the names that `compile` knows. */
export const metricByName = {
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
