import { describe, expect, it } from 'vitest'
import { type Comparison, compareAll, compareTensor, type Rule } from '../../tools/conform/compare.ts'
import type { Values } from '../../tools/conform/decode.ts'
import { bool, float32, float64, int32 } from './values.ts'

const tolerance = (absolute: number): Rule => ({ kind: 'tolerance', absolute })
const extreme: Rule = { kind: 'extreme', signedZero: false }
const signed: Rule = { kind: 'extreme', signedZero: true }
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number

function compare(got: Values | undefined, want: Values, rule: Rule): Comparison {
  return compareTensor('out', got, want, rule)
}

function passes(got: Values, want: Values, rule: Rule): boolean {
  return compare(got, want, rule).problems.length === 0
}

describe('the tolerance rule', () => {
  it.each([
    ['exactly at the limit', 10 + 2e-4, 10, 1e-4, true],
    ['slightly beyond the limit', 10 + 2.001e-4, 10, 1e-4, false],
    ['slightly beyond the limit below', 10 - 2.001e-4, 10, 1e-4, false],
    ['within the relative part of a negative value', -100 - 9.9e-4, -100, 0, true],
    ['beyond the relative part of a negative value', -100 - 1.01e-3, -100, 0, false],
    ['exact without a tolerance', 0, 0, 0, true],
    ['minus zero for zero', -0, 0, 0, true],
    ['anything for zero without a tolerance', 1e-30, 0, 0, false],
    ['NaN for a number', nan, 1, 1e9, false],
    ['a number for NaN', 1, nan, 1e9, false],
    ['NaN for NaN', nan, nan, 0, true],
    ['a number for infinity', 1e300, infinity, 1e9, false],
    ['infinity for a number', infinity, 1, 1e9, false],
    ['infinity for infinity', infinity, infinity, 0, true],
    ['the other infinity', -infinity, infinity, infinity, false],
    ['NaN for infinity', nan, infinity, 0, false],
  ])('judges %s', (_what, got, want, absolute, right) => {
    expect(passes(float64([got]), float64([want]), tolerance(absolute))).toBe(right)
  })

  it('reports the worst error as a multiple of what is allowed', () => {
    const { worst, problems } = compare(
      float64([1, 2.5, 3.1], [3, 1]),
      float64([1, 2, 3], [3, 1]),
      tolerance(0.1),
    )
    expect(worst).toBeCloseTo(0.5 / (0.1 + 2e-5), 10)
    expect(problems).toEqual(['out: 1 of 3 wrong, worst at [1, 0]: got 2.5, want 2 (5.00 × allowed)'])
  })

  it('reports an infinite error where nothing is comparable', () => {
    expect(compare(float32([nan]), float32([1]), tolerance(1)).worst).toBe(infinity)
  })
})

describe('the rule for extremes', () => {
  it.each([
    ['within the absolute part', 1.9e-6, 0, extreme, true],
    ['beyond the absolute part', 2.1e-6, 0, extreme, false],
    ['within the relative part', 1000.009, 1000, extreme, true],
    ['beyond the relative part', 1000.011, 1000, extreme, false],
    ['not the sum of both parts', 0.2 + 3.9e-6, 0.2, extreme, false],
    ['zero for a denormal', 0, 1e-45, extreme, true],
    ['NaN for NaN', nan, nan, extreme, true],
    ['zero for NaN', 0, nan, extreme, false],
    ['the largest float for infinity', 3.4e38, infinity, extreme, false],
    ['the other infinity', infinity, -infinity, extreme, false],
    ['minus zero for zero where the sign is free', -0, 0, extreme, true],
    ['minus zero for zero where the sign counts', -0, 0, signed, false],
    ['zero for minus zero where the sign counts', 0, -0, signed, false],
    ['minus zero for minus zero', -0, -0, signed, true],
    ['a negative denormal for zero where the sign counts', -1e-45, 0, signed, false],
    ['zero for a denormal where the sign counts', 0, 1e-45, signed, true],
  ])('judges %s', (_what, got, want, rule, right) => {
    expect(passes(float64([got]), float64([want]), rule)).toBe(right)
  })
})

describe('structure', () => {
  it.each<[string, Values | undefined, Values, RegExp]>([
    ['a missing tensor', undefined, float32([1]), /missing/],
    ['another rank', float32([1]), float32([1], []), /shape \[1\], want \[\]/],
    ['another size', float32([1, 2]), float32([1, 2, 3]), /shape \[2\], want \[3\]/],
    ['the same size in another shape', float32([1, 2], [1, 2]), float32([1, 2], [2, 1]), /shape/],
    ['too few values for the shape', float32([1], [2]), float32([1, 1]), /1 values, want 2/],
    ['empty tensors of different shapes', float32([], [0, 3]), float32([], [3, 0]), /shape/],
    ['integers for floats', int32([1]), float64([1]), /dtype i32, want f64/],
    ['floats for integers', float32([1]), int32([1]), /dtype f32, want i32/],
    ['floats for booleans', float32([1]), bool([1]), /dtype f32, want u8/],
    ['integers for booleans', int32([1]), bool([1]), /dtype i32, want u8/],
  ])('refuses %s', (_what, got, want, message) => {
    const { worst, problems } = compare(got, want, tolerance(1e9))
    expect(problems.join()).toMatch(message)
    expect(worst).toBe(infinity)
  })

  it('takes float32 for float64, whatever the file was computed in', () => {
    expect(passes(float32([0.5]), float64([0.5]), tolerance(0))).toBe(true)
  })

  it('takes equal empty tensors', () => {
    expect(passes(float32([], [0, 3]), float64([], [0, 3]), tolerance(0))).toBe(true)
  })

  it('wants integers and booleans exactly, whatever the tolerance', () => {
    expect(passes(int32([1_000_000]), int32([1_000_001]), tolerance(10))).toBe(false)
    expect(passes(bool([1]), bool([0]), tolerance(10))).toBe(false)
    expect(passes(int32([7, -7]), int32([7, -7]), tolerance(0))).toBe(true)
  })
})

describe('several tensors', () => {
  const want = new Map([
    ['a', float32([1])],
    ['b', float32([2])],
  ])

  it('pass when all are right', () => {
    expect(compareAll(want, want, () => tolerance(0))).toEqual({ worst: 0, problems: [] })
  })

  it('fail when one is missing', () => {
    const { worst, problems } = compareAll(new Map([['a', float32([1])]]), want, () => tolerance(1))
    expect(problems).toEqual(['b: missing'])
    expect(worst).toBe(infinity)
  })

  it('fail when there is one too many', () => {
    const got = new Map([...want, ['c', float32([3])] as const])
    const { worst, problems } = compareAll(got, want, () => tolerance(1))
    expect(problems).toEqual(['c: not expected'])
    expect(worst).toBe(infinity)
  })

  it('use the rule of each name', () => {
    const got = new Map([
      ['a', float32([1.5])],
      ['b', float32([2.5])],
    ])
    const { problems } = compareAll(got, want, name => tolerance(name === 'a' ? 1 : 0))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^b: 1 of 1 wrong/)
  })
})
