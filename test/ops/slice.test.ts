import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { flip, type Range, slice, ShapeError, type Tensor, tensor, ValueError } from '../../src/index.ts'
import type { NestedArray } from '../../src/tensor/tensor.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { int, leaf, normal } from '../setup/numbers.ts'

/** Python's list slicing, by walking. */
function pythonSlice<T>(list: readonly T[], range: Range): T[] {
  const [start = null, stop = null, step = 1] = range ?? []
  const clamp = (value: number, low: number, high: number): number =>
    Math.min(high, Math.max(low, value < 0 ? value + list.length : value))
  const result: T[] = []
  if (step > 0) {
    const end = stop === null ? list.length : clamp(stop, 0, list.length)
    for (let i = start === null ? 0 : clamp(start, 0, list.length); i < end; i += step) result.push(list[i])
  } else {
    const end = stop === null ? -1 : clamp(stop, -1, list.length - 1)
    const first = start === null ? list.length - 1 : clamp(start, -1, list.length - 1)
    for (let i = first; i > end; i += step) result.push(list[i])
  }
  return result
}

function nestedSlice(data: NestedArray, ranges: readonly Range[]): NestedArray {
  if (!Array.isArray(data)) return data
  const [range = null, ...rest] = ranges
  return pythonSlice(data, range).map(part => nestedSlice(part, rest))
}

const bound = fc.option(fc.integer({ min: -8, max: 8 }), { nil: null })
const step = fc.integer({ min: -3, max: 3 }).filter(value => value !== 0)
const range: fc.Arbitrary<Range> = fc.option(fc.tuple(bound, bound, step), { nil: null })
const shape = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 4 })
const sliced = shape.chain(sizes =>
  fc.tuple(fc.constant(sizes), fc.array(range, { maxLength: sizes.length })),
)

describe.each(devices)('slice on %s', device => {
  useDevice(device)

  it('takes what Python takes', () => {
    fc.assert(
      fc.property(sliced, ([sizes, ranges]) => {
        const x = normal(sizes)
        const want = nestedSlice(x.toArray(), ranges)
        const got = slice(x, ranges)
        expect(got.toArray()).toEqual(want)
        expect(got.shape.length).toBe(sizes.length)
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it('has a gradient that puts ones where it took from', () => {
    fc.assert(
      fc.property(sliced, ([sizes, ranges]) => {
        const x = leaf(normal(sizes))
        slice(x, ranges).sum().backward()
        const marks = tensor(
          Array.from({ length: x.size }, (_, i) => i),
          { shape: sizes },
        )
        const taken = new Set(slice(marks, ranges).data())
        expect([...(x.grad?.data() ?? [])]).toEqual(Array.from(marks.data(), i => (taken.has(i) ? 1 : 0)))
      }),
      { seed: 2, numRuns: 100 },
    )
  })

  it('keeps the element type', () => {
    expect(slice(int([1, 2, 3]), [[1, null]]).ints()).toEqual(Int32Array.of(2, 3))
    expect(slice(tensor([true, false]), [[null, null, -1]]).toArray()).toEqual([false, true])
  })

  it('refuses a step of 0, fractions, and more ranges than axes', () => {
    const x = normal([3])
    expect(() => slice(x, [[0, 3, 0]])).toThrow(ValueError)
    expect(() => slice(x, [[0.5]])).toThrow(ValueError)
    expect(() => slice(x, [null, null])).toThrow(ShapeError)
  })

  it('flips the axes named, or all', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ])
    const rows = (y: Tensor): NestedArray => y.toArray()
    expect(rows(flip(x))).toEqual([
      [4, 3],
      [2, 1],
    ])
    expect(rows(flip(x, { axis: 0 }))).toEqual([
      [3, 4],
      [1, 2],
    ])
    expect(rows(flip(x, { axis: [-1] }))).toEqual([
      [2, 1],
      [4, 3],
    ])
  })
})
