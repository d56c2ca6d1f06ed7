import { checkHyperparameter } from '../optim/hyperparameters.ts'
import { toFloat } from '../ops/operand.ts'
import { clip } from '../ops/parametric.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { defineLoss, reduceLoss } from './loss.ts'
import type { RegressionLossOptions } from './mean-squared-error.ts'
import { matchTarget } from './targets.ts'

export interface HuberOptions extends RegressionLossOptions {
  /** Where the parabola becomes a line. Default 1. */
  readonly delta?: number
}

export interface SmoothL1Options extends RegressionLossOptions {
  /** Where the parabola becomes a line; 0 gives |e|. Default 1. */
  readonly beta?: number
}

/** ½e² up to |e| = bend, then the tangent: c·(e − c/2) with c = e clipped to ±bend. */
function bentParabola(e: Tensor, bend: number): Tensor {
  const c = clip(e, { min: -bend, max: bend })
  return c.mul(e.sub(c.mul(0.5)))
}

function differences(name: string, prediction: Tensor, target: Tensor): Tensor {
  return toFloat(name, prediction).sub(toFloat(name, matchTarget(name, prediction, target)))
}

/**
 * Squared error for small differences, absolute error for large ones (Huber 1964).
 *
 *   L = 1/n · Σ l(ŷ − y)        l(e) = ½e²               for |e| ≤ δ
 *                                      δ·(|e| − ½δ)      else
 *
 * prediction [...], target of the same shape, or [batch] for a prediction [batch, 1].
 *
 * @param options.delta δ, default 1; `smoothL1` is this divided by δ
 * @param options.reduction `'mean'` (default), `'sum'`, or `'none'` for one loss per element
 * @throws ShapeError when the shapes differ; ValueError unless δ > 0
 * @example huber(tensor([0.5, 3]), tensor([0, 0]))   // 1.3125 = (0.125 + 2.5)/2
 */
export const huber = defineLoss<HuberOptions>(
  'huber',
  null,
  (prediction, target, { delta = 1, reduction }) => {
    checkHyperparameter('huber', 'delta', delta, { above: 0 })
    return reduceLoss('huber', bentParabola(differences('huber', prediction, target), delta), reduction)
  },
)

/**
 * Absolute error, rounded off below β (Girshick 2015): `huber` with δ = β, divided by β.
 *
 *   L = 1/n · Σ l(ŷ − y)        l(e) = ½e²/β             for |e| ≤ β
 *                                      |e| − ½β          else
 *
 * prediction [...], target of the same shape, or [batch] for a prediction [batch, 1].
 *
 * @param options.beta β, default 1; with 0 it is the absolute error
 * @param options.reduction `'mean'` (default), `'sum'`, or `'none'` for one loss per element
 * @throws ShapeError when the shapes differ; ValueError unless β ≥ 0
 * @example smoothL1(tensor([0.5, 3]), tensor([0, 0]), { beta: 2 })   // 1.03125 = (0.0625 + 2)/2
 */
export const smoothL1 = defineLoss<SmoothL1Options>(
  'smoothL1',
  null,
  (prediction, target, { beta = 1, reduction }) => {
    checkHyperparameter('smoothL1', 'beta', beta, { from: 0 })
    const e = differences('smoothL1', prediction, target)
    return reduceLoss('smoothL1', beta === 0 ? e.abs() : bentParabola(e, beta).div(beta), reduction)
  },
)
