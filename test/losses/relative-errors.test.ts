import { describe, expect, it } from 'vitest'
import {
  categoricalHinge,
  gradcheck,
  meanAbsolutePercentageError,
  meanSquaredLogarithmicError,
  ShapeError,
  tensor,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { expectClose } from '../setup/numbers.ts'

const prediction = [0.5, 2, 3, 1.5, 0.25, 4]
const target = [1, 2.5, 2, 1, 0.5, 8]
const two = (values: number[]) => tensor(values).reshape([2, 3])

describe.each(devices)('errors relative to the target on %s', device => {
  useDevice(device)

  it('are percentages', () => {
    const each = prediction.map((p, i) => (100 * Math.abs(p - target[i])) / target[i])
    expectClose(meanAbsolutePercentageError(two(prediction), two(target), { reduction: 'none' }), each, 1e-5)
    expect(meanAbsolutePercentageError(tensor([1]), tensor([0])).item()).toBeCloseTo(1e9, -4)
  })

  it('are differences of logarithms', () => {
    const each = prediction.map((p, i) => (Math.log1p(p) - Math.log1p(target[i])) ** 2)
    expectClose(meanSquaredLogarithmicError(two(prediction), two(target), { reduction: 'none' }), each, 1e-5)
    expect(meanSquaredLogarithmicError(tensor([-3]), tensor([0])).item()).toBe(0)
  })

  it('of the right class are compared with the best of the others', () => {
    const hot = tensor([[0, 1, 0], [1, 0, 0]]) // biome-ignore format: rows
    expectClose(categoricalHinge(two(prediction), hot, { reduction: 'none' }), [2, 3.5])
    expect(categoricalHinge(tensor([[0, 5, 1]]), tensor([[0, 1, 0]])).item()).toBe(0)
  })

  it('have the gradients that finite differences say', () => {
    const y = two(target)
    const hot = tensor([[0, 1, 0], [1, 0, 0]]) // biome-ignore format: rows
    gradcheck(x => meanAbsolutePercentageError(x, y), [two(prediction)])
    gradcheck(x => meanSquaredLogarithmicError(x, y), [two(prediction)])
    gradcheck(x => categoricalHinge(x, hot), [two(prediction)])
  })

  it('refuse other shapes', () => {
    expect(() => categoricalHinge(two(prediction), tensor([1, 2]))).toThrow(ShapeError)
  })
})
