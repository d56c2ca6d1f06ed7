import type { Tensor } from '../tensor/tensor.ts'
import type { Op } from './define.ts'

export interface Overwriting {
  /** Whether nobody else will read the last operand. */
  readonly isFresh: boolean
}

/** The unary functions and add by name, filled in where they are defined. */
export const overwritingOperations = new Map<string, Op<Overwriting>>()

/** Runs an operation whose result may take the place of the last operand. */
function run(name: string, inputs: readonly Tensor[]): Tensor {
  const op = overwritingOperations.get(name)
  if (op === undefined) throw new Error(`internal: no operation ${name}`)
  return op(inputs, { isFresh: true })
}

/** The activations whose gradients are computed from their results. */
export type ActivationInPlace = 'relu' | 'tanh' | 'sigmoid'

/**
 * An activation that may take the place of x, for layers that have just made x and need it no more. What x was made by
 * must not read it in its gradient.
 */
export const overwriteWith = (name: ActivationInPlace, x: Tensor): Tensor => run(name, [x])

/** x + y for tensors of one shape, perhaps in the place of y: the same holds for it. */
export const addOnto = (x: Tensor, y: Tensor): Tensor => run('add', [x, y])
