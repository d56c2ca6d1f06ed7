import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import {
  arange,
  DTypeError,
  eye,
  full,
  linspace,
  manualSeed,
  ones,
  onesLike,
  rand,
  randint,
  randn,
  randperm,
  ShapeError,
  tensor,
  uniform,
  ValueError,
  zeros,
  zerosLike,
} from '../../src/index.ts'

describe('tensor', () => {
  it('takes numbers, nested arrays and typed arrays, and copies them', () => {
    expect(tensor(3).shape).toEqual([])
    expect(
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]).toArray(),
    ).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ])
    const source = Float32Array.of(1, 2)
    const x = tensor(source)
    source[0] = 9
    expect(x.toArray()).toEqual([1, 2])
    expect(tensor([Float32Array.of(1, 2), Int32Array.of(3, 4)]).shape).toEqual([2, 2])
    expect(tensor(new Float64Array(6), { shape: [2, 3] }).shape).toEqual([2, 3])
  })

  it('takes arrays of another realm', () => {
    const foreign = runInNewContext('[new Float32Array([1, 2]), new Int32Array([3, 4]), [[5], [6]]]')
    expect(tensor(foreign[0]).toArray()).toEqual([1, 2])
    expect(tensor(foreign[1], { dtype: 'int32' }).toArray()).toEqual([3, 4])
    expect(tensor(foreign[2]).shape).toEqual([2, 1])
  })

  it('makes empty tensors', () => {
    expect(tensor([]).shape).toEqual([0])
    expect(tensor([[], []]).shape).toEqual([2, 0])
    expect(tensor([[], []]).toArray()).toEqual([[], []])
  })

  it('is float32 unless the numbers are booleans or a type is named', () => {
    expect(tensor([1, 2]).dtype).toBe('float32')
    expect(tensor(Int32Array.of(1)).dtype).toBe('float32')
    expect(tensor([true, false]).dtype).toBe('bool')
    expect(tensor([true, false]).toArray()).toEqual([true, false])
    expect(tensor([2, 0, -1], { dtype: 'bool' }).toArray()).toEqual([true, false, true])
    expect(tensor([0.1]).item()).toBe(Math.fround(0.1))
  })

  it('refuses ragged rows, and rows of different depth', () => {
    expect(() => tensor([[1, 2], [3]])).toThrow(ShapeError)
    expect(() => tensor([[1, 2], [3]])).toThrow(/2 elements first, later 1/)
    expect(() => tensor([[1, 2], 3])).toThrow(/later a single value/)
    expect(() => tensor([1, [2, 3]])).toThrow(ShapeError)
  })

  it('refuses what is not a number', () => {
    const foreign: unknown[] = [['1'], [null], [undefined], [{}], BigInt64Array.of(1n), [[1n]]]
    for (const data of foreign) expect(() => tensor(data as number[])).toThrow(DTypeError)
  })

  it('refuses numbers that int32 cannot hold, NaN labels among them', () => {
    for (const value of [Number.NaN, 0.5, Number.POSITIVE_INFINITY, 2 ** 31, -(2 ** 31) - 1]) {
      expect(() => tensor([0, value], { dtype: 'int32' })).toThrow(/element 1\) as int32/)
      expect(() => full([2], value, { dtype: 'int32' })).toThrow(DTypeError)
    }
    const ends = [2 ** 31 - 1, -(2 ** 31)]
    expect(tensor(ends, { dtype: 'int32' }).toArray()).toEqual(ends)
  })

  it('refuses a shape that does not fit, and sizes that are no sizes', () => {
    expect(() => tensor([1, 2, 3], { shape: [2, 2] })).toThrow(/3 numbers for the shape \[2, 2\] \(4\)/)
    expect(() => tensor([1], { shape: [-1] })).toThrow(ShapeError)
    expect(() => zeros([2.5])).toThrow(ShapeError)
    expect(() => zeros([Number.NaN])).toThrow(ShapeError)
  })

  it('takes requiresGrad for float32 only', () => {
    expect(tensor([1], { requiresGrad: true }).requiresGrad).toBe(true)
    expect(() => tensor([1], { dtype: 'int32', requiresGrad: true })).toThrow(DTypeError)
  })
})

describe('filled tensors', () => {
  it('have the value, shape and element type asked for', () => {
    expect(full([2], 7).toArray()).toEqual([7, 7])
    expect(zeros([2, 0]).size).toBe(0)
    expect(ones([2], { dtype: 'int32' }).ints()).toEqual(Int32Array.of(1, 1))
    expect(ones([2], { dtype: 'bool' }).toArray()).toEqual([true, true])
    expect(zerosLike(tensor([true])).dtype).toBe('bool')
    expect(onesLike(tensor([[5]], { dtype: 'int32' })).toArray()).toEqual([[1]])
  })

  it('eye puts ones on the diagonal', () => {
    expect(eye(2, 3).toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ])
    expect(eye(1, 1, { dtype: 'bool' }).toArray()).toEqual([[true]])
  })

  it('arange and linspace step as in NumPy', () => {
    expect(arange(3).toArray()).toEqual([0, 1, 2])
    expect(arange(2, 8, 3).toArray()).toEqual([2, 5])
    expect(arange(3, 0, -2).toArray()).toEqual([3, 1])
    expect(arange(3, 0).shape).toEqual([0])
    expect(arange(0, 3, 1, { dtype: 'int32' }).dtype).toBe('int32')
    expect(() => arange(0, 3, 0)).toThrow(ValueError)
    expect(linspace(0, 1, 5).toArray()).toEqual([0, 0.25, 0.5, 0.75, 1])
    expect(linspace(0, 4, 3, { dtype: 'int32' }).ints()).toEqual(Int32Array.of(0, 2, 4))
    expect(linspace(2, 3, 1).toArray()).toEqual([2])
    expect(() => linspace(0, 1, 2.5)).toThrow(ValueError)
  })
})

describe('random tensors', () => {
  it('are the same again for the same seed', () => {
    manualSeed(5)
    const first = [rand([3]), randn([3]), randint([3], { high: 10 }), randperm(5)]
    manualSeed(5)
    const again = [rand([3]), randn([3]), randint([3], { high: 10 }), randperm(5)]
    expect(again.map(x => x.toArray())).toEqual(first.map(x => x.toArray()))
    manualSeed(6)
    expect(rand([3]).toArray()).not.toEqual(first[0].toArray())
  })

  it('have the distribution that their name says', () => {
    manualSeed(1)
    const normal = randn([20_000], { mean: 2, deviation: 3 }).data()
    const mean = normal.reduce((a, b) => a + b, 0) / normal.length
    const variance = normal.reduce((a, b) => a + (b - mean) ** 2, 0) / normal.length
    expect(mean).toBeCloseTo(2, 1)
    expect(Math.sqrt(variance)).toBeCloseTo(3, 1)
    const flat = uniform([20_000], { low: -1, high: 3 }).data()
    expect(Math.min(...flat)).toBeGreaterThanOrEqual(-1)
    expect(Math.max(...flat)).toBeLessThan(3)
    expect(flat.reduce((a, b) => a + b, 0) / flat.length).toBeCloseTo(1, 1)
    const dice = randint([6000], { low: 1, high: 7 }).ints()
    expect([...new Set(dice)].sort()).toEqual([1, 2, 3, 4, 5, 6])
    expect([...randperm(50).ints()].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i))
  })

  it('refuse a range without numbers, or one that int32 cannot hold', () => {
    expect(() => randint([1], { high: 0 })).toThrow(ValueError)
    expect(() => randint([1], { high: 2 ** 40 })).toThrow(ValueError)
  })
})
