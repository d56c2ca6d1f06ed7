import { reshape } from '../ops/reshape.ts'
import { type Shape, sizeOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { BUILT_IN, Layer, type LayerOptions, UNKNOWN } from './layer.ts'
import { refuseUnknown } from './options.ts'

/**
 * Merges all axes but the batch into one.
 *
 *   [batch, a, b, ...] → [batch, a·b·…]
 *
 * @example flatten()
 */
export class Flatten extends Layer<number, number> {
  static override readonly className: string = 'Flatten'
  static readonly [BUILT_IN] = true

  constructor(options: LayerOptions = {}) {
    refuseUnknown('Flatten', options, ['name'])
    super(options)
  }

  override outputShape(inputShape: Shape): Shape {
    return [inputShape.includes(UNKNOWN) ? UNKNOWN : sizeOf(inputShape)]
  }

  protected override compute(x: Tensor): Tensor {
    return reshape(x, [x.shape[0], sizeOf(x.shape.slice(1))])
  }

  override maskFor(): null {
    return null
  }
}

/**
 * A `Flatten` layer.
 *
 * @example flatten()
 */
export const flatten = (options: LayerOptions = {}): Flatten => new Flatten(options)
