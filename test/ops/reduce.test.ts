import { describe, expect, it } from 'vitest'
import {
  all,
  any,
  argmax,
  argmin,
  cumsum,
  gradcheck,
  logSumExp,
  max,
  mean,
  min,
  norm,
  prod,
  ShapeError,
  std,
  sum,
  type Tensor,
  tensor,
  ValueError,
  variance,
  zeros,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { expectClose, int, leaf, normal } from '../setup/numbers.ts'

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number

/** Every set of axes of a tensor with `rank` axes. */
const axisSets = (rank: number): number[][] =>
  Array.from({ length: 2 ** rank }, (_, bits) =>
    Array.from({ length: rank }, (_, i) => i).filter(i => (bits >> i) & 1),
  )

/** The elements that fall together when `axes` are reduced, by the position of their result. */
function groups(x: Tensor, axes: readonly number[]): number[][] {
  const values = x.data()
  const result: number[][] = []
  for (let flat = 0; flat < values.length; flat++) {
    let target = 0
    let rest = flat
    const index = x.shape.map((_, i) => {
      const stride = x.shape.slice(i + 1).reduce((a, b) => a * b, 1)
      const own = Math.floor(rest / stride)
      rest %= stride
      return own
    })
    index.forEach((own, i) => {
      if (!axes.includes(i)) target = target * x.shape[i] + own
    })
    result[target] ??= []
    result[target].push(values[flat])
  }
  return result
}

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
const average = (values: readonly number[]): number => total(values) / values.length
const spreadOf = (values: readonly number[]): number => average(values.map(v => (v - average(values)) ** 2))

const reductions: [string, (x: Tensor, o: object) => Tensor, (values: readonly number[]) => number][] = [
  ['sum', sum, total],
  ['mean', mean, average],
  ['prod', prod, values => values.reduce((a, b) => a * b, 1)],
  ['max', max, values => Math.max(...values)],
  ['min', min, values => Math.min(...values)],
  ['variance', variance, spreadOf],
  ['std', std, values => Math.sqrt(spreadOf(values))],
  ['logSumExp', logSumExp, values => Math.log(total(values.map(Math.exp)))],
  ['norm', norm, values => Math.sqrt(total(values.map(v => v * v)))],
]

describe.each(devices)('reductions on %s', device => {
  useDevice(device)

  it.each(reductions)('%s reduces every combination of axes', (_, reduce, expected) => {
    const x = normal([2, 3, 4, 5])
    for (const axis of axisSets(4)) {
      const want = groups(x, axis).map(expected)
      const kept = x.shape.map((size, i) => (axis.includes(i) ? 1 : size))
      expectClose(reduce(x, { axis }), want, 5e-6)
      expect(reduce(x, { axis }).shape).toEqual(x.shape.filter((_, i) => !axis.includes(i)))
      expect(reduce(x, { axis, keepDims: true }).shape).toEqual(kept)
      const negative = axis.map(a => a - 4)
      expect(reduce(x, { axis: negative }).data()).toEqual(reduce(x, { axis }).data())
    }
  })

  it('treats no elements as the definition says', () => {
    const empty = zeros([2, 0])
    expect(sum(empty, { axis: 1 }).toArray()).toEqual([0, 0])
    expect(prod(empty, { axis: 1 }).toArray()).toEqual([1, 1])
    expect(mean(empty).item()).toBeNaN()
    expect(variance(empty).item()).toBeNaN()
    expect(any(empty).item()).toBe(0)
    expect(all(empty).item()).toBe(1)
    expect(sum(empty, { axis: 0 }).shape).toEqual([0])
    expect(max(empty, { axis: 0 }).shape).toEqual([0])
    for (const reduce of [max, min, argmax, argmin]) expect(() => reduce(empty)).toThrow(ShapeError)
    expect(() => max(empty, { axis: 1 })).toThrow(/of no elements/)
  })

  it('lets NaN and infinities through', () => {
    const x = tensor([
      [1, nan, 3],
      [infinity, 2, -infinity],
    ])
    expect([...sum(x, { axis: 1 }).data()]).toEqual([nan, nan])
    expect([...max(x, { axis: 1 }).data()]).toEqual([nan, infinity])
    expect([...min(x, { axis: 1 }).data()]).toEqual([nan, -infinity])
    expect([...argmax(x, { axis: 1 }).ints()]).toEqual([1, 0])
    expect([...argmin(x, { axis: 1 }).ints()]).toEqual([1, 2])
    expect([...max(x, { axis: 0 }).data()]).toEqual([infinity, nan, 3])
  })

  it('names an axis that does not exist, and one given twice', () => {
    expect(() => sum(zeros([2, 3]), { axis: 2 })).toThrow(/no axis 2 in the shape \[2, 3\]/)
    expect(() => sum(zeros([2, 3]), { axis: [0, -2] })).toThrow(ValueError)
  })

  it('stays int32 for sums and extremes of whole numbers and counts booleans', () => {
    expect(sum(int([1, 2])).dtype).toBe('int32')
    expect(
      max(
        int([
          [1, 5],
          [7, 2],
        ]),
        { axis: 0 },
      ).toArray(),
    ).toEqual([7, 5])
    expect(sum(tensor([true, true, false])).toArray()).toBe(2)
    expect(mean(int([1, 2])).item()).toBe(1.5)
    expect(mean(tensor([true, false])).item()).toBe(0.5)
  })

  it('sums many small terms without piling up rounding errors', () => {
    const n = 300_000
    const x = tensor(new Float32Array(n).fill(0.1))
    expect(Math.abs(sum(x).item() / (n * Math.fround(0.1)) - 1)).toBeLessThan(1e-6)
    const columns = x.reshape([n / 3, 3]).mean({ axis: 0 })
    for (const value of columns.data()) expect(Math.abs(value - 0.1)).toBeLessThan(1e-7)
  })

  it('finds the first of equal extremes, flat or along an axis', () => {
    const x = tensor([
      [1, 5, 5],
      [7, 0, 7],
    ])
    expect(argmax(x).item()).toBe(3)
    expect(argmin(x).item()).toBe(4)
    expect(argmax(x, { axis: 1 }).toArray()).toEqual([1, 0])
    expect(argmax(x, { axis: 0, keepDims: true }).toArray()).toEqual([[1, 0, 1]])
    expect(argmax(x, { keepDims: true }).shape).toEqual([1, 1])
    expect(argmax(tensor(3)).item()).toBe(0)
  })

  it('shares the gradient of an extreme among ties', () => {
    const x = leaf(
      tensor([
        [1, 3, 3],
        [2, 0, 1],
      ]),
    )
    max(x, { axis: 1 }).sum().backward()
    expect(x.grad?.toArray()).toEqual([
      [0, 0.5, 0.5],
      [1, 0, 0],
    ])
  })

  it('has a product whose gradient is right with one zero and with two', () => {
    const x = leaf(
      tensor([
        [2, 3, 4],
        [0, 3, 4],
        [0, 0, 4],
      ]),
    )
    prod(x, { axis: 1 }).sum().backward()
    expect(x.grad?.toArray()).toEqual([
      [12, 8, 6],
      [12, 0, 0],
      [0, 0, 0],
    ])
    gradcheck(a => prod(a, { axis: [0, 2] }), [x.detach().reshape([3, 1, 3])], { order: 2 })
  })

  it('has the gradient 0 for a norm of zeros and a deviation of equal elements', () => {
    const x = leaf(zeros([3]))
    norm(x).add(std(x)).backward()
    expect(x.grad?.toArray()).toEqual([0, 0, 0])
  })

  it('knows the sample variance, which one element does not have', () => {
    const x = tensor([1, 2, 4])
    expectClose(variance(x, { correction: 1 }), [7 / 3])
    expect(variance(tensor([1]), { correction: 1 }).item()).toBeNaN()
  })

  it('knows the norms of order 1, 2 and infinity', () => {
    const x = tensor([3, -4])
    expect([1, 2, infinity].map(order => norm(x, { order }).item())).toEqual([7, 5, 4])
    expect(() => norm(x, { order: 3 })).toThrow(ValueError)
  })

  it('takes the logarithm of sums of huge and of vanishing exponentials', () => {
    const x = tensor([
      [1000, 1000],
      [-1000, -1000],
      [-infinity, -infinity],
      [infinity, 0],
    ])
    expectClose(logSumExp(x, { axis: 1 }), [1000 + Math.LN2, -1000 + Math.LN2, -infinity, infinity])
    expectClose(logSumExp(tensor([], { shape: [0, 2] }), { axis: 0 }), [-infinity, -infinity])
    expectClose(logSumExp(tensor([], { shape: [0, 2] }), { axis: 1 }), [])
  })

  it('sums along an axis step by step', () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ])
    expect(cumsum(x, { axis: 1 }).toArray()).toEqual([
      [1, 3, 6],
      [4, 9, 15],
    ])
    expect(cumsum(x, { axis: 0 }).toArray()).toEqual([
      [1, 2, 3],
      [5, 7, 9],
    ])
    expect(cumsum(int([1, 2]), { axis: 0 }).dtype).toBe('int32')
    expect(cumsum(tensor([true, true]), { axis: 0 }).toArray()).toEqual([1, 2])
    expect(cumsum(zeros([0, 2]), { axis: 0 }).shape).toEqual([0, 2])
    const y = leaf(x)
    cumsum(y, { axis: 1 }).sum().backward()
    expect(y.grad?.toArray()).toEqual([
      [3, 2, 1],
      [3, 2, 1],
    ])
  })
})
