import { ValueError } from '../errors.ts'
import { suggestName } from '../suggest.ts'

/** Refuses anything but a whole number ≥ 1. */
export function requireCount(layer: string, option: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value
  throw new ValueError({
    operation: layer,
    problem: `needs ${option} to be a whole number ≥ 1, got ${String(value)}.`,
    hint: `for example { ${option}: 64 }.`,
  })
}

/** Refuses anything but a probability below 1. */
export function requireRate(layer: string, option: string, rate: unknown): number {
  if (typeof rate === 'number' && rate >= 0 && rate < 1) return rate
  throw new ValueError({
    operation: layer,
    problem: `needs a number 0 ≤ ${option} < 1, got ${String(rate)}.`,
    argument: option,
    received: rate,
  })
}

/** Refuses options nobody reads: most are misspelt. */
export function refuseUnknown(operation: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new ValueError({
      operation,
      problem: `takes an object of options, got ${options === null ? 'null' : typeof options}.`,
      hint: `for example { ${known[known.length > 1 ? 1 : 0]}: … }.`,
      argument: 'options',
      received: options,
    })
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue
    throw new ValueError({
      operation,
      problem: `has no option "${key}".`,
      hint: suggestName(key, known),
      argument: 'options',
      received: key,
    })
  }
}
