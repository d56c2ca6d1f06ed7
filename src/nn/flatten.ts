import { permute } from '../ops/permute.ts'
import { reshape } from '../ops/reshape.ts'
import type { DataFormat } from '../ops/window.ts'
import { type Shape, sizeOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkFormat } from './images.ts'
import { BUILT_IN, Layer, type LayerConfig, type LayerOptions, UNKNOWN } from './layer.ts'
import { refuseUnknown } from './options.ts'

export interface FlattenOptions extends LayerOptions {
  /** `channelsFirst`: the channels, which stand first, become the innermost axis before merging. */
  readonly dataFormat?: DataFormat
}

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

  private readonly dataFormat: DataFormat

  constructor(options: FlattenOptions = {}) {
    refuseUnknown('Flatten', options, ['name', 'dataFormat'])
    super(options)
    this.dataFormat = checkFormat('Flatten', options.dataFormat)
  }

  override outputShape(inputShape: Shape): Shape {
    return [inputShape.includes(UNKNOWN) ? UNKNOWN : sizeOf(inputShape)]
  }

  protected override compute(x: Tensor): Tensor {
    const size = sizeOf(x.shape.slice(1))
    const isFirst = this.dataFormat === 'channelsFirst' && x.rank > 2
    const axes = x.shape.map((_, axis) => axis).slice(2)
    return reshape(isFirst ? permute(x, [0, ...axes, 1]) : x, [x.shape[0], size])
  }

  override maskFor(): null {
    return null
  }

  override config(): LayerConfig {
    return this.dataFormat === 'channelsLast'
      ? { name: this.name }
      : { name: this.name, dataFormat: this.dataFormat }
  }
}

/**
 * A `Flatten` layer.
 *
 * @example flatten()
 */
export const flatten = (options: FlattenOptions = {}): Flatten => new Flatten(options)
