import { ShapeError } from '../errors.ts'
import type { DataFormat } from '../ops/window.ts'
import { defaultGenerator } from '../tensor/random.ts'
import { type Shape, sizeOf } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { checkFormat } from './images.ts'
import { BUILT_IN, describeShape, Layer, type LayerConfig, type LayerOptions } from './layer.ts'
import { refuseUnknown, requireRate } from './options.ts'

export interface RateOptions extends LayerOptions {
  /** In 0 ≤ rate < 1. */
  readonly rate: number
}

export interface SpatialDropout2DOptions extends RateOptions {
  /** Default `channelsLast`. */
  readonly dataFormat?: DataFormat
}

/** A tensor of numbers from the default generator. */
const drawn = (shape: Shape, draw: () => number): Tensor =>
  fromCold(Float32Array.from({ length: sizeOf(shape) }, draw), shape, 'float32')

/**
 * Dropout of whole channels of images: in training, a channel is 0 everywhere with probability `rate`, and the others
 * are scaled by 1/(1 − rate) (Tompson et al. 2015).
 *
 *   [batch, height, width, channels] → the same shape
 *
 * @throws ValueError for a rate outside 0 … 1
 * @example spatialDropout2d({ rate: 0.2 })
 */
export class SpatialDropout2D extends Layer<number, 'same'> {
  static override readonly className: string = 'SpatialDropout2D'
  static readonly [BUILT_IN] = true
  private readonly rate: number
  private readonly dataFormat: DataFormat

  constructor(options: SpatialDropout2DOptions) {
    refuseUnknown('SpatialDropout2D', options, ['name', 'rate', 'dataFormat'])
    super(options)
    this.rate = requireRate('SpatialDropout2D', 'rate', options.rate)
    this.dataFormat = checkFormat('SpatialDropout2D', options.dataFormat)
  }

  override outputShape(inputShape: Shape): Shape {
    if (inputShape.length === 3) return inputShape
    throw new ShapeError({
      operation: this.label,
      problem: `needs images of three axes, got ${describeShape(inputShape)}.`,
      hint: 'use SpatialDropout1D for sequences.',
      shapes: [inputShape],
    })
  }

  protected override compute(x: Tensor): Tensor {
    if (!this.training || this.rate === 0) return x
    const [batch, ...sizes] = x.shape
    const channels = this.dataFormat === 'channelsFirst' ? [sizes[0], 1, 1] : [1, 1, sizes[2]]
    const generator = defaultGenerator()
    return x.mul(drawn([batch, ...channels], () => (generator.next() < this.rate ? 0 : 1 / (1 - this.rate))))
  }

  override config(): LayerConfig {
    return { name: this.name, rate: this.rate, dataFormat: this.dataFormat }
  }
}

/**
 * In training, multiplies by normally distributed numbers of mean 1 and variance rate/(1 − rate)
 * (Srivastava et al. 2014).
 *
 *   any shape → the same shape
 *
 * @throws ValueError for a rate outside 0 … 1
 * @example gaussianDropout({ rate: 0.2 })
 */
export class GaussianDropout extends Layer<number, 'same'> {
  static override readonly className: string = 'GaussianDropout'
  static readonly [BUILT_IN] = true
  private readonly rate: number

  constructor(options: RateOptions) {
    refuseUnknown('GaussianDropout', options, ['name', 'rate'])
    super(options)
    this.rate = requireRate('GaussianDropout', 'rate', options.rate)
  }

  override outputShape(inputShape: Shape): Shape {
    return inputShape
  }

  protected override compute(x: Tensor): Tensor {
    if (!this.training || this.rate === 0) return x
    const deviation = Math.sqrt(this.rate / (1 - this.rate))
    return x.mul(fromCold(defaultGenerator().normal(x.size, 1, deviation), x.shape, 'float32'))
  }

  override config(): LayerConfig {
    return { name: this.name, rate: this.rate }
  }
}

/** −α·λ of selu: what a unit that is off gives. */
const OFF = -1.7580993408473766

/**
 * Dropout that keeps mean and variance of what selu gives: in training, elements become −α·λ with probability `rate`,
 * and all are scaled and shifted (Klambauer et al. 2017).
 *
 *   any shape → the same shape
 *
 * @throws ValueError for a rate outside 0 … 1
 * @example alphaDropout({ rate: 0.1 })
 */
export class AlphaDropout extends Layer<number, 'same'> {
  static override readonly className: string = 'AlphaDropout'
  static readonly [BUILT_IN] = true
  private readonly rate: number

  constructor(options: RateOptions) {
    refuseUnknown('AlphaDropout', options, ['name', 'rate'])
    super(options)
    this.rate = requireRate('AlphaDropout', 'rate', options.rate)
  }

  override outputShape(inputShape: Shape): Shape {
    return inputShape
  }

  protected override compute(x: Tensor): Tensor {
    const { rate } = this
    if (!this.training || rate === 0) return x
    const generator = defaultGenerator()
    const keep = drawn(x.shape, () => (generator.next() < rate ? 0 : 1))
    const scale = 1 / Math.sqrt((1 - rate) * (1 + rate * OFF ** 2))
    const shift = -scale * OFF * rate
    // The dropped ones are OFF: (1 − keep)·OFF.
    return x.mul(keep).add(keep.mul(-OFF).add(OFF)).mul(scale).add(shift)
  }

  override config(): LayerConfig {
    return { name: this.name, rate: this.rate }
  }
}

/** A `SpatialDropout2D` layer. */
export const spatialDropout2d = (options: SpatialDropout2DOptions): SpatialDropout2D =>
  new SpatialDropout2D(options)
/** A `GaussianDropout` layer. */
export const gaussianDropout = (options: RateOptions): GaussianDropout => new GaussianDropout(options)
/** An `AlphaDropout` layer. */
export const alphaDropout = (options: RateOptions): AlphaDropout => new AlphaDropout(options)
