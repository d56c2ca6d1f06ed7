import { userScope } from '../autodiff/mode.ts'
import { DTypeError, ValueError } from '../errors.ts'
import { NameTable } from '../name-table.ts'
import { isTensor } from '../ops/operand.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { LossName } from './by-name.ts'
import { describeLoss, type LossFunction, type LossOptions } from './loss.ts'

/** The losses that `compile` knows by name. */
export const lossNames = new NameTable<LossFunction>({
  operation: 'loss',
  argument: 'loss',
  example: 'binaryCrossentropy',
})

/**
 * A loss of your own. It is never handed options: they make its type like that of a built-in one, so that the compiler
 * knows what `(prediction, target) => …` takes.
 */
export type CustomLoss = (prediction: Tensor, target: Tensor, options?: LossOptions) => Tensor

/** What `compile` takes: a name, a built-in loss, or a function of your own. */
export type LossLike = LossName | LossFunction | CustomLoss

/**
 * A built-in loss with options fixed, for `compile`. It is still computed from logits where that is possible.
 *
 * @example model.compile({loss: withLossOptions(categoricalCrossentropy, {labelSmoothing: 0.1}), …})
 */
export function withLossOptions<O extends LossOptions>(
  loss: LossFunction<O>,
  options: NoInfer<O>,
): LossFunction<O> {
  const fixed = { ...loss.fixed, ...options }
  return describeLoss<O>((prediction, target, more) => loss(prediction, target, { ...fixed, ...more } as O), {
    name: loss.name,
    // Given as logits already: the last activation, if any, belongs to the model.
    fromLogitsFor: fixed.fromLogits === true ? null : loss.fromLogitsFor,
    builtIn: loss.builtIn,
    fixed,
  })
}

const isLossFunction = (loss: LossFunction | CustomLoss): loss is LossFunction => 'fromLogitsFor' in loss

/**
 * The loss that a name or function stands for.
 *
 * @throws ValueError for an unknown name, with the nearest one
 * @example resolveLoss('binaryCrossentropy').fromLogitsFor   // 'sigmoid'
 */
export function resolveLoss(loss: LossLike): LossFunction {
  if (typeof loss === 'string') return lossNames.find(loss)
  if (typeof loss !== 'function') {
    throw new ValueError({
      operation: 'loss',
      problem: `must be a name or a function (prediction, target) => Tensor, got ${loss === null ? 'null' : typeof loss}.`,
      argument: 'loss',
      received: loss,
    })
  }
  if (isLossFunction(loss)) return loss
  const name = loss.name === '' ? 'custom loss' : loss.name
  return describeLoss(
    (prediction, target) => {
      const result = userScope([prediction, target], () => loss(prediction, target))
      if (isTensor(result)) return result
      throw new DTypeError({
        operation: `loss '${name}'`,
        problem: `must return a tensor, got ${typeof result}.`,
        hint: 'compute with tensors (sub, square, mean, …): plain numbers have no gradient.',
      })
    },
    { name, fromLogitsFor: null, builtIn: null, fixed: {} },
  )
}
