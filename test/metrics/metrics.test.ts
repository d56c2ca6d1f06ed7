import { describe, expect, it } from 'vitest'
import {
  accuracy,
  binaryAccuracy,
  binaryCrossentropy,
  categoricalAccuracy,
  Mean,
  meanAbsoluteErrorMetric,
  meanSquaredErrorMetric,
  type Metric,
  type MetricContext,
  oneHot,
  resolveMetric,
  ShapeError,
  sparseCategoricalAccuracy,
  type Tensor,
  tensor,
  ValueError,
  withLossOptions,
  zeros,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { int } from '../setup/numbers.ts'

const rows = tensor([
  [0.1, 0.7, 0.2],
  [0.8, 0.1, 0.1],
  [0.3, 0.3, 0.4],
])

function resultOf(metric: Metric, prediction: Tensor, target: Tensor): number {
  metric.update(prediction, target)
  return metric.result()
}

describe.each(devices)('metrics on %s', device => {
  useDevice(device)

  it('count over batches of different sizes exactly', () => {
    const metric = binaryAccuracy()
    metric.update(tensor([0.9, 0.8, 0.1]), tensor([1, 1, 0]))
    metric.update(tensor([0.9]), tensor([0]))
    expect(metric.result()).toBe(0.75)
    metric.reset()
    expect(metric.result()).toBeNaN()
    metric.update(zeros([0]), zeros([0]))
    expect(metric.result()).toBeNaN()
  })

  it('binary: compare with the threshold, element by element', () => {
    const logits = tensor([[0.2], [-0.1], [3]])
    expect(resultOf(binaryAccuracy({ threshold: 0 }), logits, int([1, 0, 0]))).toBeCloseTo(2 / 3)
    expect(resultOf(binaryAccuracy(), logits, int([1, 0, 0]))).toBeCloseTo(1 / 3)
    expect(resultOf(binaryAccuracy(), tensor([0.5]), tensor([0]))).toBe(1)
    expect(resultOf(binaryAccuracy(), tensor([[0.9, 0.2]]), tensor([[1, 1]]))).toBe(0.5)
  })

  it('classes: compare the most probable ones, the first of equals', () => {
    expect(resultOf(sparseCategoricalAccuracy(), rows, int([1, 0, 0]))).toBeCloseTo(2 / 3)
    expect(resultOf(sparseCategoricalAccuracy(), rows, tensor([[1], [0], [2]]))).toBe(1)
    expect(resultOf(categoricalAccuracy(), rows, oneHot(int([1, 0, 0]), 3))).toBeCloseTo(2 / 3)
    expect(resultOf(sparseCategoricalAccuracy(), tensor([[1, 1]]), int([0]))).toBe(1)
  })

  it('leave ignored labels out', () => {
    const metric = sparseCategoricalAccuracy({ ignoreIndex: -1 })
    expect(resultOf(metric, rows, int([1, -1, 0]))).toBe(0.5)
  })

  it('never call NaN right', () => {
    const nan = Number.NaN
    expect(resultOf(binaryAccuracy(), tensor([nan, nan]), tensor([0, 1]))).toBe(0)
    expect(resultOf(sparseCategoricalAccuracy(), tensor([[nan, 0, 0]]), int([0]))).toBe(0)
    expect(resultOf(categoricalAccuracy(), tensor([[nan, 0]]), tensor([[1, 0]]))).toBe(0)
    expect(resultOf(meanSquaredErrorMetric(), tensor([nan]), tensor([0]))).toBeNaN()
  })

  it('measure errors of numbers over all elements', () => {
    const metric = meanSquaredErrorMetric()
    metric.update(tensor([[1], [2]]), tensor([0, 0]))
    metric.update(tensor([[3]]), tensor([0]))
    expect(metric.result()).toBeCloseTo(14 / 3, 6)
    expect(resultOf(meanAbsoluteErrorMetric(), tensor([1, -3]), tensor([0, 0]))).toBe(2)
  })

  it('refuse shapes that do not fit', () => {
    const update = (metric: Metric, target: Tensor) => () => metric.update(rows, target)
    expect(update(binaryAccuracy(), int([0, 1, 0]))).toThrow(ShapeError)
    expect(update(categoricalAccuracy(), int([0, 1, 0]))).toThrow(/sparseCategoricalAccuracy takes class/)
    expect(update(sparseCategoricalAccuracy(), rows)).toThrow(ShapeError)
    expect(update(sparseCategoricalAccuracy(), int([0, 1, 3]))).toThrow(/label 3 at position 2/)
    expect(() => sparseCategoricalAccuracy().update(tensor(1), int(0))).toThrow(/\[\.\.\., classes\]/)
  })

  it('accuracy follows the loss, the output, or else the first batch', () => {
    const accuracyOf = (context: MetricContext, prediction: Tensor, target: Tensor): number =>
      resultOf(resolveMetric('accuracy', context), prediction, target)
    const several = tensor([
      [0.9, 0.6],
      [0.2, 0.6],
    ])
    const flags = tensor([
      [1, 0],
      [0, 1],
    ])
    expect(accuracyOf({ loss: 'binaryCrossentropy' }, several, flags)).toBe(0.75)
    expect(accuracyOf({ loss: 'categoricalCrossentropy' }, several, flags)).toBe(1)
    expect(accuracyOf({ loss: 'sparseCategoricalCrossentropy' }, several, int([0, 0]))).toBe(0.5)
    const custom = (p: Tensor, y: Tensor): Tensor => p.sub(y).mean()
    expect(accuracyOf({ loss: custom }, several, flags)).toBe(1)
    expect(accuracyOf({ loss: custom }, several, int([0, 0]))).toBe(0.5)
    expect(accuracyOf({ loss: custom }, tensor([[0.7]]), tensor([1]))).toBe(1)
    expect(accuracyOf({ outputShape: [1] }, tensor([[0.7]]), tensor([1]))).toBe(1)
    expect(resolveMetric('accuracy', { loss: custom }).result()).toBeNaN()
    expect(resolveMetric('accuracy').name).toBe('accuracy')
  })

  it('accuracy puts the threshold of logits at 0', () => {
    const loss = withLossOptions(binaryCrossentropy, { fromLogits: true })
    const [p, y] = [tensor([0.3]), tensor([1])]
    expect(resultOf(accuracy({ loss }), p, y)).toBe(1)
    expect(resultOf(accuracy({ loss: 'binaryCrossentropy', fromLogits: true }), p, y)).toBe(1)
    expect(resultOf(accuracy({ loss: 'binaryCrossentropy' }), p, y)).toBe(0)
    expect(resultOf(resolveMetric('binaryAccuracy', { loss }), p, y)).toBe(1)
  })

  it('of your own: functions are weighted by batch size, objects are passed through', () => {
    const largest = (p: Tensor): Tensor => p.max()
    const metric = resolveMetric(largest)
    expect(metric.name).toBe('largest')
    metric.update(tensor([1, 2, 3]), zeros([3]))
    metric.update(tensor([7]), zeros([1]))
    expect(metric.result()).toBe(4)
    const own = {
      name: 'own',
      seen: 5,
      update: () => void own.seen++,
      result: () => own.seen,
      reset: () => {
        own.seen = 0
      },
    }
    const wrapped = resolveMetric(own)
    expect(own.seen).toBe(0)
    wrapped.update(rows, rows)
    expect([wrapped.name, wrapped.result()]).toEqual(['own', 1])
    const silent = resolveMetric((() => undefined) as never)
    expect(() => silent.update(rows, rows)).toThrow(/must return a number or a tensor, got undefined/)
  })

  it('leave no trace in the graph', () => {
    const p = tensor([1, 2], { requiresGrad: true })
    let seen: Tensor | null = null
    resolveMetric((prediction: Tensor) => {
      seen = prediction.mul(2)
      return seen
    }).update(p, p)
    expect(seen).toHaveProperty('requiresGrad', false)
  })
})

describe('resolveMetric', () => {
  it('suggests the nearest name', () => {
    expect(() => resolveMetric('acuracy' as never)).toThrow(/did you mean 'accuracy'/)
    expect(() => resolveMetric('toString' as never)).toThrow(ValueError)
    expect(() => resolveMetric({ name: 'x' } as never)).toThrow(/update, result and reset/)
  })

  it('resets an object, so that a run starts from nothing', () => {
    const metric = binaryAccuracy()
    metric.update(tensor([1]), tensor([0]))
    expect(resolveMetric(metric)).toBe(metric)
    expect(metric.result()).toBeNaN()
  })
})

describe('Mean', () => {
  it('weighs', () => {
    const mean = new Mean()
    expect(mean.result()).toBeNaN()
    mean.add(1, 32)
    mean.add(4, 16)
    expect(mean.result()).toBe(2)
    mean.reset()
    mean.add(3)
    expect(mean.result()).toBe(3)
  })
})
