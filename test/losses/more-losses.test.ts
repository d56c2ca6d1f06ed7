import { describe, expect, it } from 'vitest'
import {
  cosineSimilarity,
  gradcheck,
  hinge,
  huber,
  klDivergence,
  logCosh,
  type LossFunction,
  lossByName,
  NonFiniteError,
  poisson,
  resolveLoss,
  ShapeError,
  smoothL1,
  squaredHinge,
  tensor,
  ValueError,
  withLossOptions,
  zeros,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { between, distinct, expectClose, leaf, normal } from '../setup/numbers.ts'

const nan = Number.NaN

describe.each(devices)('more losses on %s', device => {
  useDevice(device)

  it('huber is a parabola up to delta and its tangent beyond; smoothL1 is that divided by beta', () => {
    const e = tensor([0, 0.5, -2, 2, 5, -5])
    const y = zeros([6])
    expectClose(huber(e, y, { delta: 2, reduction: 'none' }), [0, 0.125, 2, 2, 8, 8])
    expectClose(smoothL1(e, y, { beta: 2, reduction: 'none' }), [0, 0.0625, 1, 1, 4, 4])
    expectClose(smoothL1(e, y, { beta: 0, reduction: 'none' }), [0, 0.5, 2, 2, 5, 5])
    const x = leaf(e)
    huber(x, y, { delta: 2, reduction: 'sum' }).backward()
    expect([...(x.grad?.data() ?? [])]).toEqual([0, 0.5, -2, 2, 2, -2])
    expect(() => huber(e, y, { delta: 0 })).toThrow(/delta > 0, got 0/)
    expect(() => smoothL1(e, y, { beta: -1 })).toThrow(/beta ≥ 0, got -1/)
  })

  it('logCosh keeps its digits near 0 and does not overflow far from it', () => {
    const e = [1e-3, -0.3, 1, -1.5, 20, 300]
    const got = logCosh(tensor(e), zeros([6]), { reduction: 'none' }).data()
    const want = e.map(x => (Math.abs(x) > 30 ? Math.abs(x) - Math.LN2 : Math.log(Math.cosh(x))))
    got.forEach((value, i) => {
      expect(Math.abs(value / want[i] - 1)).toBeLessThan(2e-6)
    })
    const x = leaf(tensor(e))
    logCosh(x, zeros([6]), { reduction: 'sum' }).backward()
    expectClose(x.grad ?? zeros([0]), e.map(Math.tanh), 1e-6)
  })

  it('hinges take 0 for −1, stop at the margin, and refuse other targets', () => {
    const p = tensor([0.5, 2, -3, 1])
    expectClose(hinge(p, tensor([1, -1, -1, 1]), { reduction: 'none' }), [0.5, 3, 0, 0])
    expectClose(hinge(p, tensor([1, 0, 0, 1]), { reduction: 'none' }), [0.5, 3, 0, 0])
    expectClose(squaredHinge(p, tensor([1, 0, -1, 1]), { reduction: 'none' }), [0.25, 9, 0, 0])
    expect(() => hinge(p, tensor([1, 0.5, 0, 1]))).toThrow(/−1 and 1 \(or 0 and 1\), got 0.5 at position 1/)
    expect(() => squaredHinge(p, tensor([1, nan, 0, 1]))).toThrow(NonFiniteError)
  })

  it('klDivergence agrees from probabilities, logarithms and logits', () => {
    const logits = normal([3, 4], 1)
    const p = normal([3, 4], 2).softmax()
    const [q, logQ] = [logits.softmax(), logits.logSoftmax()]
    let sum = 0
    p.data().forEach((value, i) => {
      sum += value * (Math.log(value) - logQ.data()[i])
    })
    for (const value of [
      klDivergence(q, p),
      klDivergence(logits, p, { fromLogits: true }),
      klDivergence(logQ, p, { logPrediction: true }),
      klDivergence(logQ, p.log(), { logPrediction: true, logTarget: true }),
      klDivergence(q.transpose(), p.transpose(), { axis: 0 }),
    ]) {
      expectClose(value, [sum / 3], 1e-6)
    }
    expect(klDivergence(q, p, { reduction: 'none' }).shape).toEqual([3])
    expectClose(klDivergence(q, p, { axis: null }), [sum / 12], 1e-6)
  })

  it('klDivergence is 0 where the target has no mass, and finite where only the prediction has none', () => {
    expect(klDivergence(tensor([[0.5, 0.5]]), tensor([[1, 0]])).item()).toBeCloseTo(Math.LN2, 6)
    expect(klDivergence(tensor([[1, 0]]), tensor([[1, 0]])).item()).toBe(0)
    expect(klDivergence(tensor([[0, 1]]), tensor([[1, 0]])).item()).toBeCloseTo(126 * Math.LN2, 3)
    const logs = tensor([[0, Number.NEGATIVE_INFINITY]])
    const q = leaf(logs)
    const loss = klDivergence(q, logs, { logPrediction: true, logTarget: true })
    loss.backward()
    expect(loss.item()).toBe(0)
    expect([...(q.grad?.data() ?? [])].map(x => x + 0)).toEqual([-1, 0])
    expect(() => klDivergence(tensor([[2, -1]]), tensor([[1, 0]]))).toThrow(/fromLogits: true/)
    expect(() => klDivergence(tensor([[1, 0]]), tensor([[nan, 0]]))).toThrow(NonFiniteError)
    expect(() => klDivergence(zeros([2, 3]), zeros([2]))).toThrow(ShapeError)
  })

  it('cosineSimilarity is minus the cosine along an axis, and 0 for a vector of zeros', () => {
    const p = tensor([
      [3, 0],
      [1, 1],
      [0, 0],
    ])
    const y = tensor([
      [1, 1],
      [-2, -2],
      [1, 0],
    ])
    expectClose(cosineSimilarity(p, y, { reduction: 'none' }), [-Math.SQRT1_2, 1, 0])
    expect(cosineSimilarity(p, y).item()).toBeCloseTo((1 - Math.SQRT1_2) / 3, 6)
    const flipped = cosineSimilarity(p.transpose(), y.transpose(), { axis: 0, reduction: 'none' })
    expectClose(flipped, [-Math.SQRT1_2, 1, 0])
    const x = leaf(zeros([1, 2]))
    cosineSimilarity(x, tensor([[1, 0]])).backward()
    expect(x.grad?.data().every(Number.isFinite)).toBe(true)
  })

  it('poisson takes rates or their logarithms', () => {
    const [rates, counts] = [tensor([2, 0.5]), tensor([3, 0])]
    expect(poisson(rates, counts).item()).toBeCloseTo((2 - 3 * Math.LN2 + 0.5) / 2, 5)
    expectClose(poisson(rates.log(), counts, { logPrediction: true }), poisson(rates, counts), 1e-6)
    expect(() => poisson(tensor([-1]), tensor([1]))).toThrow(/rates ≥ 0 as predictions, got -1/)
  })

  it('let a NaN prediction through, and refuse targets of another shape', () => {
    const losses: readonly LossFunction[] = [huber, smoothL1, logCosh, hinge, squaredHinge, poisson]
    for (const loss of losses) {
      expect(loss(tensor([nan]), tensor([1])).item()).toBeNaN()
      expect(() => loss(zeros([2]), tensor([1, 1, 1]))).toThrow(ShapeError)
    }
  })
})

describe('gradients of more losses', () => {
  it('are what differences give, twice', () => {
    const order = { order: 2 } as const
    const [p, y] = [between(0.1, 0.9, [2, 3], 5), between(0.1, 0.9, [2, 3], 6)]
    const far = distinct([2, 3], 3, 0.7)
    const signs = tensor([
      [1, -1, 1],
      [-1, 1, -1],
    ])
    gradcheck((a, b) => huber(a, b, { delta: 0.8 }), [far, y], order)
    gradcheck((a, b) => smoothL1(a, b, { beta: 0.8 }), [far, y], order)
    gradcheck((a, b) => logCosh(a, b), [far, y], order)
    gradcheck(a => hinge(a, signs), [p], order)
    gradcheck(a => squaredHinge(a, signs), [p], order)
    gradcheck((a, b) => klDivergence(a, b), [p, y], order)
    gradcheck(a => klDivergence(a, y, { fromLogits: true }), [far], order)
    gradcheck((a, b) => cosineSimilarity(a, b), [p, y], order)
    gradcheck((a, b) => poisson(a, b), [p, y], order)
  })
})

describe('losses by name', () => {
  it('know every loss, with its options fixed', () => {
    for (const [name, loss] of Object.entries(lossByName)) {
      expect(resolveLoss(name as keyof typeof lossByName)).toBe(loss)
      expect(loss.builtIn).toBe(name)
    }
    const fixed = withLossOptions(huber, { delta: 2 })
    expect(fixed(tensor([5]), tensor([0])).item()).toBe(8)
    expect(() => resolveLoss('hubber' as never)).toThrow(ValueError)
    expect(() => resolveLoss('hubber' as never)).toThrow(/did you mean 'huber'/)
  })
})
