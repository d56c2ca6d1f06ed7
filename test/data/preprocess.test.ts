import { describe, expect, it } from 'vitest'
import { LabelEncoder } from '../../src/data/preprocess/label-encoder.ts'
import { MinMaxScaler } from '../../src/data/preprocess/min-max-scaler.ts'
import { OneHotEncoder } from '../../src/data/preprocess/one-hot-encoder.ts'
import { StandardScaler } from '../../src/data/preprocess/standard-scaler.ts'
import { BuildError, FormatError, NonFiniteError, ShapeError, ValueError } from '../../src/errors.ts'
import { Generator } from '../../src/index.ts'

const rows = Array.from({ length: 40 }, (_, i) => [i, 1000 + (i % 7), 5])

describe('StandardScaler', () => {
  it('gives mean 0 and deviation 1, and a constant feature 0', () => {
    const { data, shape } = new StandardScaler().fit(rows).transform(rows)
    expect(shape).toEqual([40, 3])
    for (const feature of [0, 1]) {
      const column = Array.from(data).filter((_, i) => i % 3 === feature)
      const mean = column.reduce((sum, value) => sum + value, 0) / 40
      const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 40
      expect(mean).toBeCloseTo(0, 6)
      expect(variance).toBeCloseTo(1, 5)
    }
    expect([...data.filter((_, i) => i % 3 === 2)]).toEqual(Array(40).fill(0))
  })

  it('learns the same in pieces, far from zero', () => {
    const values = [...new Generator(1).normal(300, 1e4, 1)].map(value => [value])
    const whole = new StandardScaler().fit(values)
    const pieces = new StandardScaler()
    for (let i = 0; i < 300; i += 77) pieces.partialFit(values.slice(i, i + 77))
    expect(pieces.mean[0]).toBeCloseTo(whole.mean[0], 6)
    expect(pieces.deviation[0]).toBeCloseTo(whole.deviation[0], 6)
    expect(whole.deviation[0]).toBeGreaterThan(0.9)
  })

  it('goes back, also after saving and loading', () => {
    const scaler = StandardScaler.fromJSON(JSON.stringify(new StandardScaler().fit(rows)))
    const back = scaler.inverseTransform(scaler.transform(rows)).data
    for (const [i, value] of back.entries()) expect(value).toBeCloseTo(rows.flat()[i], 3)
  })

  it('names what does not fit', () => {
    expect(() => new StandardScaler().transform(rows)).toThrow(BuildError)
    const scaler = new StandardScaler().fit(rows)
    expect(() => scaler.transform([[1, 2]])).toThrow(ShapeError)
    expect(() => scaler.fit([[1, Number.NaN]])).toThrow(NonFiniteError)
    expect(() => scaler.fit([[1, Number.NaN]])).toThrow(/NaN in row 0, feature 1/)
  })
})

describe('MinMaxScaler', () => {
  it('moves every feature into the range, and back', () => {
    const scaler = new MinMaxScaler({ low: -1, high: 1 }).fit(rows)
    const { data } = scaler.transform(rows)
    expect([Math.min(...data), Math.max(...data)]).toEqual([-1, 1])
    expect(data[2]).toBe(-1)
    const loaded = MinMaxScaler.fromJSON(JSON.parse(JSON.stringify(scaler)))
    const back = loaded.inverseTransform(loaded.transform(rows)).data
    for (const [i, value] of back.entries()) expect(value).toBeCloseTo(rows.flat()[i], 3)
  })

  it('refuses an empty range', () => {
    expect(() => new MinMaxScaler({ low: 1, high: 1 })).toThrow(ValueError)
  })
})

describe('LabelEncoder', () => {
  it('numbers classes in order and goes back', () => {
    const encoder = new LabelEncoder().fit(['b', 'a', 'c', 'a'])
    expect([...encoder.transform(['c', 'a'])]).toEqual([2, 0])
    expect(encoder.inverseTransform([2, 0])).toEqual(['c', 'a'])
    expect([...new LabelEncoder().fit([10, 9, 100]).classes]).toEqual([9, 10, 100])
    const loaded = LabelEncoder.fromJSON(JSON.stringify(encoder))
    expect([...loaded.transform(['b'])]).toEqual([1])
  })

  it('names an unknown label, and a number without a class', () => {
    const encoder = new LabelEncoder().fit(['a', 'b'])
    expect(() => encoder.transform(['z'])).toThrow(/knows 2 classes \("a", "b"\), got "z"/)
    expect(() => encoder.inverseTransform([2])).toThrow(/from 0 to 1, got 2/)
    expect(() => encoder.fit('text')).toThrow(/a list of texts or numbers/)
    expect(() => new LabelEncoder().transform(['a'])).toThrow(BuildError)
  })
})

describe('OneHotEncoder', () => {
  it('gives rows with a single 1, and the likeliest class back', () => {
    const encoder = new OneHotEncoder().fit(['red', 'green', 'blue'])
    expect(encoder.transform(['red', 'blue'])).toEqual({
      data: Float32Array.of(0, 0, 1, 1, 0, 0),
      shape: [2, 3],
    })
    expect(encoder.inverseTransform({ data: Float32Array.of(0.2, 0.5, 0.3), shape: [1, 3] })).toEqual([
      'green',
    ])
  })

  it('refuses unknown labels or gives them zeros, also after loading', () => {
    expect(() => new OneHotEncoder().fit(['a']).transform(['b'])).toThrow(ValueError)
    const encoder = new OneHotEncoder({ unknown: 'zeros' }).fit(['a'])
    expect([...OneHotEncoder.fromJSON(JSON.stringify(encoder)).transform(['b', 'a']).data]).toEqual([0, 1])
  })
})

it.each([
  [StandardScaler, new StandardScaler().fit(rows)],
  [MinMaxScaler, new MinMaxScaler().fit(rows)],
  [LabelEncoder, new LabelEncoder().fit(['a'])],
  [OneHotEncoder, new OneHotEncoder().fit(['a'])],
] as const)('%o refuses damaged files', (kind, fitted) => {
  const saved = JSON.parse(JSON.stringify(fitted))
  for (const damaged of [
    '',
    '[]',
    'null',
    '{',
    { ...saved, format: 'x' },
    { ...saved, version: 2 },
    { ...saved, state: {} },
  ]) {
    expect(() => kind.fromJSON(damaged)).toThrow(FormatError)
  }
  for (const field of Object.keys(saved.state)) {
    const state = { ...saved.state, [field]: 'wrong' }
    expect(() => kind.fromJSON({ ...saved, state })).toThrow(FormatError)
  }
})
