import type { Tensor } from '../tensor/tensor.ts'
import type { Shape } from '../tensor/shape.ts'

/** The operations that backward itself needs; `ops` installs them, so that arrows go one way. */
export interface Calculus {
  add(a: Tensor, b: Tensor): Tensor
  /** Sums over the axes along which `shape` was broadcast to the tensor's shape. */
  sumTo(x: Tensor, shape: Shape): Tensor
  copy(x: Tensor): Tensor
  /** The same numbers as a tensor of its own, through which gradients flow. */
  standIn(x: Tensor): Tensor
  /** Joins tensors of one shape along a new first axis. */
  stack(tensors: readonly Tensor[]): Tensor
}

const missing = (): never => {
  throw new Error('internal: the operations are not installed')
}

export const calculus: Calculus = {
  add: missing,
  sumTo: missing,
  copy: missing,
  standIn: missing,
  stack: missing,
}
