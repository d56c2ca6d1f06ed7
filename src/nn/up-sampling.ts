import { ValueError } from '../errors.ts'
import { upsample2d } from '../ops/upsample.ts'
import { type DataFormat, type Pair, pairOf } from '../ops/window.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkFormat, readImageShape, writeImageShape } from './images.ts'
import { BUILT_IN, Layer, type LayerConfig, type LayerOptions, UNKNOWN } from './layer.ts'
import { refuseUnknown } from './options.ts'

export interface UpSampling2DOptions extends LayerOptions {
  /** How often each pixel is repeated in height and width. Default 2. */
  readonly size?: Pair
  /** Default `nearest`. */
  readonly interpolation?: 'nearest' | 'bilinear'
  /** Default `channelsLast`. */
  readonly dataFormat?: DataFormat
}

/**
 * Enlarges images by whole factors.
 *
 *   [batch, height, width, channels] → [batch, size·height, size·width, channels]
 *
 * @example upSampling2d({ size: 2, interpolation: 'bilinear' })
 */
export class UpSampling2D extends Layer<number, 'same'> {
  static override readonly className: string = 'UpSampling2D'
  static readonly [BUILT_IN] = true
  private readonly size: readonly [number, number]
  private readonly interpolation: 'nearest' | 'bilinear'
  private readonly dataFormat: DataFormat

  constructor(options: UpSampling2DOptions = {}) {
    refuseUnknown('UpSampling2D', options, ['name', 'size', 'interpolation', 'dataFormat'])
    super(options)
    this.size = pairOf('UpSampling2D', 'size', options.size ?? 2)
    this.dataFormat = checkFormat('UpSampling2D', options.dataFormat)
    const { interpolation = 'nearest' } = options
    if (interpolation !== 'nearest' && interpolation !== 'bilinear') {
      throw new ValueError({
        operation: 'UpSampling2D',
        problem: `has no interpolation "${String(interpolation)}".`,
        hint: "use 'nearest' or 'bilinear'.",
        argument: 'interpolation',
        received: interpolation,
      })
    }
    this.interpolation = interpolation
  }

  override outputShape(inputShape: Shape): Shape {
    const { sizes, channels } = readImageShape(this.label, inputShape, 2, this.dataFormat)
    const after = sizes.map((size, i) => (size === UNKNOWN ? UNKNOWN : size * this.size[i]))
    return writeImageShape({ sizes: after, channels }, this.dataFormat)
  }

  protected override compute(x: Tensor): Tensor {
    const { size, interpolation, dataFormat } = this
    return upsample2d(x, { size, interpolation, dataFormat })
  }

  override config(): LayerConfig {
    return {
      name: this.name,
      size: this.size,
      interpolation: this.interpolation,
      dataFormat: this.dataFormat,
    }
  }
}

/** An `UpSampling2D` layer. */
export const upSampling2d = (options?: UpSampling2DOptions): UpSampling2D => new UpSampling2D(options)
