import type { Engine } from '../engine/engine.ts'
import { ValueError } from '../errors.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkHyperparameter } from './hyperparameters.ts'
import { Optimizer, type OptimizerOptions } from './optimizer.ts'
import type { ParameterSource } from './parameters.ts'
import type { Slots } from './state.ts'

export interface SGDOptions extends OptimizerOptions {
  /** Default 0.01. */
  readonly learningRate?: number
  /** μ, default 0. */
  readonly momentum?: number
  /** d, default 0. */
  readonly dampening?: number
  /** Look ahead along the velocity (Sutskever et al. 2013). Default false. */
  readonly nesterov?: boolean
  /** λ of the L2 penalty, added to the gradient. Default 0. */
  readonly weightDecay?: number
}

/**
 * Gradient descent, with momentum if wanted.
 *
 *   g ← g + λp
 *   v ← μv + (1 − d)g        (v = g in the first step)
 *   p ← p − lr·v             (Nesterov: lr·(g + μv))
 *
 * Keras keeps v ← μv − lr·g, p ← p + v: the same for a constant rate.
 *
 * @throws ValueError for options out of range
 * @example
 * const optimizer = new SGD(model.parameters(), {learningRate: 0.1, momentum: 0.9})
 * loss.backward()
 * optimizer.step()
 * optimizer.zeroGrad()
 */
export class SGD extends Optimizer {
  readonly name = 'sgd'
  private readonly momentum: number
  private readonly dampening: number
  private readonly nesterov: boolean
  private readonly weightDecay: number

  constructor(parameters: ParameterSource, options: SGDOptions = {}) {
    super('sgd', parameters, options, 0.01)
    const { momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options
    this.momentum = checkHyperparameter('sgd', 'momentum', momentum, { from: 0 })
    this.dampening = checkHyperparameter('sgd', 'dampening', dampening, {})
    this.weightDecay = checkHyperparameter('sgd', 'weightDecay', weightDecay, { from: 0 })
    this.nesterov = nesterov
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new ValueError({
        operation: 'sgd',
        problem: `with nesterov needs momentum > 0 and dampening 0, got ${momentum} and ${dampening}.`,
        argument: 'nesterov',
        received: nesterov,
      })
    }
  }

  protected override slotNames(): readonly string[] {
    return this.momentum === 0 ? [] : ['velocity']
  }

  protected override update(engine: Engine, parameter: Tensor, gradient: Tensor, slots: Slots): void {
    const velocity = this.momentum === 0 ? 0 : this.slotPointer(engine, parameter, slots, 'velocity')
    engine.kernels.sgd(
      engine.pointerForWrite(parameter.storage),
      engine.pointer(gradient.storage),
      velocity,
      parameter.size,
      this.learningRate,
      this.momentum,
      this.dampening,
      this.weightDecay,
      this.nesterov,
      slots.steps === 1,
    )
  }
}
