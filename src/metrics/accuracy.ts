import { checkLabels, matchTarget, peek } from '../losses/targets.ts'
import { sameShape } from '../tensor/shape.ts'
import { classCount, largest, wrongShape } from './labels.ts'
import { type Metric, MeanMetric } from './metric.ts'

export interface BinaryAccuracyOptions {
  /** A prediction above it means yes: 0.5 (default) for probabilities, 0 for logits. */
  readonly threshold?: number
  readonly name?: string
}

/**
 * Share of elements whose prediction is on the target's side: (ŷ > threshold) = (y > 0.5). A NaN is never right.
 *
 * prediction [...], target of the same shape, or [batch] for a prediction [batch, 1].
 *
 * @throws ShapeError, from `update`, when the shapes differ
 * @example
 * const metric = binaryAccuracy()
 * metric.update(tensor([0.9, 0.4]), tensor([1, 1]))
 * metric.result()   // 0.5
 */
export function binaryAccuracy(options: BinaryAccuracyOptions = {}): Metric {
  const { threshold = 0.5, name = 'binaryAccuracy' } = options
  return new MeanMetric(name, (prediction, target) => {
    const y = peek(matchTarget('binaryAccuracy', prediction, target))
    const p = peek(prediction)
    let sum = 0
    for (let i = 0; i < p.length; i++) {
      if (p[i] > threshold === y[i] > 0.5 && !Number.isNaN(p[i])) sum++
    }
    return { sum, count: p.length }
  })
}

/**
 * Share of rows whose most probable class is the target's. A row with a NaN is never right.
 *
 * prediction and target [..., classes]; the first of equal predictions wins.
 *
 * @throws ShapeError, from `update`, when the shapes differ
 */
export function categoricalAccuracy(options: { readonly name?: string } = {}): Metric {
  return new MeanMetric(options.name ?? 'categoricalAccuracy', (prediction, target) => {
    const operation = 'categoricalAccuracy'
    const classes = classCount(operation, prediction)
    if (!sameShape(prediction.shape, target.shape)) throw wrongShape(operation, prediction, target, HINT)
    const [p, y] = [peek(prediction), peek(target)]
    let sum = 0
    for (let start = 0; start < p.length; start += classes) {
      const best = largest(p, start, classes)
      if (best >= 0 && best === largest(y, start, classes)) sum++
    }
    return { sum, count: p.length / classes }
  })
}

/**
 * Share of rows whose most probable class is the label. A row with a NaN is never right.
 *
 * prediction [..., classes], target [...] (or [..., 1]) of whole numbers.
 *
 * @param options.ignoreIndex rows with this label are not counted
 * @throws from `update`: ShapeError when the shapes do not fit; ValueError for a label out of range
 */
export function sparseCategoricalAccuracy(
  options: { readonly ignoreIndex?: number; readonly name?: string } = {},
): Metric {
  const { ignoreIndex, name = 'sparseCategoricalAccuracy' } = options
  return new MeanMetric(name, (prediction, target) => {
    const operation = 'sparseCategoricalAccuracy'
    const classes = classCount(operation, prediction)
    const outer = prediction.shape.slice(0, -1)
    if (!sameShape(target.shape, outer) && !sameShape(target.shape, [...outer, 1]))
      throw wrongShape(operation, prediction, target, HINT)
    const labels = checkLabels(operation, target, classes, ignoreIndex)
    const p = peek(prediction)
    let sum = 0
    for (let row = 0; row < labels.values.length; row++) {
      const label = labels.values[row]
      if (label >= 0 && largest(p, row * classes, classes) === label) sum++
    }
    return { sum, count: labels.kept }
  })
}

const HINT =
  'sparseCategoricalAccuracy takes class numbers, categoricalAccuracy one-hot rows, binaryAccuracy 0 and 1.'
