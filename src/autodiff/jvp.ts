import { DTypeError, ShapeError, ValueError } from '../errors.ts'
import { formatShape, sameShape } from '../tensor/shape.ts'
import { Tensor } from '../tensor/tensor.ts'
import { type BackwardOptions, computeGradients } from './backward.ts'
import { calculus } from './calculus.ts'
import { asVariable, isNested, nested, zerosFor } from './grad.ts'
import { enableGrad, requireFunction } from './mode.ts'

/** Whether results can be differentiated again; by default they can inside another derivative. */
export type DerivativeOptions = Pick<BackwardOptions, 'createGraph'>

type Function = (...inputs: Tensor[]) => Tensor
type OneOrMore = Tensor | readonly Tensor[]

const listOf = (x: OneOrMore): readonly Tensor[] => (Array.isArray(x) ? x : [x]) as readonly Tensor[]

/** Refuses directions that do not belong to the inputs. */
function checkDirections(operation: string, inputs: readonly Tensor[], directions: readonly Tensor[]): void {
  if (inputs.length !== directions.length) {
    throw new ValueError({
      operation,
      problem: `needs one direction per input, got ${directions.length} for ${inputs.length}.`,
      hint: `${operation}(f, [x, y], [v, w]).`,
    })
  }
  inputs.forEach((input, i) => {
    const direction: unknown = directions[i]
    if (!(input instanceof Tensor && direction instanceof Tensor && direction.dtype === 'float32')) {
      throw new DTypeError({
        operation,
        problem: `takes float32 tensors as directions, got ${direction instanceof Tensor ? direction.dtype : typeof direction} for input ${i}.`,
      })
    }
    if (!sameShape(input.shape, direction.shape)) {
      throw new ShapeError({
        operation,
        problem: `got a direction ${formatShape(direction.shape)} for an input ${formatShape(input.shape)}.`,
        hint: 'a direction has the shape of its input.',
        shapes: [input.shape, direction.shape],
      })
    }
  })
}

/** Σ ⟨aₖ, bₖ⟩, or null where there is nothing to add. */
function inner(as: readonly (Tensor | undefined)[], bs: readonly Tensor[]): Tensor | null {
  const terms = as.flatMap((a, i) => (a === undefined ? [] : [a.mul(bs[i]).sum()]))
  return terms.length === 0 ? null : terms.reduce((sum, term) => calculus.add(sum, term))
}

/** Results that are constants for whoever gets them, unless their graph is wanted. */
const released = (x: Tensor, createGraph: boolean): Tensor => {
  x.storage.visible = true
  return createGraph ? x : x.detach()
}

/**
 * Jacobian-vector product: f(x) and its change in the direction v, J·v, without building J. It is computed by going
 * backward twice: the gradient of uᵀJ·v by u, which costs about three evaluations of f.
 *
 * @throws ShapeError unless each direction has the shape of its input
 * @example
 * const { value, tangent } = jvp((x: Tensor) => x.pow(2), tensor([3]), tensor([1]))   // [9], [6]
 */
export function jvp(
  f: (x: Tensor) => Tensor,
  input: Tensor,
  direction: Tensor,
  options?: DerivativeOptions,
): { value: Tensor; tangent: Tensor }
export function jvp(
  f: Function,
  inputs: readonly Tensor[],
  directions: readonly Tensor[],
  options?: DerivativeOptions,
): { value: Tensor; tangent: Tensor }
export function jvp(
  f: Function,
  inputs: OneOrMore,
  directions: OneOrMore,
  options: DerivativeOptions = {},
): { value: Tensor; tangent: Tensor } {
  requireFunction('jvp', f)
  const [points, vs] = [listOf(inputs), listOf(directions)]
  checkDirections('jvp', points, vs)
  const createGraph = options?.createGraph ?? isNested()
  const leaves = points.map(point => asVariable(point, createGraph))
  const value = nested(() => f(...leaves))
  const none = { value: released(value, createGraph), tangent: zerosFor(value) }
  if (!value.requiresGrad) return none
  return enableGrad(() => {
    const u = asVariable(zerosFor(value), false)
    const wanted = new Set(leaves)
    const back = computeGradients('jvp', [value], [u], wanted, { createGraph: true, stopAtWanted: true })
    const slope = inner(
      leaves.map(leaf => back.get(leaf)),
      vs,
    )
    if (slope === null || !slope.requiresGrad) return none
    const forward = computeGradients('jvp', [slope], [undefined], new Set([u]), {
      createGraph,
      stopAtWanted: true,
    })
    return { value: none.value, tangent: released(forward.get(u) ?? zerosFor(value), createGraph) }
  })
}

/**
 * Hessian-vector product: H·v of a scalar function, as the gradient of ⟨∇f, v⟩; H itself is never built.
 *
 * @throws ShapeError when f does not return a single number, or a vector does not have the shape of its input
 * @example
 * const { product } = hvp((x: Tensor) => x.pow(3).sum(), tensor([1, 2]), tensor([1, 0]))   // [6, 0]
 */
export function hvp(
  f: (x: Tensor) => Tensor,
  input: Tensor,
  vector: Tensor,
  options?: DerivativeOptions,
): { value: Tensor; product: Tensor }
export function hvp(
  f: Function,
  inputs: readonly Tensor[],
  vectors: readonly Tensor[],
  options?: DerivativeOptions,
): { value: Tensor; product: Tensor[] }
export function hvp(
  f: Function,
  inputs: OneOrMore,
  vectors: OneOrMore,
  options: DerivativeOptions = {},
): { value: Tensor; product: OneOrMore } {
  requireFunction('hvp', f)
  const [points, vs] = [listOf(inputs), listOf(vectors)]
  checkDirections('hvp', points, vs)
  const createGraph = options?.createGraph ?? isNested()
  const leaves = points.map(point => asVariable(point, createGraph))
  const value = nested(() => f(...leaves))
  const products = enableGrad(() => {
    const wanted = new Set(leaves)
    const first = value.requiresGrad
      ? computeGradients('hvp', [value], [undefined], wanted, { createGraph: true, stopAtWanted: true })
      : new Map<Tensor, Tensor>()
    const slope = inner(
      leaves.map(leaf => first.get(leaf)),
      vs,
    )
    const second = slope?.requiresGrad
      ? computeGradients('hvp', [slope], [undefined], wanted, { createGraph, stopAtWanted: true })
      : new Map<Tensor, Tensor>()
    return leaves.map(leaf => released(second.get(leaf) ?? zerosFor(leaf), createGraph))
  })
  return { value: released(value, createGraph), product: inputs instanceof Tensor ? products[0] : products }
}
