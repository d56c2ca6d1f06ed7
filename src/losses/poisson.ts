import { ValueError } from '../errors.ts'
import { toFloat } from '../ops/operand.ts'
import { defineLoss, type LossOptions, reduceLoss } from './loss.ts'
import { matchTarget, peek } from './targets.ts'

export interface PoissonOptions extends Omit<LossOptions, 'fromLogits'> {
  /** The prediction is the logarithm of the rate (PyTorch's `log_input`). Default false. */
  readonly logPrediction?: boolean
}

/** Keeps the logarithm finite at a rate of 0, as in Keras. */
const EPSILON = 1e-7

/**
 * Negative log-likelihood of counts under Poisson distributions, without the term that depends on y alone.
 *
 *   L = 1/n · Σ ŷ − y·ln(ŷ + 10⁻⁷)        or, from logarithms,  e^ŷ − y·ŷ
 *
 * prediction [...] of rates, target of the same shape, or [batch] for a prediction [batch, 1].
 *
 * @param options.logPrediction default false
 * @param options.reduction `'mean'` (default), `'sum'`, or `'none'` for one loss per element
 * @throws ShapeError when the shapes differ; ValueError for a rate below 0
 * @example poisson(tensor([2]), tensor([3]))   // −0.0794 = 2 − 3·ln 2
 */
export const poisson = defineLoss<PoissonOptions>(
  'poisson',
  null,
  (prediction, target, { logPrediction = false, reduction }) => {
    const x = toFloat('poisson', prediction)
    const y = toFloat('poisson', matchTarget('poisson', prediction, target))
    if (logPrediction) return reduceLoss('poisson', x.exp().sub(y.mul(x)), reduction)
    const negative = peek(x).find(value => value < 0)
    if (negative !== undefined) {
      throw new ValueError({
        operation: 'poisson',
        problem: `needs rates ≥ 0 as predictions, got ${negative}.`,
        hint: 'use a softplus or exponential output, or pass {logPrediction: true}.',
        argument: 'prediction',
        received: negative,
      })
    }
    return reduceLoss('poisson', x.sub(y.mul(x.add(EPSILON).log())), reduction)
  },
)
