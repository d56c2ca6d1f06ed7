import { ValueError } from '../errors.ts'
import { suggestName } from '../suggest.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** What weights are brought back to after each step. Norms are taken over `axis`, the inputs (0) by default. */
export type Constraint =
  | 'nonNeg'
  | { readonly name: 'nonNeg' }
  /** Norms of at most maxValue, default 2. */
  | { readonly name: 'maxNorm'; readonly maxValue?: number; readonly axis?: number | readonly number[] }
  /** Norms of 1. */
  | { readonly name: 'unitNorm'; readonly axis?: number | readonly number[] }
  /** Norms between minValue (default 0) and maxValue (1); `rate` (1) says how much of the way is gone in a step. */
  | {
      readonly name: 'minMaxNorm'
      readonly minValue?: number
      readonly maxValue?: number
      readonly rate?: number
      readonly axis?: number | readonly number[]
    }

const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  nonNeg: [],
  maxNorm: ['maxValue', 'axis'],
  unitNorm: ['axis'],
  minMaxNorm: ['minValue', 'maxValue', 'rate', 'axis'],
}

/** Refuses unknown names and options, and values that are no numbers. */
export function checkConstraint(operation: string, constraint: Constraint): void {
  const { name, ...options } = typeof constraint === 'string' ? { name: constraint } : (constraint ?? {})
  const refuse = (problem: string, hint?: string): never => {
    throw new ValueError({ operation, problem, hint, argument: 'constraint', received: constraint })
  }
  if (!Object.hasOwn(OPTIONS, String(name)))
    refuse(`has no constraint "${String(name)}".`, suggestName(String(name), Object.keys(OPTIONS)))
  for (const [option, value] of Object.entries(options)) {
    if (!OPTIONS[String(name)].includes(option))
      refuse(
        `has no option "${option}" for ${name}.`,
        `there are ${OPTIONS[String(name)].join(', ') || 'none'}.`,
      )
    const numbers: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (value !== undefined && !numbers.every(Number.isFinite))
      refuse(`needs ${option} to be a finite number, got ${JSON.stringify(value)}.`)
  }
}

/** Keras' ε, so that a norm of 0 can be divided by. */
const EPSILON = 1e-7

/** The weights, brought back. */
export function constrained(weights: Tensor, constraint: Constraint): Tensor {
  const rule = typeof constraint === 'string' ? { name: constraint } : constraint
  if (rule.name === 'nonNeg') return weights.mul(weights.greaterEqual(0))
  const axis = rule.axis === undefined ? 0 : typeof rule.axis === 'number' ? rule.axis : [...rule.axis]
  const norms = weights.square().sum({ axis, keepDims: true }).sqrt()
  switch (rule.name) {
    case 'unitNorm':
      return weights.div(norms.add(EPSILON))
    case 'maxNorm':
      return weights.mul(norms.clip({ min: 0, max: rule.maxValue ?? 2 }).div(norms.add(EPSILON)))
    case 'minMaxNorm': {
      const { minValue = 0, maxValue = 1, rate = 1 } = rule
      const wanted = norms
        .clip({ min: minValue, max: maxValue })
        .mul(rate)
        .add(norms.mul(1 - rate))
      return weights.mul(wanted.div(norms.add(EPSILON)))
    }
  }
}
