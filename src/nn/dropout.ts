import { ValueError } from '../errors.ts'
import { mul } from '../ops/arithmetic.ts'
import { defaultGenerator } from '../tensor/random.ts'
import type { Shape } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { BUILT_IN, Layer, type LayerConfig, type LayerOptions } from './layer.ts'
import { refuseUnknown } from './options.ts'

export interface DropoutOptions extends LayerOptions {
  /** Probability of setting an element to 0, in 0 ≤ rate < 1. */
  readonly rate: number
}

/**
 * In training, sets elements to 0 with probability `rate` and scales the others by 1/(1 − rate); in evaluation the
 * identity (Srivastava et al. 2014).
 *
 *   any shape → the same shape
 *
 * @throws ValueError for a rate outside 0 … 1
 * @example dropout({ rate: 0.5 })
 */
export class Dropout extends Layer<number, 'same'> {
  static override readonly className: string = 'Dropout'
  static readonly [BUILT_IN] = true
  readonly rate: number

  constructor(options: DropoutOptions) {
    refuseUnknown('Dropout', options, ['name', 'rate'])
    super(options)
    const { rate } = options
    if (!(typeof rate === 'number' && rate >= 0 && rate < 1)) {
      throw new ValueError({
        operation: 'Dropout',
        problem: `needs a number 0 ≤ rate < 1, got ${String(rate)}.`,
        argument: 'rate',
        received: rate,
      })
    }
    this.rate = rate
  }

  override outputShape(inputShape: Shape): Shape {
    return inputShape
  }

  protected override compute(x: Tensor): Tensor {
    if (!this.training || this.rate === 0) return x
    const generator = defaultGenerator()
    const scale = 1 / (1 - this.rate)
    const keep = new Float32Array(x.size)
    for (let i = 0; i < keep.length; i++) keep[i] = generator.next() < this.rate ? 0 : scale
    return mul(x, fromCold(keep, x.shape, 'float32'))
  }

  override config(): LayerConfig {
    return { name: this.name, rate: this.rate }
  }
}

/**
 * A `Dropout` layer.
 *
 * @example dropout({ rate: 0.2 })
 */
export const dropout = (options: DropoutOptions): Dropout => new Dropout(options)
