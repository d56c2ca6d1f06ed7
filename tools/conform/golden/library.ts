import type { Values } from '../decode.ts'

/** The little that the driver needs from a tensor library: small enough for a fake in its tests. */
export interface Library<T> {
  tensor(values: Values, requiresGradient: boolean): T
  read(tensor: T): Values
  /** Σ over pairs of Σ (output · weight), as a scalar that can be differentiated. */
  weightedSum(pairs: readonly (readonly [output: T, weight: T])[]): T
  /** Differentiates; does nothing where no gradient can flow. */
  backward(loss: T): void
  /** The gradient that backward left at a tensor, or null where none arrived. */
  gradient(tensor: T): T | null
}
