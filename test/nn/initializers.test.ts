import { describe, expect, it } from 'vitest'
import { initialize, type InitializerName } from '../../src/nn/initializers.ts'
import { Generator, ShapeError, ValueError } from '../../src/index.ts'
import { errorOf } from '../setup/errors.ts'

const SHAPE = [300, 200] as const
const [IN, OUT] = SHAPE

function statistics(values: Float32Array): { mean: number; variance: number; largest: number } {
  let [sum, squares, largest] = [0, 0, 0]
  for (const value of values) {
    sum += value
    squares += value * value
    largest = Math.max(largest, Math.abs(value))
  }
  const mean = sum / values.length
  return { mean, variance: squares / values.length - mean * mean, largest }
}

/** Truncated at two deviations of the wider normal distribution that has the wanted variance. */
const truncated = (variance: number): number => (2 * Math.sqrt(variance)) / 0.8796

describe('initialisers', () => {
  const random: [InitializerName, variance: number, bound: number][] = [
    ['uniform', 0.05 ** 2 / 3, 0.05],
    ['normal', 0.05 ** 2, 0.3],
    ['glorotUniform', 2 / (IN + OUT), Math.sqrt(6 / (IN + OUT))],
    ['glorotNormal', 2 / (IN + OUT), truncated(2 / (IN + OUT))],
    ['heUniform', 2 / IN, Math.sqrt(6 / IN)],
    ['heNormal', 2 / IN, truncated(2 / IN)],
    ['lecunUniform', 1 / IN, Math.sqrt(3 / IN)],
  ]
  it.each(random)('%s has mean 0, the variance that its paper says, and bounds', (name, variance, bound) => {
    const values = initialize(name, SHAPE, new Generator(3))
    const got = statistics(values)
    expect(Math.abs(got.mean)).toBeLessThan(4 * Math.sqrt(variance / values.length))
    expect(got.variance / variance).toBeCloseTo(1, 1.7)
    expect(got.largest).toBeLessThanOrEqual(bound * 1.0001)
    expect(got.largest).toBeGreaterThan(bound * 0.6)
  })

  it('counts the axes before the last two as a window, for both fans', () => {
    const values = initialize('heUniform', [3, 3, 8, 16], new Generator(1))
    expect(statistics(values).largest).toBeLessThanOrEqual(Math.sqrt(6 / 72))
    expect(statistics(values).variance * 36).toBeCloseTo(1, 0.9)
  })

  it.each([
    [64, 256],
    [300, 300],
    [256, 64],
    [1, 5],
    [5, 1],
  ])('orthogonal [%i, %i] has orthonormal rows or columns, whichever are fewer', (rows, columns) => {
    const q = initialize('orthogonal', [rows, columns], new Generator(2))
    const count = Math.min(rows, columns)
    const at = (i: number, k: number): number => (rows <= columns ? q[i * columns + k] : q[k * columns + i])
    let worst = 0
    for (let i = 0; i < count; i++) {
      for (let j = 0; j <= i; j++) {
        let dot = 0
        for (let k = 0; k < Math.max(rows, columns); k++) dot += at(i, k) * at(j, k)
        worst = Math.max(worst, Math.abs(dot - (i === j ? 1 : 0)))
      }
    }
    expect(worst).toBeLessThan(1e-6)
  })

  it('are reproducible, and differ from seed to seed', () => {
    for (const name of ['glorotUniform', 'heNormal', 'orthogonal'] as const) {
      const of = (seed: number): Float32Array => initialize(name, [8, 8], new Generator(seed))
      expect(of(1)).toEqual(of(1))
      expect(of(1)).not.toEqual(of(2))
    }
  })

  it('fill with constants', () => {
    expect(initialize('zeros', [2, 2], new Generator(1))).toEqual(new Float32Array(4))
    expect(initialize('ones', [3], new Generator(1))).toEqual(new Float32Array(3).fill(1))
  })

  it('suggest the nearest name', () => {
    const error = errorOf(() => initialize('glorot_uniform' as never, [1, 1], new Generator(1)))
    expect(error).toBeInstanceOf(ValueError)
    expect(error.message).toMatch(/"glorot_uniform" is unknown.*\n.*did you mean 'glorotUniform'/)
  })

  it('refuse to be orthogonal on one axis', () => {
    const error = errorOf(() => initialize('orthogonal', [4], new Generator(1)))
    expect(error).toBeInstanceOf(ShapeError)
    expect(error.message).toMatch(/at least two axes, got \[4\]/)
  })
})
