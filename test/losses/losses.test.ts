import { describe, expect, it } from 'vitest'
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  gradcheck,
  meanAbsoluteError,
  meanSquaredError,
  negativeLogLikelihood,
  NonFiniteError,
  noGrad,
  oneHot,
  type Reduction,
  SGD,
  ShapeError,
  sparseCategoricalCrossentropy,
  tensor,
  ValueError,
  zeros,
} from '../../src/index.ts'
import { engineOf } from '../../src/engine/device.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { between, expectClose, int, leaf, normal } from '../setup/numbers.ts'

const labels = int([2, 0, 3])
const logits = normal([3, 4], 1)

describe.each(devices)('losses on %s', device => {
  useDevice(device)

  it('take [batch] as targets of a [batch, 1] prediction, and no other broadcast', () => {
    const column = tensor([[0.2], [0.7], [0.9]])
    const flat = tensor([0, 1, 1])
    const want = binaryCrossentropy(column, flat.reshape([3, 1])).item()
    expect(binaryCrossentropy(column, flat).item()).toBe(want)
    expect(meanSquaredError(column, flat).item()).toBeCloseTo((0.04 + 0.09 + 0.01) / 3, 6)
    for (const loss of [meanSquaredError, meanAbsoluteError, binaryCrossentropy]) {
      expect(() => loss(column, tensor([0, 1]))).toThrow(ShapeError)
      expect(() => loss(flat, column)).toThrow(
        /targets \[3, 1\] for predictions \[3\][\s\S]*reshape the targets/,
      )
      expect(() => loss(zeros([3, 3]), flat)).toThrow(/sparseCategoricalCrossentropy/)
      expect(() => loss(column, tensor(1))).toThrow(ShapeError)
    }
  })

  it('agree from logits and from probabilities', () => {
    const targets = oneHot(labels, 4)
    const p = logits.softmax()
    const exact = sparseCategoricalCrossentropy(logits, labels, { fromLogits: true })
    for (const value of [
      sparseCategoricalCrossentropy(p, labels),
      categoricalCrossentropy(p, targets),
      categoricalCrossentropy(logits, targets, { fromLogits: true }),
      negativeLogLikelihood(logits.logSoftmax(), labels),
    ]) {
      expectClose(value, exact, 1e-6)
    }
    const y = between(0, 1, [3, 4], 3)
    const w = tensor([0.5, 1, 2, 3])
    for (const options of [{}, { positiveWeight: w }, { weight: w }, { labelSmoothing: 0.2 }]) {
      const fromLogits = binaryCrossentropy(logits, y, { ...options, fromLogits: true })
      expectClose(binaryCrossentropy(logits.sigmoid(), y, options), fromLogits, 1e-6)
    }
  })

  it('stay finite at probabilities of 0 and 1, with finite gradients', () => {
    const p = leaf(tensor([[0, 1, 0]]))
    const worst = sparseCategoricalCrossentropy(p, int([0]))
    expect(worst.item()).toBeCloseTo(126 * Math.LN2, 3)
    worst.backward()
    expect(p.grad?.data().every(Number.isFinite)).toBe(true)
    const q = leaf(tensor([0, 1, 0, 1]))
    const binary = binaryCrossentropy(q, tensor([0, 1, 1, 0]), { reduction: 'none' })
    expect([...binary.data()].map(Math.abs)).toEqual([0, 0, 100, 100])
    binary.sum().backward()
    expect(q.grad?.data().every(Number.isFinite)).toBe(true)
  })

  it('keep small losses exact', () => {
    const loss = binaryCrossentropy(tensor([1 - 2 ** -20]), tensor([1])).item()
    expect(Math.abs(loss * 2 ** 20 - 1)).toBeLessThan(1e-4)
  })

  it('rescale class probabilities that do not sum to 1', () => {
    const p = tensor([[0.2, 0.6]])
    expect(sparseCategoricalCrossentropy(p, int([1])).item()).toBeCloseTo(-Math.log(0.75), 6)
  })

  it('leave ignored labels out, even where their log-probability is −∞', () => {
    const x = tensor([
      [Number.NEGATIVE_INFINITY, 0],
      [Math.log(0.5), Math.log(0.5)],
    ])
    const kept = negativeLogLikelihood(x, int([1, 0]).mul(tensor([-1, 1])), { ignoreIndex: -1 })
    expect(kept.item()).toBeCloseTo(Math.LN2, 6)
    const options = { fromLogits: true, ignoreIndex: -100, labelSmoothing: 0.1 } as const
    const all = sparseCategoricalCrossentropy(logits, int([2, -100, 3]), options)
    const rest = sparseCategoricalCrossentropy(
      tensor([logits.data().slice(0, 4), logits.data().slice(8)]),
      int([2, 3]),
      options,
    )
    expectClose(all, rest, 1e-6)
    const none = sparseCategoricalCrossentropy(logits, int([-1, -1, -1]), {
      fromLogits: true,
      ignoreIndex: -1,
    })
    expect(none.item()).toBeNaN()
  })

  it('weigh, smooth and ignore together as the definition says', () => {
    const [s, w] = [0.3, [1, 2, 0.5, 3]]
    const target = [2, -7, 3]
    const logP = logits.logSoftmax().data()
    let [sum, total] = [0, 0]
    target.forEach((label, row) => {
      if (label < 0) return
      sum -= (1 - s) * w[label] * logP[row * 4 + label]
      for (let c = 0; c < 4; c++) sum -= (s / 4) * w[c] * logP[row * 4 + c]
      total += w[label]
    })
    const options = { fromLogits: true, labelSmoothing: s, weight: tensor(w), ignoreIndex: -7 } as const
    expect(sparseCategoricalCrossentropy(logits, int(target), options).item()).toBeCloseTo(sum / total, 5)
  })

  it('smooth binary labels towards a half', () => {
    const want = -0.9 * Math.log(0.8) - 0.1 * Math.log(0.2)
    const loss = binaryCrossentropy(tensor([0.8]), tensor([1]), { labelSmoothing: 0.2 })
    expect(loss.item()).toBeCloseTo(want, 6)
  })

  it('divide a weighted likelihood by the weights of the targets', () => {
    const logP = tensor([
      [-1, -2],
      [-3, -4],
    ])
    const weight = tensor([1, 3])
    expect(negativeLogLikelihood(logP, int([0, 1]), { weight }).item()).toBeCloseTo((1 + 12) / 4, 6)
    expect(negativeLogLikelihood(logP, int([0, 1]), { weight, ignoreIndex: 1 }).item()).toBeCloseTo(1, 6)
  })

  it('find the classes on any axis and keep the other axes in order', () => {
    const x = normal([2, 4, 3, 5], 7)
    const y = int(Array.from({ length: 30 }, (_, i) => i % 4)).reshape([2, 3, 5])
    const options = { fromLogits: true, reduction: 'none' } as const
    const want = sparseCategoricalCrossentropy(x.permute([0, 2, 3, 1]), y, options)
    expect(want.shape).toEqual([2, 3, 5])
    expectClose(sparseCategoricalCrossentropy(x, y, { ...options, axis: 1 }), want)
    const soft = oneHot(y, 4).permute([0, 3, 1, 2])
    expectClose(categoricalCrossentropy(x, soft, { ...options, axis: 1 }), want)
    expectClose(sparseCategoricalCrossentropy(x, y.reshape([2, 1, 3, 5]), { ...options, axis: 1 }), want)
  })

  it('take whole float32 labels and labels [batch, 1]', () => {
    const want = sparseCategoricalCrossentropy(logits, labels, { fromLogits: true })
    const column = tensor([[2], [0], [3]])
    expectClose(sparseCategoricalCrossentropy(logits, column, { fromLogits: true }), want)
  })

  it('say which label is wrong, where, and how many classes there are', () => {
    for (const loss of [sparseCategoricalCrossentropy, negativeLogLikelihood]) {
      expect(() => loss(zeros([2, 3]), int([0, 3]))).toThrow(/label 3 at position 1, but there are 3 classes/)
      expect(() => loss(zeros([2, 3]), int([-1, 0]))).toThrow(ValueError)
      expect(() => loss(zeros([2, 3]), tensor([0.5, 0]))).toThrow(/whole numbers/)
      expect(() => loss(zeros([2, 3]), tensor([0, Number.NaN]))).toThrow(NonFiniteError)
      expect(() => loss(zeros([2, 3]), int([0, 1, 2]))).toThrow(ShapeError)
      expect(() => loss(zeros([2, 3]), zeros([2, 3]))).toThrow(/\[2\] for predictions \[2, 3\][\s\S]*one-hot/)
      expect(() => loss(zeros([2, 3]), int([0, 1]), { weight: zeros([2]) })).toThrow(/one weight per class/)
      expect(() => loss(zeros([2, 3]), int([0, 1]), { axis: 2 })).toThrow(/no axis 2/)
    }
    expect(() => categoricalCrossentropy(zeros([2, 3]), int([0, 1]))).toThrow(/sparseCategoricalCrossentropy/)
  })

  it('refuse targets and probabilities outside 0 … 1', () => {
    const p = tensor([0.1, 0.2])
    expect(() => binaryCrossentropy(p, tensor([0, 2]))).toThrow(/target in 0 … 1, got 2 at position 1/)
    expect(() => binaryCrossentropy(p, tensor([-1, 1]))).toThrow(/−1 and 1 must be mapped/)
    expect(() => binaryCrossentropy(p, tensor([Number.NaN, 1]))).toThrow(NonFiniteError)
    expect(() => binaryCrossentropy(tensor([3, -2]), tensor([0, 1]))).toThrow(/fromLogits: true/)
    expect(() => sparseCategoricalCrossentropy(tensor([[3, -2]]), int([0]))).toThrow(/fromLogits: true/)
    expect(() => categoricalCrossentropy(tensor([[0.5, 0.5]]), tensor([[0, Number.NaN]]))).toThrow(
      NonFiniteError,
    )
    expect(() => binaryCrossentropy(p, p, { labelSmoothing: 1.5 })).toThrow(/labelSmoothing in 0 … 1/)
    expect(() => binaryCrossentropy(p, p, { weight: zeros([3]) })).toThrow(/cannot spread weight \[3\]/)
    expect(() => meanSquaredError(p, p, { reduction: 'average' as Reduction })).toThrow(/'average'/)
  })

  it('free what they made on the way, with and without backward', () => {
    const w = leaf(logits)
    const optimizer = new SGD([w])
    const soft = oneHot(labels, 4)
    const step = (): void => {
      const p = w.softmax()
      categoricalCrossentropy(p, soft, { labelSmoothing: 0.1 }).backward()
      binaryCrossentropy(w.sigmoid(), soft).backward()
      sparseCategoricalCrossentropy(w, labels, { fromLogits: true }).backward()
      optimizer.zeroGrad()
      noGrad(() => categoricalCrossentropy(w, soft, { fromLogits: true }))
    }
    for (let i = 0; i < 5; i++) step()
    const { inUse } = engineOf(device).memoryInfo()
    for (let i = 0; i < 100; i++) step()
    // The unrecorded loss itself belongs to the caller: one block per step, until the budget moves it.
    expect(engineOf(device).memoryInfo().inUse - inUse).toBeLessThanOrEqual(100 * 16)
  })

  it('let a NaN prediction through, so that the trainer sees it', () => {
    expect(binaryCrossentropy(tensor([Number.NaN]), tensor([1])).item()).toBeNaN()
    expect(meanSquaredError(tensor([Number.NaN]), tensor([1])).item()).toBeNaN()
  })

  it('are NaN for an empty batch, as in PyTorch, and 0 when summed', () => {
    expect(meanSquaredError(zeros([0, 1]), zeros([0])).item()).toBeNaN()
    expect(sparseCategoricalCrossentropy(zeros([0, 3]), int([])).item()).toBeNaN()
    expect(binaryCrossentropy(zeros([0]), zeros([0]), { reduction: 'sum' }).item()).toBe(0)
  })
})

describe('gradients of losses', () => {
  const p = between(0.1, 0.9, [3, 4], 5)
  const y = between(0.1, 0.9, [3, 4], 6)
  const weight = tensor([0.5, 1, 2, 3])

  it('are what differences give, twice', () => {
    const order = { order: 2 } as const
    gradcheck((a, b) => meanSquaredError(a, b), [p, y], order)
    gradcheck((a, b) => meanAbsoluteError(a, b), [p, y], order)
    gradcheck((a, b) => binaryCrossentropy(a, b, { reduction: 'none' }), [p, y], order)
    gradcheck(a => binaryCrossentropy(a, y, { positiveWeight: weight }), [p], order)
    gradcheck(a => binaryCrossentropy(a, y, { positiveWeight: weight, fromLogits: true }), [logits], order)
    gradcheck((a, b) => categoricalCrossentropy(a, b, { weight, labelSmoothing: 0.1 }), [p, y], order)
    for (const labelSmoothing of [0, 0.2]) {
      const options = { weight, labelSmoothing, ignoreIndex: 0 }
      gradcheck(a => sparseCategoricalCrossentropy(a, labels, options), [p], order)
    }
    gradcheck(a => negativeLogLikelihood(a, labels, { weight }), [p], order)
  })
})
