import { ShapeError } from '../errors.ts'
import { broadcastTo } from '../ops/broadcast-to.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { BUILT_IN, describeShape, Layer, type LayerConfig, type LayerOptions } from './layer.ts'
import { refuseUnknown, requireCount } from './options.ts'

export interface RepeatVectorOptions extends LayerOptions {
  /** How often: the steps of the sequence. */
  readonly times: number
}

/**
 * A sequence of one vector, again and again: what a decoder reads of an encoder's last state.
 *
 *   [batch, features] → [batch, times, features]
 *
 * @example repeatVector({ times: 10 })
 */
export class RepeatVector extends Layer<number, 'same'> {
  static override readonly className: string = 'RepeatVector'
  static readonly [BUILT_IN] = true
  readonly times: number

  constructor(options: RepeatVectorOptions) {
    refuseUnknown('RepeatVector', options, ['name', 'times'])
    super(options)
    this.times = requireCount('RepeatVector', 'times', options.times)
  }

  override outputShape(inputShape: Shape): Shape {
    if (inputShape.length === 1) return [this.times, inputShape[0]]
    throw new ShapeError({
      operation: this.label,
      problem: `needs [batch, features], got ${describeShape(inputShape)}.`,
      hint: 'give the recurrent layer before it returnSequences: false.',
      shapes: [inputShape],
    })
  }

  protected override compute(x: Tensor): Tensor {
    const [batch, features] = x.shape
    return broadcastTo(x.expandDims({ axis: 1 }), [batch, this.times, features])
  }

  override maskFor(): null {
    return null
  }

  override config(): LayerConfig {
    return { name: this.name, times: this.times }
  }
}

/** A `RepeatVector` layer. */
export const repeatVector = (options: RepeatVectorOptions): RepeatVector => new RepeatVector(options)
