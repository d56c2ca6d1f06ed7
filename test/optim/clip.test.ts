import { describe, expect, it } from 'vitest'
import { clipGradNorm, clipGradValue, type Tensor, tensor, ValueError, zeros } from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { leaf } from '../setup/numbers.ts'

function withGradient(gradient: Tensor): Tensor {
  const parameter = leaf(zeros(gradient.shape))
  parameter.gradient = gradient
  return parameter
}

describe.each(devices)('clipping on %s', device => {
  useDevice(device)

  it('takes one norm over all gradients, and leaves parameters without one alone', () => {
    const [a, b, none] = [withGradient(tensor([3])), withGradient(tensor([4])), leaf(zeros([2]))]
    expect(clipGradNorm([a, b, none], { maxNorm: 1 })).toBeCloseTo(5, 6)
    expect(a.grad?.item()).toBeCloseTo(0.6, 5)
    expect(b.grad?.item()).toBeCloseTo(0.8, 5)
    expect(none.grad).toBeNull()
  })

  it('adds 1e-6 to the norm, as PyTorch does', () => {
    const a = withGradient(tensor([1e-6]))
    clipGradNorm([a], { maxNorm: 1e-7 })
    expect((a.grad?.item() ?? 0) * 1e8).toBeCloseTo(5, 4)
  })

  it('knows other norms', () => {
    const norm = (normType: number): number =>
      clipGradNorm([withGradient(tensor([1, -3])), withGradient(tensor([2]))], { maxNorm: 100, normType })
    expect(norm(1)).toBeCloseTo(6, 6)
    expect(norm(3)).toBeCloseTo(36 ** (1 / 3), 6)
    expect(norm(Number.POSITIVE_INFINITY)).toBe(3)
  })

  it('does not touch gradients that are short enough', () => {
    const a = withGradient(tensor([0.3, 0.4]))
    const version = a.gradient?.storage.version
    expect(clipGradNorm([a], { maxNorm: 1 })).toBeCloseTo(0.5, 6)
    expect(a.gradient?.storage.version).toBe(version)
    expect(clipGradNorm([withGradient(zeros([2]))], { maxNorm: 1 })).toBe(0)
  })

  it('counts and scales tied weights once', () => {
    const a = withGradient(tensor([2]))
    expect(clipGradNorm([a, a], { maxNorm: 1 })).toBe(2)
    expect(a.grad?.item()).toBeCloseTo(1, 5)
  })

  it('shows a broken gradient in the norm', () => {
    for (const normType of [2, 1, Number.POSITIVE_INFINITY]) {
      expect(clipGradNorm([withGradient(tensor([1, Number.NaN]))], { maxNorm: 1, normType })).toBeNaN()
    }
    const infinite = withGradient(tensor([Number.POSITIVE_INFINITY, 1]))
    expect(clipGradNorm([infinite], { maxNorm: 1 })).toBe(Number.POSITIVE_INFINITY)
  })

  it('clips elements, NaN excepted', () => {
    const a = withGradient(tensor([-2, 0.1, 5, Number.NaN]))
    clipGradValue([a], { value: 0.5 })
    expect([...(a.grad?.data() ?? [])]).toEqual([-0.5, Math.fround(0.1), 0.5, Number.NaN])
  })

  it('refuses limits that are not numbers > 0', () => {
    expect(() => clipGradNorm([], { maxNorm: 0 })).toThrow(ValueError)
    expect(() => clipGradNorm([], { maxNorm: Number.NaN })).toThrow(/maxNorm > 0/)
    expect(() => clipGradNorm([], { maxNorm: 1, normType: 0 })).toThrow(/normType > 0/)
    expect(() => clipGradValue([], { value: -1 })).toThrow(/value > 0/)
  })
})
