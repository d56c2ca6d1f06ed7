/** Places numbers on an axis, and says where its ticks are. */
export interface Scale {
  readonly ticks: readonly number[]
  /** 0 at the axis' beginning, 1 at its end. */
  place(value: number): number
}

/** The step of about `count` round ticks over a range. */
function roundStep(range: number, count: number): number {
  const rough = range / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const factor = [1, 2, 2.5, 5, 10].find(candidate => candidate * power >= rough) ?? 10
  return factor * power
}

/** An axis from a round number below all values to one above them. */
export function linearScale(values: readonly number[], count = 4): Scale {
  const [least, greatest] = [Math.min(...values), Math.max(...values)]
  const range = greatest - least || Math.abs(greatest) || 1
  const step = roundStep(range, count)
  const start = Math.floor(least / step)
  const end = Math.max(Math.ceil(greatest / step), start + 1)
  const ticks = Array.from({ length: end - start + 1 }, (_, i) => (start + i) * step)
  return { ticks, place: value => (value - start * step) / ((end - start) * step) }
}

/** An axis of powers of ten, for figures that fall by orders of magnitude. All values are above 0. */
export function logarithmicScale(values: readonly number[]): Scale {
  const start = Math.floor(Math.log10(Math.min(...values)))
  const end = Math.max(Math.ceil(Math.log10(Math.max(...values))), start + 1)
  const every = Math.ceil((end - start) / 6)
  const ticks = Array.from(
    { length: Math.floor((end - start) / every) + 1 },
    (_, i) => 10 ** (start + i * every),
  )
  return { ticks, place: value => (Math.log10(value) - start) / (end - start) }
}

const WIDE = 100

/** The axis that shows most of the values. */
export function scaleFor(values: readonly number[]): Scale {
  const finite = values.filter(Number.isFinite)
  if (finite.length === 0) return linearScale([0, 1])
  const least = Math.min(...finite)
  return least > 0 && Math.max(...finite) / least > WIDE ? logarithmicScale(finite) : linearScale(finite)
}

/** Whole numbers from 1 to `count` for an axis of epochs, thinned out. */
export function epochTicks(count: number): readonly number[] {
  const step = Math.max(1, Math.ceil(count / 8))
  return Array.from({ length: Math.floor((count - 1) / step) + 1 }, (_, i) => 1 + i * step)
}

/** A figure in a few characters: `0.2113`, `1.2e-5`, `1,234`. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size !== 0 && size < 1e-3) return value.toExponential(1).replace('.0e', 'e')
  if (size >= 1e6) return value.toExponential(2)
  return size >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(4)))
}
