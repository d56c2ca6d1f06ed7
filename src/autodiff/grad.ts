import { DTypeError, ValueError } from '../errors.ts'
import { isMappedTensor, type MapLevel, mapping, wrapMapped } from '../tensor/mapped.ts'
import { fromCold, Tensor } from '../tensor/tensor.ts'
import { type BackwardOptions, computeGradients } from './backward.ts'
import { calculus } from './calculus.ts'
import { enableGrad, gradMode, requireFunction } from './mode.ts'
import { isInsideBackward } from './pass.ts'

/** A function of tensors whose result is a scalar. */
type ScalarFunction<T extends readonly Tensor[]> = (...inputs: T) => Tensor

/**
 * A tensor with the same numbers that requires a gradient: a leaf, or where the gradient is to be differentiated
 * again a stand-in that leads on to the tensor. It is another one for each argument, so that they count as independent.
 */
export function asVariable(tensor: Tensor, keepGraph: boolean): Tensor {
  if (!(tensor instanceof Tensor)) {
    throw new ValueError({ operation: 'grad', problem: `differentiates by tensors, got ${typeof tensor}.` })
  }
  // Inside vmap, what is the same for all examples becomes a variable of its own: its gradient differs.
  const own =
    mapping.innermost === null || isMappedTensor(tensor) ? tensor : lifted(tensor, mapping.innermost)
  if (keepGraph && own.requiresGrad) return calculus.standIn(own)
  own.storage.visible = true
  const leaf = new Tensor(own.storage, own.shape)
  leaf.requiresGrad = own.dtype === 'float32'
  return leaf
}

const lifted = (tensor: Tensor, level: MapLevel): Tensor => wrapMapped(level, tensor, false)

/** How many of the functions below are running inside one another. */
let depth = 0

/** Runs f; a `grad` within it finds that it is inside another one. */
export function nested(f: () => Tensor): Tensor {
  depth++
  try {
    const value: unknown = enableGrad(f)
    if (value instanceof Tensor && value.dtype === 'float32') return value
    throw new DTypeError({
      operation: 'grad',
      problem: `differentiates functions that return a float32 tensor, got ${value instanceof Tensor ? value.dtype : typeof value}.`,
    })
  } finally {
    depth--
  }
}

/** Inside another `grad`, or a gradient that is recorded, gradients must be differentiable themselves. */
export const isNested = (): boolean => gradMode.enabled && (depth > 0 || isInsideBackward())

export function zerosFor(tensor: Tensor): Tensor {
  return fromCold(new Float32Array(tensor.size), tensor.shape, 'float32')
}

/**
 * A function that returns both f(…) and its gradients by every argument.
 *
 * An argument that f does not depend on gets zeros. With `createGraph` the gradients can be differentiated again;
 * inside another `grad` that is the default.
 *
 * @example
 * const { value, gradients: [dw] } = valueAndGrad((w: Tensor) => w.square().sum())(w)
 */
export function valueAndGrad<T extends readonly Tensor[]>(
  f: ScalarFunction<T>,
  options: Pick<BackwardOptions, 'createGraph'> = {},
): (...inputs: T) => { value: Tensor; gradients: { [K in keyof T]: Tensor } } {
  requireFunction('grad', f)
  return (...inputs) => {
    const createGraph = options?.createGraph ?? isNested()
    const leaves = inputs.map(input => asVariable(input, createGraph))
    const value = nested(() => f(...(leaves as readonly Tensor[] as T)))
    const results = value.requiresGrad
      ? computeGradients('grad', [value], [undefined], new Set(leaves), { createGraph, stopAtWanted: true })
      : new Map<Tensor, Tensor>()
    const gradients = leaves.map(leaf => results.get(leaf) ?? zerosFor(leaf))
    for (const gradient of gradients) gradient.storage.visible = true
    return { value, gradients: gradients as { [K in keyof T]: Tensor } }
  }
}

/**
 * The gradient of a scalar function, as a function: one argument gives one tensor, several give an array.
 * Nothing is written to `grad`.
 *
 * @throws ShapeError when f does not return a single number
 * @example
 * const derivative = grad((x: Tensor) => x.pow(3).sum())
 * derivative(tensor([2]))   // [12]
 */
export function grad(
  f: (x: Tensor) => Tensor,
  options?: Pick<BackwardOptions, 'createGraph'>,
): (x: Tensor) => Tensor
export function grad<T extends readonly Tensor[]>(
  f: ScalarFunction<T>,
  options?: Pick<BackwardOptions, 'createGraph'>,
): (...inputs: T) => { [K in keyof T]: Tensor }
export function grad(
  f: (...inputs: Tensor[]) => Tensor,
  options: Pick<BackwardOptions, 'createGraph'> = {},
): (...inputs: Tensor[]) => Tensor | Tensor[] {
  const both = valueAndGrad(f, options)
  return (...inputs) => {
    const { gradients } = both(...inputs)
    return inputs.length === 1 ? gradients[0] : [...gradients]
  }
}

/**
 * Vector-Jacobian product: f(x) and the function that maps dL/df to dL/dx. It may be called more than once.
 *
 * @example
 * const { value, pullback } = vjp((x: Tensor) => x.exp(), x)
 * const [dx] = pullback(onesLike(value))
 */
export function vjp<T extends readonly Tensor[]>(
  f: (...inputs: T) => Tensor,
  ...inputs: T
): { value: Tensor; pullback: (cotangent: Tensor) => { [K in keyof T]: Tensor } } {
  requireFunction('vjp', f)
  const keepGraph = isNested()
  const leaves = inputs.map(input => asVariable(input, keepGraph))
  const value = nested(() => f(...(leaves as readonly Tensor[] as T)))
  return {
    value,
    pullback: cotangent => {
      const options = { retainGraph: true, createGraph: isNested(), stopAtWanted: true }
      const results = value.requiresGrad
        ? computeGradients('vjp', [value], [cotangent], new Set(leaves), options)
        : new Map<Tensor, Tensor>()
      const gradients = leaves.map(leaf => results.get(leaf) ?? zerosFor(leaf))
      for (const gradient of gradients) gradient.storage.visible = true
      return gradients as { [K in keyof T]: Tensor }
    },
  }
}

/**
 * The gradients of a scalar by tensors that it was computed from, in their order; nothing is written to `grad`
 * (PyTorch's `torch.autograd.grad`). A tensor that it does not depend on gets zeros.
 *
 * @throws ShapeError when `loss` is not a single number; GradientError when it depends on nothing with requiresGrad
 * @example
 * const penalty = gradientsOf(critic.forward(x).sum(), [x], { createGraph: true })[0].norm()
 * const perExample = vmap(x => gradientsOf(model.forward(x).sum(), model.parameters()))(batch)
 */
export function gradientsOf(
  loss: Tensor,
  tensors: readonly Tensor[],
  options: BackwardOptions = {},
): Tensor[] {
  if (!(loss instanceof Tensor)) {
    throw new DTypeError({ operation: 'gradientsOf', problem: `starts from a tensor, got ${typeof loss}.` })
  }
  if (!Array.isArray(tensors)) {
    throw new ValueError({
      operation: 'gradientsOf',
      problem: `takes an array of tensors, got ${tensors === null ? 'null' : typeof tensors}.`,
      hint: 'gradientsOf(loss, [w, b]), or model.parameters().',
    })
  }
  const found = computeGradients('gradientsOf', [loss], [undefined], new Set(tensors), options)
  return tensors.map(tensor => {
    const gradient = found.get(tensor) ?? zerosFor(tensor)
    gradient.storage.visible = true
    return gradient
  })
}
