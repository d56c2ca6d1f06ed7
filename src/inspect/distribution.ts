/** Equal bins between the smallest and the largest finite value. */
export interface Histogram {
  /** One more than there are counts. */
  readonly edges: readonly number[]
  readonly counts: readonly number[]
}

/** What a set of numbers looks like; NaN and infinities are counted and otherwise left out. */
export interface Distribution {
  readonly count: number
  readonly mean: number
  /** σ of the population. */
  readonly deviation: number
  readonly minimum: number
  readonly maximum: number
  /** √Σx² */
  readonly norm: number
  /** Part of the values that are exactly 0. */
  readonly zeros: number
  /** How many are NaN or infinite. */
  readonly nonFinite: number
  readonly histogram: Histogram
}

const BINS = 20

/** Describes numbers; with none of them finite, mean, deviation, minimum and maximum are NaN. */
export function distributionOf(values: ArrayLike<number>, bins = BINS): Distribution {
  const count = values.length
  let finite = 0
  let sum = 0
  let squares = 0
  let zeros = 0
  let minimum = Number.POSITIVE_INFINITY
  let maximum = Number.NEGATIVE_INFINITY
  for (let i = 0; i < count; i++) {
    const value = values[i]
    if (!Number.isFinite(value)) continue
    finite++
    sum += value
    squares += value * value
    if (value === 0) zeros++
    if (value < minimum) minimum = value
    if (value > maximum) maximum = value
  }
  const mean = sum / finite
  let spread = 0
  for (let i = 0; i < count; i++) if (Number.isFinite(values[i])) spread += (values[i] - mean) ** 2
  return {
    count,
    mean,
    deviation: Math.sqrt(spread / finite),
    minimum: finite === 0 ? Number.NaN : minimum,
    maximum: finite === 0 ? Number.NaN : maximum,
    norm: Math.sqrt(squares),
    zeros: count === 0 ? 0 : zeros / count,
    nonFinite: count - finite,
    histogram: finite === 0 ? { edges: [], counts: [] } : histogramOf(values, minimum, maximum, bins),
  }
}

function histogramOf(values: ArrayLike<number>, minimum: number, maximum: number, bins: number): Histogram {
  // A single value gets a bin of its own width.
  const width = maximum > minimum ? (maximum - minimum) / bins : 1
  const count = maximum > minimum ? bins : 1
  const counts = Array<number>(count).fill(0)
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue
    counts[Math.min(count - 1, Math.floor((values[i] - minimum) / width))]++
  }
  return { edges: Array.from({ length: count + 1 }, (_, i) => minimum + i * width), counts }
}

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** A histogram in one line of characters: `▁▂▅█▃▁`. */
export function sparkline({ counts }: Histogram): string {
  const most = Math.max(1, ...counts)
  return counts.map(count => (count === 0 ? ' ' : BARS[Math.ceil((count / most) * BARS.length) - 1])).join('')
}
