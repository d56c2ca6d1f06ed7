import type { Tensor } from '../tensor/tensor.ts'
import type { Op } from './define.ts'

export interface UnaryAttributes {
  /** Whether nobody else will read x. */
  readonly isFresh: boolean
}

/** The unary functions by name, filled in by unary.ts. */
export const unaryOperations = new Map<string, Op<UnaryAttributes>>()

/** The activations whose gradients are computed from their results. */
export type ActivationInPlace = 'relu' | 'tanh' | 'sigmoid'

/**
 * An activation that may take the place of x, for layers that have just made x and need it no more. What x was made by
 * must not read it in its gradient.
 */
export function overwriteWith(name: ActivationInPlace, x: Tensor): Tensor {
  const op = unaryOperations.get(name)
  if (op === undefined) throw new Error(`internal: no operation ${name}`)
  return op([x], { isFresh: true })
}
