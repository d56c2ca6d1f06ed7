import { ShapeError, ValueError } from '../errors.ts'
import { defaultGenerator } from '../tensor/random.ts'
import type { Shape } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { BUILT_IN, describeShape, Layer, type LayerConfig, type LayerOptions } from './layer.ts'
import { refuseUnknown } from './options.ts'

export interface SpatialDropout1DOptions extends LayerOptions {
  /** Probability of setting a feature to 0, in 0 ≤ rate < 1. */
  readonly rate: number
}

/**
 * Dropout of whole features: in training, a feature is 0 in all steps of an example with probability `rate`, and the
 * others are scaled by 1/(1 − rate) (Tompson et al. 2015).
 *
 *   [batch, time, features] → the same shape
 *
 * @throws ValueError for a rate outside 0 … 1
 * @example spatialDropout1d({ rate: 0.2 })
 */
export class SpatialDropout1D extends Layer<number, 'same'> {
  static override readonly className: string = 'SpatialDropout1D'
  static readonly [BUILT_IN] = true
  private readonly rate: number

  constructor(options: SpatialDropout1DOptions) {
    refuseUnknown('SpatialDropout1D', options, ['name', 'rate'])
    super(options)
    this.rate = options.rate
    if (!(this.rate >= 0 && this.rate < 1))
      throw outside('SpatialDropout1D', 'rate', '0 ≤ rate < 1', options.rate)
  }

  override outputShape(inputShape: Shape): Shape {
    if (inputShape.length === 2) return inputShape
    throw new ShapeError({
      operation: this.label,
      problem: `needs [batch, time, features], got ${describeShape(inputShape)}.`,
      hint: 'use Dropout where there is no time axis.',
      shapes: [inputShape],
    })
  }

  protected override compute(x: Tensor): Tensor {
    if (!this.training || this.rate === 0) return x
    const [batch, , features] = x.shape
    const generator = defaultGenerator()
    const keep = Float32Array.from({ length: batch * features }, () =>
      generator.next() < this.rate ? 0 : 1 / (1 - this.rate),
    )
    return x.mul(fromCold(keep, [batch, 1, features], 'float32'))
  }

  override config(): LayerConfig {
    return { name: this.name, rate: this.rate }
  }
}

/** A `SpatialDropout1D` layer. */
export const spatialDropout1d = (options: SpatialDropout1DOptions): SpatialDropout1D =>
  new SpatialDropout1D(options)

export interface GaussianNoiseOptions extends LayerOptions {
  /** Standard deviation of the noise, ≥ 0. */
  readonly stddev: number
}

/**
 * In training, adds normally distributed noise.
 *
 *   any shape → the same shape
 *
 * @throws ValueError for a negative stddev
 * @example gaussianNoise({ stddev: 0.1 })
 */
export class GaussianNoise extends Layer<number, 'same'> {
  static override readonly className: string = 'GaussianNoise'
  static readonly [BUILT_IN] = true
  private readonly stddev: number

  constructor(options: GaussianNoiseOptions) {
    refuseUnknown('GaussianNoise', options, ['name', 'stddev'])
    super(options)
    this.stddev = options.stddev
    if (!(this.stddev >= 0 && this.stddev < Number.POSITIVE_INFINITY))
      throw outside('GaussianNoise', 'stddev', 'stddev ≥ 0', options.stddev)
  }

  override outputShape(inputShape: Shape): Shape {
    return inputShape
  }

  protected override compute(x: Tensor): Tensor {
    if (!this.training || this.stddev === 0) return x
    const noise = Float32Array.from(defaultGenerator().normal(x.size), value => value * this.stddev)
    return x.add(fromCold(noise, x.shape, 'float32'))
  }

  override config(): LayerConfig {
    return { name: this.name, stddev: this.stddev }
  }
}

/** A `GaussianNoise` layer. */
export const gaussianNoise = (options: GaussianNoiseOptions): GaussianNoise => new GaussianNoise(options)

const outside = (operation: string, argument: string, range: string, received: unknown): ValueError =>
  new ValueError({
    operation,
    problem: `needs a number ${range}, got ${String(received)}.`,
    argument,
    received,
  })
