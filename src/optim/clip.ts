import { currentEngine } from '../engine/device.ts'
import { readStorage } from '../engine/engine.ts'
import { ValueError } from '../errors.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkHyperparameter } from './hyperparameters.ts'

export interface ClipGradNormOptions {
  /** The largest norm allowed. */
  readonly maxNorm: number
  /** p of the norm (Σ|g|ᵖ)^(1/p): 2 (default), any number > 0, or Infinity for the largest |g|. */
  readonly normType?: number
}

/** Keeps the division finite where the norm is 0, as in PyTorch. */
const NORM_EPSILON = 1e-6

/** Tied weights come more than once, but their gradient counts once. */
const gradientsOf = (parameters: Iterable<Tensor>): ReadonlySet<Tensor> => {
  const gradients = new Set<Tensor>()
  for (const { gradient } of parameters) if (gradient !== null) gradients.add(gradient)
  return gradients
}

function euclideanNorm(gradients: Iterable<Tensor>): number {
  const engine = currentEngine()
  let sum = 0
  for (const { storage, size } of gradients) {
    engine.beginOperation()
    sum += engine.kernels.sumSquares(engine.pointer(storage), size)
  }
  return Math.sqrt(sum)
}

function otherNorm(gradients: Iterable<Tensor>, p: number): number {
  let total = 0
  for (const { storage } of gradients) {
    const values = storage.cold ?? readStorage(storage)
    for (const value of values) {
      const size = Math.abs(value)
      // Math.max keeps NaN.
      total = p === Number.POSITIVE_INFINITY ? Math.max(total, size) : total + size ** p
    }
  }
  return p === Number.POSITIVE_INFINITY ? total : total ** (1 / p)
}

/**
 * Scales all gradients, in place, so that their common norm is at most `maxNorm`; returns the norm they had.
 *
 *   g ← g · min(1, maxNorm / (‖g‖ + 1e-6))
 *
 * One norm is taken over all gradients together (Pascanu et al. 2013). Parameters without a gradient do not count.
 * With an infinite or NaN norm, NaN results, as in PyTorch: check the returned norm where that can happen.
 *
 * @throws ValueError for a maxNorm or normType that is not a number > 0
 * @example
 * loss.backward()
 * clipGradNorm(model.parameters(), {maxNorm: 1})
 * optimizer.step()
 */
export function clipGradNorm(parameters: Iterable<Tensor>, options: ClipGradNormOptions): number {
  const { maxNorm, normType = 2 } = options
  checkHyperparameter('clipGradNorm', 'maxNorm', maxNorm, { above: 0 })
  if (!(normType > 0)) {
    throw new ValueError({
      operation: 'clipGradNorm',
      problem: `needs normType > 0 (2 by default, or Infinity), got ${normType}.`,
      argument: 'normType',
      received: normType,
    })
  }
  const gradients = gradientsOf(parameters)
  const norm = normType === 2 ? euclideanNorm(gradients) : otherNorm(gradients, normType)
  const scale = maxNorm / (norm + NORM_EPSILON)
  if (scale >= 1) return norm
  const engine = currentEngine()
  for (const { storage, size } of gradients) {
    engine.beginOperation()
    const pointer = engine.pointerForWrite(storage)
    engine.kernels.parametric.scale(pointer, pointer, size, scale, 0)
  }
  return norm
}

/**
 * Clips every gradient element, in place, to −value … value; NaN stays NaN.
 *
 * @throws ValueError unless value is a finite number > 0
 * @example clipGradValue(model.parameters(), {value: 0.5})
 */
export function clipGradValue(parameters: Iterable<Tensor>, options: { readonly value: number }): void {
  const value = checkHyperparameter('clipGradValue', 'value', options.value, { above: 0 })
  const engine = currentEngine()
  for (const { storage, size } of gradientsOf(parameters)) {
    engine.beginOperation()
    const pointer = engine.pointerForWrite(storage)
    engine.kernels.parametric.clip(pointer, pointer, size, -value, value)
  }
}
