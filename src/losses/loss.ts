import { mapCall } from '../autodiff/map-call.ts'
import { internalScope } from '../autodiff/mode.ts'
import { ValueError } from '../errors.ts'
import { requireTensor } from '../ops/operand.ts'
import { isMappedTensor } from '../tensor/mapped.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** What becomes of the single losses: their mean, their sum, or the tensor of all of them. */
export type Reduction = 'mean' | 'sum' | 'none'

export interface LossOptions {
  /** Default `'mean'`. */
  readonly reduction?: Reduction
  /** The prediction holds logits, before sigmoid or softmax. Default false. */
  readonly fromLogits?: boolean
}

/** A loss as `compile` and training loops take it, with what a trainer wants to know about it. */
export interface LossFunction<O extends LossOptions = LossOptions> {
  (prediction: Tensor, target: Tensor, options?: O): Tensor
  readonly name: string
  /** The activation whose output this loss can take as logits, which is exact where probabilities round to 0 or 1. */
  readonly fromLogitsFor: 'sigmoid' | 'softmax' | null
  /** The built-in loss that it is, under `withLossOptions` too; null for a function of your own. */
  readonly builtIn: string | null
  /** The options that `withLossOptions` fixed. */
  readonly fixed: LossOptions
}

/** Facts that make a function a LossFunction. */
export type LossFacts = Pick<LossFunction, 'name' | 'fromLogitsFor' | 'builtIn' | 'fixed'>

/** Attaches the facts; a function's `name` cannot be assigned, only defined. */
export function describeLoss<O extends LossOptions>(
  compute: (prediction: Tensor, target: Tensor, options?: O) => Tensor,
  facts: LossFacts,
): LossFunction<O> {
  const { name, ...rest } = facts
  Object.defineProperty(compute, 'name', { value: name })
  return Object.assign(compute, rest)
}

/** Defines a built-in loss; its intermediate results are freed by backward instead of being kept for the user. */
export function defineLoss<O extends LossOptions>(
  name: string,
  fromLogitsFor: LossFunction['fromLogitsFor'],
  compute: (prediction: Tensor, target: Tensor, options: Partial<O>) => Tensor,
): LossFunction<O> {
  return describeLoss<O>(
    (prediction, target, options = {} as O) => {
      requireTensor(name, prediction)
      requireTensor(name, target)
      // Losses look at single targets: inside vmap at those of one example after the other.
      if (isMappedTensor(prediction) || isMappedTensor(target)) {
        return mapCall(name, ([p, t]) => [compute(p, t, options)], [prediction, target])[0]
      }
      return internalScope(() => compute(prediction, target, options))
    },
    { name, fromLogitsFor, builtIn: name, fixed: {} },
  )
}

/**
 * Reduces single losses.
 *
 * @param total what the mean divides by, where that is not the number of losses (weights, ignored positions)
 */
export function reduceLoss(
  operation: string,
  losses: Tensor,
  reduction: Reduction = 'mean',
  total: number = losses.size,
): Tensor {
  if (reduction === 'none') return losses
  if (reduction === 'sum') return losses.sum()
  if (reduction === 'mean') return losses.sum().mul(total === 0 ? Number.NaN : 1 / total)
  throw new ValueError({
    operation,
    problem: `knows the reductions 'mean', 'sum' and 'none', got '${String(reduction)}'.`,
    argument: 'reduction',
    received: reduction,
  })
}
