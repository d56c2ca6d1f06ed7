import { describe, expect, it } from 'vitest'
import { kFold, splitExamples } from '../../src/data/split.ts'
import { ShapeError, ValueError } from '../../src/errors.ts'
import { tensor } from '../../src/index.ts'

const x = Array.from({ length: 20 }, (_, i) => [i, 10 * i])
const y = Int32Array.from({ length: 20 }, (_, i) => (i < 15 ? 0 : 1))

describe('splitExamples', () => {
  it('puts every example into one part, together with its target', () => {
    const { train, validation, test } = splitExamples({ x, y }, { validation: 0.1, test: 0.25, seed: 1 })
    expect([train, validation, test].map(part => part.x.shape)).toEqual([
      [13, 2],
      [2, 2],
      [5, 2],
    ])
    const seen = [train, validation, test].flatMap(part => [...part.x.data].filter((_, i) => i % 2 === 0))
    expect([...seen].sort((a, b) => a - b)).toEqual(x.map(([first]) => first))
    expect(seen).not.toEqual(x.map(([first]) => first))
    for (const part of [train, validation, test]) {
      for (const [row, label] of part.y.data.entries()) expect(label).toBe(part.x.data[2 * row] < 15 ? 0 : 1)
    }
    expect(train.y.data).toBeInstanceOf(Int32Array)
  })

  it('keeps the order for time series, and the same parts for the same seed', () => {
    const { train, test } = splitExamples({ y: tensor([1, 2, 3, 4]) }, { test: 0.25, shuffle: false })
    expect([...train.y.data, ...test.y.data]).toEqual([1, 2, 3, 4])
    const once = splitExamples({ x, y }, { seed: 4 })
    expect(splitExamples({ x, y }, { seed: 4 })).toEqual(once)
    expect(splitExamples({ x, y }, { seed: 5 })).not.toEqual(once)
  })

  it('gives every part its share of each class', () => {
    const { train, test } = splitExamples({ x, y }, { test: 0.2, stratifyBy: y, seed: 1 })
    const ones = (data: ArrayLike<number>) => Array.from(data).filter(label => label === 1).length
    expect([ones(train.y.data), ones(test.y.data)]).toEqual([4, 1])
  })

  it('names what does not fit', () => {
    expect(() => splitExamples({ x, y: [1, 2] })).toThrow(ShapeError)
    expect(() => splitExamples({ x, y: [1, 2] })).toThrow(/20 of "x" and 2 of "y"/)
    expect(() => splitExamples({ x }, { test: 1.5 })).toThrow(/0 ≤ test < 1, got 1.5/)
    expect(() => splitExamples({ x }, { test: 0.6, validation: 0.6 })).toThrow(/validation \+ test/)
    expect(() => splitExamples({ x: [[1]] }, { test: 0.6 })).toThrow(/no training examples/)
    expect(() => splitExamples({}, {})).toThrow(ValueError)
    expect(() => splitExamples({ x }, { stratifyBy: [1] })).toThrow(/got 1 for 20 examples/)
  })
})

describe('kFold', () => {
  it.each([{}, { shuffle: false }, { stratifyBy: y }])('validates on every example once: %o', options => {
    const folds = [...kFold({ x, y }, { folds: 3, seed: 1, ...options })]
    const seen = folds.flatMap(({ validation }) => [...validation.x.data].filter((_, i) => i % 2 === 0))
    expect(seen.sort((a, b) => a - b)).toEqual(x.map(([first]) => first))
    for (const { train, validation } of folds) {
      expect(train.x.shape[0] + validation.x.shape[0]).toBe(20)
      expect(validation.x.shape[0]).toBeGreaterThanOrEqual(6)
    }
  })

  it('cuts blocks without a shuffle, and spreads classes with stratifyBy', () => {
    const [first] = kFold({ x }, { folds: 4, shuffle: false })
    expect([...first.validation.x.data].filter((_, i) => i % 2 === 0)).toEqual([0, 1, 2, 3, 4])
    for (const { validation } of kFold({ x, y }, { folds: 5, stratifyBy: y, seed: 2 })) {
      expect(Array.from(validation.y.data).filter(label => label === 1)).toHaveLength(1)
    }
  })

  it('refuses more folds than examples', () => {
    expect(() => [...kFold({ x: [[1], [2]] }, { folds: 3 })]).toThrow(/2 to 2 folds for 2 examples, got 3/)
  })
})
