import { ValueError } from '../errors.ts'

/** Refuses anything but a whole number ≥ 1. */
export function requireCount(layer: string, option: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value
  throw new ValueError({
    operation: layer,
    problem: `needs ${option} to be a whole number ≥ 1, got ${String(value)}.`,
    hint: `for example { ${option}: 64 }.`,
  })
}

/** Refuses options nobody reads: most are misspelt. */
export function refuseUnknown(layer: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue
    throw new ValueError({
      operation: layer,
      problem: `has no option "${key}".`,
      hint: `it takes ${known.join(', ')}.`,
    })
  }
}
