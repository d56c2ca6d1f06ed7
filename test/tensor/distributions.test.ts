import { describe, expect, it } from 'vitest'
import {
  DTypeError,
  Generator,
  manualSeed,
  rand,
  randint,
  randn,
  randperm,
  random,
  ShapeError,
  type Tensor,
  tensor,
  uniform,
  ValueError,
} from '../../src/index.ts'
import { errorOf } from '../setup/errors.ts'

const COUNT = 20_000
const generator = (seed: number): Generator => new Generator(seed)

/** The largest distance of the sample's distribution function from the right one (Kolmogorov & Smirnov). */
function distance(sample: ArrayLike<number>, distribution: (x: number) => number): number {
  const sorted = Float64Array.from(sample).sort()
  let worst = 0
  sorted.forEach((x, i) => {
    const want = distribution(x)
    worst = Math.max(worst, Math.abs(want - i / sorted.length), Math.abs(want - (i + 1) / sorted.length))
  })
  return worst
}

/** One sample in a million is farther away than this. */
const FARTHEST = 2.7 / Math.sqrt(COUNT)

/** ∫ of a density from `low`, by the trapezoid rule on a fine grid. */
function cumulative(density: (x: number) => number, low: number, high: number): (x: number) => number {
  const steps = 20_000
  const width = (high - low) / steps
  const sums = new Float64Array(steps + 1)
  for (let i = 1; i <= steps; i++) {
    const x = low + i * width
    sums[i] = sums[i - 1] + ((density(x - width) + density(x)) / 2) * width
  }
  const total = sums[steps]
  return x => {
    const place = Math.min(steps, Math.max(0, (x - low) / width))
    const before = Math.min(steps - 1, Math.floor(place))
    return (sums[before] + (place - before) * (sums[before + 1] - sums[before])) / total
  }
}

const bell = (x: number): number => Math.exp((-x * x) / 2)

/** The distribution function of a gamma variable; below 1, where the density has a pole, in u = x^concentration. */
function gammaDistribution(concentration: number, rate: number): (x: number) => number {
  const highest = (concentration + 12 * Math.sqrt(concentration) + 20) / rate
  if (concentration >= 1) {
    const shift = concentration - 1
    return cumulative(x => (x * rate) ** shift * Math.exp(shift - x * rate), 0, highest)
  }
  const inner = cumulative(u => Math.exp(-rate * u ** (1 / concentration)), 0, highest ** concentration)
  return x => inner(x ** concentration)
}

function moments(x: Tensor): { mean: number; variance: number } {
  const values = Array.from(x.data())
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length
  return { mean, variance }
}

describe('continuous distributions', () => {
  it.each<[string, () => Tensor, (x: number) => number]>([
    ['uniform', () => rand([COUNT], { generator: generator(1) }), x => x],
    [
      'uniform between bounds',
      () => uniform([COUNT], { low: -3, high: 5, generator: generator(2) }),
      x => (x + 3) / 8,
    ],
    ['normal', () => randn([COUNT], { generator: generator(3) }), cumulative(bell, -8, 8)],
    [
      'normal with mean and deviation',
      () => randn([COUNT], { mean: 2, deviation: 0.5, generator: generator(4) }),
      cumulative(x => bell((x - 2) / 0.5), -2, 6),
    ],
    [
      'exponential',
      () => random.exponential([COUNT], { rate: 3, generator: generator(5) }),
      x => 1 - Math.exp(-3 * x),
    ],
    ...[0.4, 1, 2.5, 30].map((concentration): [string, () => Tensor, (x: number) => number] => [
      `gamma ${concentration}`,
      () => random.gamma([COUNT], { concentration, rate: 2, generator: generator(6) }),
      gammaDistribution(concentration, 2),
    ]),
    ...(
      [
        [-2, 2],
        [-0.3, 0.4],
        [0.2, 0.5],
        [2, Number.POSITIVE_INFINITY],
        [Number.NEGATIVE_INFINITY, -3],
        [-1, 6],
        [1, 1.2],
        [2, 2.6],
      ] as const
    ).map(([low, high]): [string, () => Tensor, (x: number) => number] => [
      `normal between ${low} and ${high}`,
      () => random.truncatedNormal([COUNT], { low, high, generator: generator(7) }),
      cumulative(bell, Math.max(low, -9), Math.min(high, 9)),
    ]),
  ])('%s', (_, draw, distribution) => {
    expect(distance(draw().data(), distribution)).toBeLessThan(FARTHEST)
  })

  it('scale and shift the truncated normal', () => {
    const x = random.truncatedNormal([COUNT], { mean: 5, deviation: 0.1, generator: generator(8) })
    const values = x.data()
    expect(Math.min(...values)).toBeGreaterThanOrEqual(4.8 - 1e-6)
    expect(Math.max(...values)).toBeLessThanOrEqual(5.2 + 1e-6)
    expect(moments(x).mean).toBeCloseTo(5, 2)
    // Cut at two deviations, 0.7737 of the variance is left.
    expect(moments(x).variance / 0.01).toBeCloseTo(0.7737, 1)
  })
})

describe('counts', () => {
  it.each([0.3, 4, 9.9, 10.1, 60, 2000])('are Poisson distributed around %s', rate => {
    const counts = random.poisson([COUNT], { rate, generator: generator(9) })
    expect(counts.dtype).toBe('int32')
    const { mean, variance } = moments(counts)
    expect(Math.abs(mean - rate)).toBeLessThan(5 * Math.sqrt(rate / COUNT))
    expect(Math.abs(variance / rate - 1)).toBeLessThan(5 * Math.sqrt((2 + 1 / rate) / COUNT))
  })

  it('have the chance of each number', () => {
    const count = 1_000_000
    for (const rate of [3, 10.1]) {
      const drawn = random.poisson([count], { rate, generator: generator(10) }).ints()
      const seen = new Map<number, number>()
      for (const k of drawn) seen.set(k, (seen.get(k) ?? 0) + 1)
      let chance = Math.exp(-rate)
      for (let k = 0; k < 2 * rate; k++) {
        const share = (seen.get(k) ?? 0) / count
        expect(Math.abs(share - chance)).toBeLessThan(5 * Math.sqrt(chance / count))
        chance *= rate / (k + 1)
      }
    }
  })

  it('are 1 with the probability of a Bernoulli variable', () => {
    const { mean } = moments(random.bernoulli([COUNT], { probability: 0.3, generator: generator(11) }))
    expect(Math.abs(mean - 0.3)).toBeLessThan(0.012)
    expect(random.bernoulli([3], { probability: 0 }).toArray()).toEqual([0, 0, 0])
  })

  it('are uniform whole numbers', () => {
    const drawn = randint([COUNT], { low: -2, high: 3, generator: generator(12) }).ints()
    for (const k of [-2, -1, 0, 1, 2])
      expect(Math.abs(drawn.filter(x => x === k).length / COUNT - 0.2)).toBeLessThan(0.011)
  })

  it('are permuted evenly', () => {
    const g = generator(13)
    const firsts = Array.from({ length: 6000 }, () => randperm(3, { generator: g }).ints().join(''))
    for (const order of ['012', '021', '102', '120', '201', '210'])
      expect(Math.abs(firsts.filter(x => x === order).length / 6000 - 1 / 6)).toBeLessThan(0.025)
  })
})

describe('categories', () => {
  const weights = tensor([
    [1, 0, 3],
    [0, 2, 2],
  ])

  it('are drawn by their weights', () => {
    const drawn = random.categorical(weights, { count: 20_000, generator: generator(14) })
    expect(drawn.shape).toEqual([2, 20_000])
    const [first, second] = [drawn.ints().subarray(0, 20_000), drawn.ints().subarray(20_000)]
    const share = (row: Int32Array, k: number): number => row.filter(x => x === k).length / 20_000
    expect(share(first, 0)).toBeCloseTo(0.25, 1)
    expect(share(first, 1)).toBe(0)
    expect(share(second, 0)).toBe(0)
    expect(share(second, 1)).toBeCloseTo(0.5, 1)
  })

  it('come once each without replacement, likelier ones first', () => {
    const g = generator(15)
    const firsts = Array.from({ length: 8000 }, () =>
      random.categorical(tensor([1, 3]), { count: 2, replacement: false, generator: g }).ints(),
    )
    for (const pair of firsts) expect([...pair].sort()).toEqual([0, 1])
    expect(firsts.filter(([k]) => k === 1).length / 8000).toBeCloseTo(0.75, 1)
  })
})

describe('random tensors', () => {
  it('are the same after the same seed, from the default generator too', () => {
    const draw = (): unknown[] => {
      manualSeed(5)
      return [
        random.gamma([3], { concentration: 2 }),
        random.poisson([3], { rate: 20 }),
        random.truncatedNormal([3]),
        random.exponential([3]),
        random.categorical(tensor([1, 1, 1]), { count: 3 }),
      ].map(x => x.toArray())
    }
    expect(draw()).toEqual(draw())
  })

  it('may be leaves', () => {
    expect(random.exponential([2], { requiresGrad: true }).requiresGrad).toBe(true)
  })

  it.each<[string, () => unknown, string]>([
    ['a deviation of 0', () => random.truncatedNormal([1], { deviation: 0 }), 'needs deviation > 0, got 0'],
    [
      'empty bounds',
      () => random.truncatedNormal([1], { low: 2, high: 2 }),
      'needs low below high (2), got 2',
    ],
    ['a probability above 1', () => random.bernoulli([1], { probability: 1.5 }), 'in 0 … 1, got 1.5'],
    ['no probability', () => random.bernoulli([1], {} as never), 'got undefined'],
    ['a rate of 0', () => random.exponential([1], { rate: 0 }), 'needs rate > 0'],
    [
      'no concentration',
      () => random.gamma([1], undefined as never),
      'needs concentration > 0, got undefined',
    ],
    ['a negative concentration', () => random.gamma([1], { concentration: -1 }), 'got -1'],
    ['a NaN rate', () => random.poisson([1], { rate: Number.NaN }), 'got NaN'],
    ['negative weights', () => random.categorical(tensor([1, -1])), 'needs weights ≥ 0 and finite, got -1'],
    [
      'weights of 0',
      () => random.categorical(tensor([0, 0])),
      'cannot draw 1 from a row of [2] with 0 weights',
    ],
    [
      'too few weights',
      () => random.categorical(tensor([1, 0]), { count: 2, replacement: false }),
      'cannot draw 2 from a row of [2] with 1 weights above 0',
    ],
    ['half a category', () => random.categorical(tensor([1]), { count: 0.5 }), 'needs count to be whole'],
    ['bounds in the wrong order', () => uniform([1], { low: 1, high: 0 }), 'low ≤ high, got 1 and 0'],
    ['no bounds', () => uniform([1], undefined as never), 'needs low and high'],
    ['a negative deviation', () => randn([1], { deviation: -1 }), 'deviation ≥ 0, got 0 and -1'],
  ])('refuse %s', (_, run, text) => {
    const error = errorOf(run)
    expect(error).toBeInstanceOf(ValueError)
    expect(error.message).toContain(text)
  })

  it('refuse what is no tensor or shape', () => {
    expect(errorOf(() => random.categorical([1, 2] as never))).toBeInstanceOf(DTypeError)
    expect(errorOf(() => random.categorical(tensor(1)))).toBeInstanceOf(ShapeError)
    expect(errorOf(() => random.exponential(3 as never))).toBeInstanceOf(ShapeError)
  })
})
