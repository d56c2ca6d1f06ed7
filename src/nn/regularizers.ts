import { ValueError } from '../errors.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { refuseUnknown } from './options.ts'

/** A penalty on large weights, added to the loss: l1·Σ|w| + l2·Σw². */
export interface Regularizer {
  /** Default 0. */
  readonly l1?: number
  /** Default 0. */
  readonly l2?: number
}

/** Refuses other options, and factors that are negative or not finite. */
export function checkRegularizer(operation: string, regularizer: Regularizer): void {
  refuseUnknown(operation, regularizer, ['l1', 'l2'])
  for (const [name, factor] of Object.entries(regularizer)) {
    if (factor === undefined || (Number.isFinite(factor) && factor >= 0)) continue
    throw new ValueError({
      operation,
      problem: `needs a finite ${name} ≥ 0, got ${String(factor)}.`,
      argument: name,
      received: factor,
    })
  }
}

/** l1·Σ|w| + l2·Σw²; null where both are 0. */
export function penalty(weights: Tensor, { l1 = 0, l2 = 0 }: Regularizer): Tensor | null {
  const absolute = l1 === 0 ? null : weights.abs().sum().mul(l1)
  const squared = l2 === 0 ? null : weights.square().sum().mul(l2)
  return absolute !== null && squared !== null ? absolute.add(squared) : (absolute ?? squared)
}
