/** Where the numbers come from: uniform in [0, 1). */
export interface UniformSource {
  next(): number
}

/** A number from (0, 1], whose logarithm is finite. */
const positive = (source: UniformSource): number => 1 - source.next()

/** Standard normal (Box & Muller 1958), one of the pair. */
const standardNormal = (source: UniformSource): number =>
  Math.sqrt(-2 * Math.log(positive(source))) * Math.cos(2 * Math.PI * source.next())

/** Exponential with rate 1. */
export const sampleExponential = (source: UniformSource): number => -Math.log(positive(source))

/** Gamma with scale 1 (Marsaglia & Tsang 2000). */
export function sampleGamma(source: UniformSource, concentration: number): number {
  // A gamma of α is one of α + 1 times U^(1/α).
  if (concentration < 1) {
    return sampleGamma(source, concentration + 1) * positive(source) ** (1 / concentration)
  }
  const d = concentration - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = standardNormal(source)
    const v = (1 + c * x) ** 3
    if (v <= 0) continue
    if (Math.log(positive(source)) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

/** A standard normal number between a and b, either of which may be infinite (Robert 1995). */
export function sampleTruncatedNormal(source: UniformSource, a: number, b: number): number {
  if (b <= 0) return -sampleTruncatedNormal(source, -b, -a)
  if (a <= 0 && b - a > Math.sqrt(2 * Math.PI)) {
    for (;;) {
      const x = standardNormal(source)
      if (x >= a && x <= b) return x
    }
  }
  const lowest = Math.max(a, 0)
  const rate = (lowest + Math.sqrt(lowest * lowest + 4)) / 2
  const isNarrow = b - a < 2 / rate
  for (;;) {
    const x = isNarrow ? a + (b - a) * source.next() : lowest + sampleExponential(source) / rate
    if (x > b) continue
    const logRatio = isNarrow ? (lowest * lowest - x * x) / 2 : -((x - rate) ** 2) / 2
    if (Math.log(positive(source)) <= logRatio) return x
  }
}

/** ln n! by Stirling's series, exact to 1e-10 for n ≥ 10 and by multiplication below. */
function logFactorial(n: number): number {
  if (n < 10) {
    let product = 1
    for (let i = 2; i <= n; i++) product *= i
    return Math.log(product)
  }
  const x = n + 1
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * x ** 3)
}

/** A count with the mean `rate`: products of uniforms for small ones, transformed rejection (Hörmann 1993) for others. */
export function samplePoisson(source: UniformSource, rate: number): number {
  if (rate < 10) {
    const limit = Math.exp(-rate)
    let product = positive(source)
    let count = 0
    while (product > limit) {
      product *= positive(source)
      count++
    }
    return count
  }
  const b = 0.931 + 2.53 * Math.sqrt(rate)
  const a = -0.059 + 0.02483 * b
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
  for (;;) {
    const u = source.next() - 0.5
    const v = positive(source)
    const edge = 0.5 - Math.abs(u)
    const k = Math.floor(((2 * a) / edge + b) * u + rate + 0.43)
    if (edge >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2)) return k
    if (k < 0 || (edge < 0.013 && v > edge)) continue
    const left = Math.log((v * inverseAlpha) / (a / (edge * edge) + b))
    if (left <= k * Math.log(rate) - rate - logFactorial(k)) return k
  }
}

/** Positions drawn with the chance of their weight; without replacement by exponential races (Efraimidis 2006). */
export function sampleCategories(
  source: UniformSource,
  weights: ArrayLike<number>,
  count: number,
  replacement: boolean,
): Int32Array {
  if (replacement) {
    const sums = new Float64Array(weights.length)
    let total = 0
    for (let i = 0; i < weights.length; i++) sums[i] = total += weights[i]
    return Int32Array.from({ length: count }, () => firstAbove(sums, source.next() * total))
  }
  const races = Array.from({ length: weights.length }, (_, category) => ({
    category,
    time: weights[category] > 0 ? sampleExponential(source) / weights[category] : Number.POSITIVE_INFINITY,
  }))
  races.sort((p, q) => (p.time < q.time ? -1 : 1))
  return Int32Array.from({ length: count }, (_, i) => races[i].category)
}

/** The first position whose running sum is above x, by bisection. */
function firstAbove(sums: Float64Array, x: number): number {
  let [low, high] = [0, sums.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sums[middle] > x) high = middle
    else low = middle + 1
  }
  return low
}
