import { describe, expect, it } from 'vitest'
import {
  auc,
  confusionMatrix,
  cosineSimilarityMetric,
  f1Score,
  Generator,
  type Metric,
  type MetricName,
  oneHot,
  perplexity,
  precision,
  r2Score,
  recall,
  resolveMetric,
  rootMeanSquaredError,
  ShapeError,
  sparseCategoricalCrossentropy,
  type Tensor,
  tensor,
  topKAccuracy,
  ValueError,
  withLossOptions,
  zeros,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { int, normal } from '../setup/numbers.ts'

const nan = Number.NaN

function resultOf(metric: Metric, prediction: Tensor, target: Tensor): number {
  metric.update(prediction, target)
  return metric.result()
}

/** Rows of scores for three classes whose largest are 1, 0, 2, 1, and labels 1, 0, 0, 2. */
const scores = tensor([
  [0.1, 0.7, 0.2],
  [0.8, 0.1, 0.1],
  [0.3, 0.3, 0.4],
  [0.2, 0.5, 0.3],
])
const labels = int([1, 0, 0, 2])

const everyMetric: readonly (() => Metric)[] = [
  precision,
  recall,
  f1Score,
  auc,
  rootMeanSquaredError,
  r2Score,
  cosineSimilarityMetric,
]

describe.each(devices)('more metrics on %s', device => {
  useDevice(device)

  it('give over batches of any size what they give over all at once, and NaN over nothing', () => {
    const p = normal([41, 1], 1).sigmoid()
    const y = normal([41, 1], 2).greater(0.2).cast('float32')
    for (const create of everyMetric) {
      const [whole, parts] = [create(), create()]
      expect(whole.result()).toBeNaN()
      whole.update(p, y)
      for (const [start, end] of [
        [0, 7],
        [7, 8],
        [8, 41],
      ]) {
        parts.update(p.slice([[start, end]]), y.slice([[start, end]]))
        parts.result()
      }
      expect(parts.result()).toBeCloseTo(whole.result(), 12)
      whole.reset()
      expect(whole.result()).toBeNaN()
      expect(resultOf(whole, p, y)).toBeCloseTo(parts.result(), 12)
    }
  })

  it('precision, recall and F1 count yes and no', () => {
    const [p, y] = [tensor([0.9, 0.8, 0.7, 0.2, 0.1]), tensor([1, 1, 0, 1, 0])]
    expect(resultOf(precision(), p, y)).toBeCloseTo(2 / 3)
    expect(resultOf(recall(), p, y)).toBeCloseTo(2 / 3)
    expect(resultOf(f1Score({ threshold: 0.75 }), p, y)).toBeCloseTo(0.8)
    expect(resultOf(precision({ threshold: 0.95 }), p, y)).toBe(0)
    expect(resultOf(recall(), p, zeros([5]))).toBe(0)
  })

  it('precision, recall and F1 of classes: macro, weighted, micro, from numbers or one-hot rows', () => {
    // Class 0: hit 1, miss 1. Class 1: hit 1, false alarm 1. Class 2: false alarm 1, miss 1.
    for (const target of [labels, labels.reshape([4, 1]), oneHot(labels, 3)]) {
      expect(resultOf(precision({ average: 'macro' }), scores, target)).toBeCloseTo((1 + 0.5 + 0) / 3)
      expect(resultOf(recall({ average: 'macro' }), scores, target)).toBeCloseTo((0.5 + 1 + 0) / 3)
      expect(resultOf(precision({ average: 'weighted' }), scores, target)).toBeCloseTo((2 + 0.5) / 4)
      expect(resultOf(f1Score({ average: 'micro' }), scores, target)).toBeCloseTo(0.5)
      expect(resultOf(f1Score({ average: 'macro' }), scores, target)).toBeCloseTo((2 / 3 + 2 / 3) / 3)
    }
    const kept = precision({ average: 'macro', ignoreIndex: 2 })
    expect(resultOf(kept, scores, labels)).toBeCloseTo((1 + 1 + 0) / 3)
    expect(resultOf(recall({ average: 'macro' }), tensor([[nan, 1]]), int([1]))).toBe(0)
    expect(() => precision({ average: 'mean' as 'macro' })).toThrow(/'macro'.*got 'mean'/)
    expect(() => precision().update(scores, labels)).toThrow(ShapeError)
    expect(() => precision({ average: 'macro' }).update(scores, int([0, 1]))).toThrow(/class numbers/)
  })

  it('auc is the share of pairs in the right order, ties counting half', () => {
    expect(resultOf(auc(), tensor([0.1, 0.4, 0.35, 0.8]), tensor([0, 0, 1, 1]))).toBe(0.75)
    const count = 200
    const random = new Generator(3)
    const p = Float32Array.from(random.uniform(count, 0, 1), x => Math.round(x * 20) / 20)
    const y = Float32Array.from(random.uniform(count, 0, 1), (x, i) => (x < p[i] ? 1 : 0))
    let [right, pairs] = [0, 0]
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < count; j++) {
        if (y[i] <= y[j]) continue
        pairs++
        right += p[i] > p[j] ? 1 : p[i] === p[j] ? 0.5 : 0
      }
    }
    expect(resultOf(auc(), tensor(p), tensor(y))).toBeCloseTo(right / pairs, 12)
    expect(resultOf(auc(), tensor([0.5]), tensor([1]))).toBeNaN()
    expect(resultOf(auc(), tensor([0.5, nan]), tensor([1, 0]))).toBeNaN()
  })

  it('auc of precision over recall is average precision', () => {
    // From the top: yes (1/1), no, yes (2/3), no, yes (3/5).
    const [p, y] = [tensor([0.9, 0.8, 0.7, 0.6, 0.5]), tensor([1, 0, 1, 0, 1])]
    expect(resultOf(auc({ curve: 'pr' }), p, y)).toBeCloseTo((1 + 2 / 3 + 3 / 5) / 3, 12)
    const tied = resultOf(auc({ curve: 'pr' }), tensor([0.5, 0.5]), tensor([1, 0]))
    expect(tied).toBe(0.5)
    expect(() => auc({ curve: 'ROC' as 'roc' })).toThrow(/'roc' and 'pr', got 'ROC'/)
  })

  it('topKAccuracy looks for the label among the k best, the first of equals first', () => {
    expect(resultOf(topKAccuracy({ k: 1 }), scores, labels)).toBe(0.5)
    expect(resultOf(topKAccuracy({ k: 2 }), scores, labels)).toBe(1)
    expect(resultOf(topKAccuracy({ k: 2 }), scores, oneHot(labels, 3))).toBe(1)
    expect(resultOf(topKAccuracy({ k: 1 }), tensor([[1, 1]]), int([1]))).toBe(0)
    expect(resultOf(topKAccuracy({ k: 2 }), tensor([[nan, 1]]), int([1]))).toBe(0)
    expect(resultOf(topKAccuracy({ k: 1, ignoreIndex: 2 }), scores, labels)).toBeCloseTo(2 / 3)
    expect(() => topKAccuracy({ k: 0 })).toThrow(ValueError)
  })

  it('confusionMatrix has the true class in the row, the predicted one in the column', () => {
    const confusion = confusionMatrix({ classes: 3 })
    confusion.update(scores, labels)
    confusion.update(scores.slice([[0, 1]]), int([1]))
    expect(confusion.matrix().toArray()).toEqual([
      [1, 0, 1],
      [0, 2, 0],
      [0, 1, 0],
    ])
    expect(confusion.result()).toBeCloseTo(3 / 5)
    confusion.reset()
    expect(confusion.matrix().sum().item()).toBe(0)
    const binary = confusionMatrix({ classes: 2 })
    binary.update(tensor([[0.9], [0.2], [0.8], [nan]]), tensor([1, 0, 0, 1]))
    expect(binary.matrix().toArray()).toEqual([
      [1, 1],
      [0, 1],
    ])
    expect(binary.result()).toBe(0.5)
    expect(() => confusionMatrix({ classes: 1 })).toThrow(/classes to be a whole number ≥ 2/)
    expect(() => confusion.update(zeros([2, 4]), int([0, 1]))).toThrow(/\[\.\.\., 3\], got \[2, 4\]/)
  })

  it('regression: root of the mean square, share of the variance, mean cosine', () => {
    const [p, y] = [tensor([1, 2, 5]), tensor([1, 3, 3])]
    expect(resultOf(rootMeanSquaredError(), p, y)).toBeCloseTo(Math.sqrt(5 / 3), 12)
    expect(resultOf(r2Score(), p, y)).toBeCloseTo(1 - 5 / (8 / 3), 6)
    const columns = resultOf(
      r2Score(),
      tensor([
        [1, 0],
        [2, 0],
        [5, 0],
      ]),
      tensor([
        [1, 0],
        [3, 0],
        [3, 0],
      ]),
    )
    expect(columns).toBeCloseTo((1 - 5 / (8 / 3) + 1) / 2, 6)
    const far = tensor([1e4 + 1, 1e4 + 2, 1e4 + 3])
    expect(resultOf(r2Score(), far, far)).toBe(1)
    expect(resultOf(r2Score(), tensor([1, 2]), tensor([3, 3]))).toBe(0)
    const cosine = cosineSimilarityMetric()
    const vectors = tensor([
      [3, 0],
      [0, 0],
    ])
    expect(
      resultOf(
        cosine,
        vectors,
        tensor([
          [1, 1],
          [1, 1],
        ]),
      ),
    ).toBeCloseTo(Math.SQRT1_2 / 2, 6)
    const metric = r2Score()
    metric.update(p, y)
    expect(() => metric.update(zeros([1, 2]), zeros([1, 2]))).toThrow(
      /1 outputs before, got predictions \[1, 2\]/,
    )
  })

  it('perplexity is e to the mean cross-entropy over all labels', () => {
    const logits = normal([6, 5], 4)
    const target = int([0, 1, 2, 3, 4, -1])
    const loss = sparseCategoricalCrossentropy(logits, target, { fromLogits: true, ignoreIndex: -1 })
    const want = Math.exp(loss.item())
    const fromLogits = perplexity({ fromLogits: true, ignoreIndex: -1 })
    fromLogits.update(logits.slice([[0, 2]]), target.slice([[0, 2]]))
    fromLogits.update(logits.slice([[2, 6]]), target.slice([[2, 6]]))
    expect(fromLogits.result()).toBeCloseTo(want, 5)
    expect(resultOf(perplexity({ ignoreIndex: -1 }), logits.softmax(), target)).toBeCloseTo(want, 5)
    expect(resultOf(perplexity(), zeros([1, 4]).add(0.25), int([2]))).toBeCloseTo(4, 6)
    expect(resultOf(perplexity(), tensor([[0, 1]]), int([0]))).toBeCloseTo(2 ** 126, -36)
  })

  it('have names, and take threshold and ignored label from the loss', () => {
    const names: readonly MetricName[] = [
      'precision',
      'recall',
      'f1Score',
      'auc',
      'topKAccuracy',
      'perplexity',
      'rootMeanSquaredError',
      'r2Score',
      'cosineSimilarity',
    ]
    for (const name of names) expect(resolveMetric(name).name).toBe(name)
    const loss = withLossOptions(sparseCategoricalCrossentropy, { fromLogits: true, ignoreIndex: -1 })
    const metric = resolveMetric('perplexity', { loss })
    expect(resultOf(metric, zeros([2, 3]), int([-1, 2]))).toBeCloseTo(3, 6)
    expect(resultOf(resolveMetric('precision', { loss }), tensor([0.3]), tensor([1]))).toBe(1)
  })
})
