import type { Engine } from '../engine/engine.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkHyperparameter } from './hyperparameters.ts'
import { Optimizer, type OptimizerOptions } from './optimizer.ts'
import type { ParameterSource } from './parameters.ts'
import type { Slots } from './state.ts'

export interface AdamOptions extends OptimizerOptions {
  /** Default 0.001. */
  readonly learningRate?: number
  /** Decay of the mean of gradients. Default 0.9. */
  readonly beta1?: number
  /** Decay of the mean of squared gradients. Default 0.999. */
  readonly beta2?: number
  /** ε, outside the root and after bias correction, as in PyTorch. Default 1e-7 as in Keras; PyTorch has 1e-8. */
  readonly epsilon?: number
  /** λ. Adam: an L2 penalty, added to the gradient, default 0. AdamW: decoupled, default 0.01. */
  readonly weightDecay?: number
  /** Use the largest v so far in the root (Reddi et al. 2018). Default false. */
  readonly amsgrad?: boolean
}

/** What Adam and AdamW share: everything but where weight decay enters. */
export abstract class AdamFamily extends Optimizer {
  protected readonly weightDecay: number
  private readonly beta1: number
  private readonly beta2: number
  private readonly epsilon: number
  private readonly amsgrad: boolean

  constructor(
    operation: string,
    parameters: ParameterSource,
    options: AdamOptions,
    defaultWeightDecay: number,
  ) {
    super(operation, parameters, options, 0.001)
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, amsgrad = false } = options
    const { weightDecay = defaultWeightDecay } = options
    this.beta1 = checkHyperparameter(operation, 'beta1', beta1, { from: 0, below: 1 })
    this.beta2 = checkHyperparameter(operation, 'beta2', beta2, { from: 0, below: 1 })
    this.epsilon = checkHyperparameter(operation, 'epsilon', epsilon, { from: 0 })
    this.weightDecay = checkHyperparameter(operation, 'weightDecay', weightDecay, { from: 0 })
    this.amsgrad = amsgrad
  }

  protected override slotNames(): readonly string[] {
    return this.amsgrad ? ['m', 'v', 'vMax'] : ['m', 'v']
  }

  protected override update(engine: Engine, parameter: Tensor, gradient: Tensor, slots: Slots): void {
    const { penalty, keep } = this.decay()
    const slot = (name: string): number => this.slotPointer(engine, parameter, slots, name)
    engine.kernels.adam(
      engine.pointerForWrite(parameter.storage),
      engine.pointer(gradient.storage),
      slot('m'),
      slot('v'),
      this.amsgrad ? slot('vMax') : 0,
      parameter.size,
      this.learningRate / (1 - this.beta1 ** slots.steps),
      this.beta1,
      this.beta2,
      this.epsilon,
      1 / (1 - this.beta2 ** slots.steps),
      penalty,
      keep,
    )
  }

  /** How weights decay: `penalty`·p is added to the gradient, and p is multiplied by `keep`. */
  protected abstract decay(): { readonly penalty: number; readonly keep: number }
}

/**
 * Adam: gradient descent with a rate per element (Kingma & Ba 2015).
 *
 *   g ← g + λp
 *   m ← β₁m + (1 − β₁)g        v ← β₂v + (1 − β₂)g²
 *   p ← p − lr · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)
 *
 * t counts the updates of each parameter.
 *
 * @throws ValueError for options out of range
 * @example
 * const optimizer = new Adam(model.parameters(), {learningRate: 0.01})
 * loss.backward()
 * optimizer.step()
 * optimizer.zeroGrad()
 */
export class Adam extends AdamFamily {
  readonly name = 'adam'

  constructor(parameters: ParameterSource, options: AdamOptions = {}) {
    super('adam', parameters, options, 0)
  }

  protected override decay(): { readonly penalty: number; readonly keep: number } {
    return { penalty: this.weightDecay, keep: 1 }
  }
}
