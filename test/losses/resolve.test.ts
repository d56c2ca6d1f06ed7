import { describe, expect, it } from 'vitest'
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  lossByName,
  type LossName,
  meanSquaredError,
  resolveLoss,
  type Tensor,
  tensor,
  ValueError,
  withLossOptions,
} from '../../src/index.ts'

describe('resolveLoss', () => {
  it('knows every built-in loss by the name it calls itself', () => {
    for (const [name, loss] of Object.entries(lossByName)) {
      expect(resolveLoss(name as LossName)).toBe(loss)
      expect(loss.name).toBe(name)
      expect(loss.builtIn).toBe(name)
    }
  })

  it('says which losses can start before the last activation', () => {
    expect(resolveLoss('binaryCrossentropy').fromLogitsFor).toBe('sigmoid')
    expect(resolveLoss('categoricalCrossentropy').fromLogitsFor).toBe('softmax')
    expect(resolveLoss('sparseCategoricalCrossentropy').fromLogitsFor).toBe('softmax')
    expect(resolveLoss('meanSquaredError').fromLogitsFor).toBeNull()
  })

  it('suggests the nearest name', () => {
    const wrong = (name: string) => () => resolveLoss(name as LossName)
    expect(wrong('binary_crossentropy')).toThrow(ValueError)
    expect(wrong('binary_crossentropy')).toThrow(/did you mean 'binaryCrossentropy'/)
    expect(wrong('MeanSquareError')).toThrow(/did you mean 'meanSquaredError'/)
    expect(wrong('banana')).toThrow(/There are 'meanSquaredError'/)
    expect(wrong('banana')).not.toThrow(/did you mean/)
    expect(wrong('__proto__')).toThrow(ValueError)
    expect(() => resolveLoss(null as never)).toThrow(/got null/)
  })

  it('takes a function of your own, and asks it for a tensor', () => {
    const cubed = (p: Tensor, y: Tensor): Tensor => p.sub(y).abs().pow(3).mean()
    const loss = resolveLoss(cubed)
    expect(loss.name).toBe('cubed')
    expect(loss.fromLogitsFor).toBeNull()
    expect(loss(tensor([3]), tensor([1])).item()).toBeCloseTo(8, 5)
    const wrong = resolveLoss((() => 3) as never)
    expect(() => wrong(tensor([3]), tensor([1]))).toThrow(/must return a tensor, got number/)
  })
})

describe('withLossOptions', () => {
  it('fixes options and keeps what the trainer wants to know', () => {
    const loss = withLossOptions(categoricalCrossentropy, { labelSmoothing: 0.2 })
    const [p, y] = [tensor([[0.3, 0.7]]), tensor([[0, 1]])]
    expect(loss(p, y).item()).toBe(categoricalCrossentropy(p, y, { labelSmoothing: 0.2 }).item())
    expect(loss(p, y, { reduction: 'none' }).shape).toEqual([1])
    expect([loss.name, loss.builtIn, loss.fromLogitsFor]).toEqual([
      'categoricalCrossentropy',
      'categoricalCrossentropy',
      'softmax',
    ])
    expect(categoricalCrossentropy.fixed).toEqual({})
  })

  it('does not ask for logits twice', () => {
    expect(withLossOptions(binaryCrossentropy, { fromLogits: true }).fromLogitsFor).toBeNull()
  })

  it('works on a loss that has options already', () => {
    const sum = withLossOptions(meanSquaredError, { reduction: 'sum' })
    expect(withLossOptions(sum, {})(tensor([1, 2]), tensor([0, 0])).item()).toBe(5)
  })
})
