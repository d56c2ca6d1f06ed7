import { ValueError } from '../errors.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { BUILT_IN, Layer, type LayerConfig, type LayerOptions } from './layer.ts'
import { refuseUnknown } from './options.ts'

export interface RescalingOptions extends LayerOptions {
  /** What the input is multiplied by. */
  readonly scale: number
  /** What is added then. Default 0. */
  readonly offset?: number
}

/**
 * y = scale·x + offset: pixels 0 … 255 become 0 … 1, for example.
 *
 *   any shape → the same shape
 *
 * @throws ValueError for numbers that are not finite
 * @example rescaling({ scale: 1 / 255 })
 */
export class Rescaling extends Layer<number, 'same'> {
  static override readonly className: string = 'Rescaling'
  static readonly [BUILT_IN] = true
  private readonly scale: number
  private readonly offset: number

  constructor(options: RescalingOptions) {
    refuseUnknown('Rescaling', options, ['name', 'scale', 'offset'])
    super(options)
    const { scale, offset = 0 } = options
    if (!Number.isFinite(scale) || !Number.isFinite(offset)) {
      throw new ValueError({
        operation: 'Rescaling',
        problem: `needs a finite scale and offset, got ${String(scale)} and ${String(offset)}.`,
        argument: 'scale',
        received: scale,
      })
    }
    this.scale = scale
    this.offset = offset
  }

  override outputShape(inputShape: Shape): Shape {
    return inputShape
  }

  protected override compute(x: Tensor): Tensor {
    return x.mul(this.scale).add(this.offset)
  }

  override config(): LayerConfig {
    return { name: this.name, scale: this.scale, offset: this.offset }
  }
}

/** A `Rescaling` layer. */
export const rescaling = (options: RescalingOptions): Rescaling => new Rescaling(options)
