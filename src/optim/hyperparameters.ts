import { ValueError } from '../errors.ts'

/** Bounds of a number: `from` ≤ value, `above` < value, value < `below`. */
export interface Bounds {
  readonly from?: number
  readonly above?: number
  readonly below?: number
}

/** Refuses a number that is not finite or not within its bounds, and returns it otherwise. */
export function checkHyperparameter(operation: string, name: string, value: number, bounds: Bounds): number {
  const { from, above, below } = bounds
  const fits =
    Number.isFinite(value) &&
    (from === undefined || value >= from) &&
    (above === undefined || value > above) &&
    (below === undefined || value < below)
  if (fits) return value
  const limits = [
    from === undefined ? '' : `≥ ${from}`,
    above === undefined ? '' : `> ${above}`,
    below === undefined ? '' : `< ${below}`,
  ].filter(limit => limit !== '')
  throw new ValueError({
    operation,
    problem: `needs a finite ${name} ${limits.join(' and ')}, got ${String(value)}.`,
    argument: name,
    received: value,
  })
}
