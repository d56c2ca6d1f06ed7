import { convolve2d, convolveDepthwise2d } from '../ops/convolve.ts'
import { type AxisWindow, axesOf, type Padding2d, type Pair, pairOf } from '../ops/window.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Constraint } from './constraints.ts'
import { ConvolutionLayer, type ConvolutionOptions } from './convolution.ts'
import type { InitializerLike } from './initializers.ts'
import { BUILT_IN, type LayerConfig } from './layer.ts'
import { requireCount } from './options.ts'
import type { Parameter } from './parameter.ts'
import type { Regularizer } from './regularizers.ts'
import { ruleOptions } from './rules.ts'

export interface DepthwiseConv2DOptions extends ConvolutionOptions {
  /** Height and width of the window. */
  readonly kernelSize: Pair
  /** Distance of neighbouring windows. Default 1. */
  readonly strides?: Pair
  /** Default `valid`. */
  readonly padding?: Padding2d
  /** Distance of neighbouring taps. Default 1. */
  readonly dilationRate?: Pair
  /** Filters for each channel. Default 1. */
  readonly depthMultiplier?: number
  /** Default `glorotUniform`. */
  readonly depthwiseInitializer?: InitializerLike
  /** Penalty on the filters of each channel. None by default. */
  readonly depthwiseRegularizer?: Regularizer
  /** What those filters are brought back to after each step. None by default. */
  readonly depthwiseConstraint?: Constraint
}

export interface SeparableConv2DOptions extends DepthwiseConv2DOptions {
  /** Number of output channels. */
  readonly filters: number
  /** Default `glorotUniform`. */
  readonly pointwiseInitializer?: InitializerLike
  /** Penalty on the kernel that mixes the channels. None by default. */
  readonly pointwiseRegularizer?: Regularizer
  /** What that kernel is brought back to after each step. None by default. */
  readonly pointwiseConstraint?: Constraint
}

const KNOWN = [
  ...['kernelSize', 'strides', 'padding', 'dilationRate', 'depthMultiplier', 'depthwiseInitializer'],
  ...ruleOptions('depthwise'),
]

/** Layers with filters for each channel, [...window, channels, multiplier]. */
abstract class DepthwiseLayer<Options extends DepthwiseConv2DOptions> extends ConvolutionLayer<
  number,
  number,
  Options
> {
  /** [...kernelSize, channels, depthMultiplier], glorotUniform */
  declare depthwiseKernel: Parameter
  /** One number per output channel, zeros; null without bias */
  declare bias: Parameter | null
  protected readonly windows: readonly AxisWindow[]
  protected readonly multiplier: number

  constructor(options: Options, known: readonly string[]) {
    super(options, known, 2)
    const { className } = this
    this.windows = axesOf(className, pairOf(className, 'kernelSize', options.kernelSize), options)
    this.multiplier = requireCount(className, 'depthMultiplier', options.depthMultiplier ?? 1)
  }

  protected override builtChannels(): number {
    return this.depthwiseKernel.shape[2]
  }

  protected override createKernels(channels: number): void {
    const { depthwiseInitializer = 'glorotUniform' } = this.options
    const window = this.windows.map(axis => axis.window)
    this.depthwiseKernel = this.parameter([...window, channels, this.multiplier], depthwiseInitializer, [
      this.options,
      'depthwise',
    ])
  }

  /** x through the filters of each channel. */
  protected depthwise(x: Tensor, bias: Parameter | null): Tensor {
    const { strides, padding, dilationRate } = this.options
    const { dataFormat } = this
    return convolveDepthwise2d(x, this.depthwiseKernel, { bias, dataFormat, strides, padding, dilationRate })
  }

  protected override inputShapeFrom(shapeOf: (parameter: string) => Shape | undefined): Shape | null {
    const kernel = shapeOf('depthwiseKernel')
    return kernel?.length === 4 ? this.shapeFor(kernel[2]) : null
  }

  override config(): LayerConfig {
    return {
      ...super.config(),
      kernelSize: this.windows.map(axis => axis.window),
      depthMultiplier: this.multiplier,
    }
  }
}

/**
 * Convolution with filters of their own for each channel; output channel c·depthMultiplier + m is filter m of channel c.
 *
 *   [batch, height, width, channels] → [batch, outHeight, outWidth, channels·depthMultiplier]
 *
 * @throws ShapeError when the input has other channels, or is smaller than the window
 * @example depthwiseConv2d({ kernelSize: 3, padding: 'same' })
 */
export class DepthwiseConv2D extends DepthwiseLayer<DepthwiseConv2DOptions> {
  static override readonly className: string = 'DepthwiseConv2D'
  static readonly [BUILT_IN] = true

  constructor(options: DepthwiseConv2DOptions) {
    super(options, KNOWN)
    this.buildForChannels()
  }

  protected override filtersFor(channels: number): number {
    return channels * this.multiplier
  }

  protected override createKernels(channels: number): void {
    super.createKernels(channels)
    this.bias = this.biasFor(this.filtersFor(channels))
  }

  protected override convolve(x: Tensor): Tensor {
    return this.depthwise(x, this.bias)
  }
}

/**
 * A depthwise convolution, whose channels a 1 × 1 convolution then mixes: far fewer products than Conv2D has.
 *
 *   [batch, height, width, channels] → [batch, outHeight, outWidth, filters]
 *
 * @throws ShapeError when the input has other channels, or is smaller than the window
 * @example separableConv2d({ filters: 64, kernelSize: 3, padding: 'same' })
 */
export class SeparableConv2D extends DepthwiseLayer<SeparableConv2DOptions> {
  static override readonly className: string = 'SeparableConv2D'
  static readonly [BUILT_IN] = true
  /** [1, 1, channels·depthMultiplier, filters], glorotUniform */
  declare pointwiseKernel: Parameter
  readonly filters: number

  constructor(options: SeparableConv2DOptions) {
    super(options, [...KNOWN, 'filters', 'pointwiseInitializer', ...ruleOptions('pointwise')])
    this.filters = requireCount('SeparableConv2D', 'filters', options.filters)
    this.buildForChannels()
  }

  protected override filtersFor(): number {
    return this.filters
  }

  protected override createKernels(channels: number): void {
    const { pointwiseInitializer = 'glorotUniform' } = this.options
    super.createKernels(channels)
    this.pointwiseKernel = this.parameter(
      [1, 1, channels * this.multiplier, this.filters],
      pointwiseInitializer,
      [this.options, 'pointwise'],
    )
    this.bias = this.biasFor(this.filters)
  }

  protected override convolve(x: Tensor): Tensor {
    const { bias, dataFormat } = this
    return convolve2d(this.depthwise(x, null), this.pointwiseKernel, { bias, dataFormat })
  }
}

/** A `DepthwiseConv2D` layer. */
export const depthwiseConv2d = (options: DepthwiseConv2DOptions): DepthwiseConv2D =>
  new DepthwiseConv2D(options)

/** A `SeparableConv2D` layer. */
export const separableConv2d = (options: SeparableConv2DOptions): SeparableConv2D =>
  new SeparableConv2D(options)
