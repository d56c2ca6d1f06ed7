import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type ActivationName, activate, checkActivation } from './activations.ts'
import { BUILT_IN, Layer, type LayerConfig, type LayerOptions } from './layer.ts'
import { refuseUnknown } from './options.ts'

export interface ActivationOptions extends LayerOptions {
  readonly activation: ActivationName
}

/**
 * Applies an activation elementwise (softmax: over the last axis).
 *
 *   any shape → the same shape
 *
 * @throws ValueError for an unknown name
 * @example activation({ activation: 'relu' })
 */
export class Activation extends Layer<number, 'same'> {
  static override readonly className: string = 'Activation'
  static readonly [BUILT_IN] = true
  readonly activation: ActivationName

  constructor(options: ActivationOptions) {
    refuseUnknown('Activation', options, ['name', 'activation'])
    super(options)
    checkActivation(options.activation)
    this.activation = options.activation
  }

  override outputShape(inputShape: Shape): Shape {
    return inputShape
  }

  protected override compute(x: Tensor): Tensor {
    return activate(this.activation, x)
  }

  /** The input itself: what losses from logits are computed of. */
  forwardLogits(x: Tensor): Tensor {
    return x
  }

  override config(): LayerConfig {
    return { name: this.name, activation: this.activation }
  }
}

/**
 * An `Activation` layer.
 *
 * @example activation({ activation: 'relu' })
 */
export const activation = (options: ActivationOptions): Activation => new Activation(options)
