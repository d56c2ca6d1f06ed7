import { AdamFamily, type AdamOptions, decoupledDecay } from './adam.ts'
import type { Updated } from './groups.ts'

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019): the weights shrink by lr·λ in each step, whatever the
 * gradients are.
 *
 *   p ← (1 − lr·λ)·p − lr · m̂ / (√v̂ + ε)        m̂, v̂ as in Adam
 *
 * λ is 0.01 by default, as in PyTorch; Keras has 0.004.
 *
 * @throws ValueError for options out of range
 * @example const optimizer = new AdamW(model.parameters(), {learningRate: 0.001, weightDecay: 0.05})
 */
export class AdamW extends AdamFamily {
  readonly name = 'adamw'

  constructor(parameters: Updated<AdamOptions>, options: AdamOptions = {}) {
    super('adamw', parameters, options, 0.01)
  }

  protected override decay = decoupledDecay
}
