import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { computeGradients } from './backward.ts'
import { calculus } from './calculus.ts'
import { asVariable, isNested, nested, valueAndGrad, zerosFor } from './grad.ts'
import type { DerivativeOptions } from './jvp.ts'
import { requireFunction } from './mode.ts'

type Function = (...inputs: Tensor[]) => Tensor

/** The derivative of every element of f by every element of every input: one [...f, ...x] per input. */
function rowsOf(f: Function, inputs: readonly Tensor[], createGraph: boolean): Tensor[] {
  const leaves = inputs.map(input => asVariable(input, createGraph))
  const value = nested(() => f(...leaves))
  const columns: Tensor[][] = leaves.map(() => [])
  for (let k = 0; k < value.size; k++) {
    const seed = new Float32Array(value.size)
    seed[k] = 1
    const options = { retainGraph: true, createGraph, stopAtWanted: true }
    const found = value.requiresGrad
      ? computeGradients(
          'jacobian',
          [value],
          [fromCold(seed, value.shape, 'float32')],
          new Set(leaves),
          options,
        )
      : new Map<Tensor, Tensor>()
    leaves.forEach((leaf, i) => {
      const row = found.get(leaf) ?? zerosFor(leaf)
      row.storage.visible = true
      columns[i].push(row)
    })
  }
  return leaves.map((leaf, i) => {
    const shape = [...value.shape, ...leaf.shape]
    if (columns[i].length === 0) return fromCold(new Float32Array(0), shape, 'float32')
    return calculus.stack(columns[i]).reshape(shape)
  })
}

/**
 * The Jacobian of a function, as a function: J[i…, j…] = ∂f[i…]/∂x[j…], one backward pass per element of f. For a
 * single direction use `jvp`, for a single combination of outputs `vjp`.
 *
 *   f: x → y gives [...y, ...x]; several arguments give an array with one for each
 *
 * @example
 * jacobian((x: Tensor) => x.pow(2))(tensor([1, 3]))   // [[2, 0], [0, 6]]
 */
export function jacobian(f: (x: Tensor) => Tensor, options?: DerivativeOptions): (x: Tensor) => Tensor
export function jacobian(f: Function, options?: DerivativeOptions): (...inputs: Tensor[]) => Tensor[]
export function jacobian(
  f: Function,
  options: DerivativeOptions = {},
): (...inputs: Tensor[]) => Tensor | Tensor[] {
  requireFunction('jacobian', f)
  return (...inputs) => {
    const all = rowsOf(f, inputs, options?.createGraph ?? isNested())
    return inputs.length === 1 ? all[0] : all
  }
}

/**
 * The Hessian of a scalar function, as a function: H[i…, j…] = ∂²f/∂x[i…]∂x[j…], one backward pass per element of x.
 * For products with a vector use `hvp`, which needs two passes in all.
 *
 *   f: x → number gives [...x, ...x]; several arguments give an array of rows, [i][j] by argument i, then j
 *
 * @throws ShapeError when f does not return a single number
 * @example
 * hessian((x: Tensor) => x.pow(3).sum())(tensor([1, 2]))   // [[6, 0], [0, 12]]
 */
export function hessian(f: (x: Tensor) => Tensor, options?: DerivativeOptions): (x: Tensor) => Tensor
export function hessian(f: Function, options?: DerivativeOptions): (...inputs: Tensor[]) => Tensor[][]
export function hessian(
  f: Function,
  options: DerivativeOptions = {},
): (...inputs: Tensor[]) => Tensor | Tensor[][] {
  requireFunction('hessian', f)
  return (...inputs) => {
    const createGraph = options?.createGraph ?? isNested()
    const rows = inputs.map((_, i) => {
      const slope = (...all: Tensor[]): Tensor => valueAndGrad(f, { createGraph: true })(...all).gradients[i]
      return rowsOf(slope, inputs, createGraph)
    })
    return inputs.length === 1 ? rows[0][0] : rows
  }
}
