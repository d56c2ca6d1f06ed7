import { ValueError } from '../errors.ts'
import { convolve1d, convolve2d } from '../ops/convolve.ts'
import {
  type AxisPadding,
  type AxisWindow,
  axesOf,
  axisPadding,
  type DataFormat,
  type Padding2d,
  PADDINGS_1D,
  type Pair,
  pairOf,
} from '../ops/window.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { ConvolutionLayer, type ConvolutionOptions } from './convolution.ts'
import type { InitializerLike } from './initializers.ts'
import { BUILT_IN, type LayerConfig } from './layer.ts'
import { requireCount } from './options.ts'
import type { Parameter } from './parameter.ts'
import { type KernelRules, ruleOptions } from './rules.ts'

interface FilterOptions<Filters extends number, Channels extends number>
  extends ConvolutionOptions<Channels>,
    KernelRules {
  /** Number of output channels. */
  readonly filters: Filters
  /** Splits channels and filters into groups that do not see each other. Default 1. */
  readonly groups?: number
  /** Default `glorotUniform`. */
  readonly kernelInitializer?: InitializerLike
}

export interface Conv1DOptions<Filters extends number = number, Channels extends number = number>
  extends FilterOptions<Filters, Channels> {
  /** Length of the window. */
  readonly kernelSize: number
  /** Distance of neighbouring windows. Default 1. */
  readonly strides?: number
  /** Default `valid`; `causal` looks back only. */
  readonly padding?: AxisPadding
  /** Distance of neighbouring taps. Default 1. */
  readonly dilationRate?: number
}

export interface Conv2DOptions<Filters extends number = number, Channels extends number = number>
  extends FilterOptions<Filters, Channels> {
  /** Height and width of the window. */
  readonly kernelSize: Pair
  /** Distance of neighbouring windows. Default 1. */
  readonly strides?: Pair
  /** Default `valid`. */
  readonly padding?: Padding2d
  /** Distance of neighbouring taps. Default 1. */
  readonly dilationRate?: Pair
}

const KNOWN = [
  ...['filters', 'groups', 'kernelInitializer', 'kernelSize', 'strides', 'padding', 'dilationRate'],
  ...ruleOptions('kernel'),
]

/** Layers with one kernel [...window, channels/groups, filters]. */
abstract class FilterLayer<
  Channels extends number,
  Filters extends number,
  Options extends FilterOptions<number, number>,
> extends ConvolutionLayer<Channels, Filters, Options> {
  /** [...kernelSize, channels/groups, filters], glorotUniform */
  declare kernel: Parameter
  /** [filters], zeros; null without bias */
  declare bias: Parameter | null
  readonly filters: number
  protected readonly groups: number

  constructor(options: Options, axes: 1 | 2) {
    super(options, KNOWN, axes)
    const { className } = this
    this.filters = requireCount(className, 'filters', options.filters)
    this.groups = requireCount(className, 'groups', options.groups ?? 1)
    this.checkGroups(this.filters, 'filters')
    if (options.inputSize !== undefined) this.checkGroups(options.inputSize, 'channels')
  }

  private checkGroups(count: number, what: string): void {
    if (count % this.groups === 0) return
    throw new ValueError({
      operation: this.label,
      problem: `needs groups that divide its ${what}, got ${this.groups} for ${count}.`,
      argument: 'groups',
      received: this.groups,
    })
  }

  protected override filtersFor(channels: number): number {
    this.checkGroups(channels, 'channels')
    return this.filters
  }

  protected override builtChannels(): number {
    return this.kernel.shape[this.kernel.rank - 2] * this.groups
  }

  protected override createKernels(channels: number): void {
    const { kernelInitializer = 'glorotUniform' } = this.options
    const window = this.windows.map(axis => axis.window)
    this.kernel = this.parameter([...window, channels / this.groups, this.filters], kernelInitializer, [
      this.options,
      'kernel',
    ])
    this.bias = this.biasFor(this.filters)
  }

  protected override inputShapeFrom(shapeOf: (parameter: string) => Shape | undefined): Shape | null {
    const kernel = shapeOf('kernel')
    if (kernel?.length !== this.windows.length + 2) return null
    return this.shapeFor(kernel[kernel.length - 2] * this.groups)
  }

  override config(): LayerConfig {
    const window = this.windows.map(axis => axis.window)
    return { ...super.config(), kernelSize: window.length === 1 ? window[0] : window, groups: this.groups }
  }
}

/**
 * One-dimensional convolution: y = activation(x ⋆ kernel + bias).
 *
 *   [batch, length, channels] → [batch, outLength, filters]
 *
 * @throws ShapeError when the input has other channels, or is shorter than the window
 * @example conv1d({ filters: 32, kernelSize: 5, activation: 'relu' })
 */
export class Conv1D<Channels extends number = number, Filters extends number = number> extends FilterLayer<
  Channels,
  Filters,
  Conv1DOptions
> {
  static override readonly className: string = 'Conv1D'
  static readonly [BUILT_IN] = true
  protected readonly windows: readonly [AxisWindow]

  constructor(options: Conv1DOptions<Filters, Channels>) {
    super(options, 1)
    this.windows = [
      {
        window: requireCount('Conv1D', 'kernelSize', options.kernelSize),
        stride: requireCount('Conv1D', 'strides', options.strides ?? 1),
        dilation: requireCount('Conv1D', 'dilationRate', options.dilationRate ?? 1),
        padding: axisPadding('Conv1D', options.padding ?? 'valid', PADDINGS_1D),
      },
    ]
    this.buildForChannels()
  }

  protected override convolve(x: Tensor): Tensor {
    const { strides, padding, dilationRate } = this.options
    const { bias, groups, dataFormat } = this
    return convolve1d(x, this.kernel, { bias, groups, dataFormat, strides, padding, dilationRate })
  }
}

/**
 * Two-dimensional convolution: y = activation(x ⋆ kernel + bias).
 *
 *   [batch, height, width, channels] → [batch, outHeight, outWidth, filters]
 *
 * @throws ShapeError when the input has other channels, or is smaller than the window
 * @example conv2d({ filters: 32, kernelSize: 3, activation: 'relu' })
 */
export class Conv2D<Channels extends number = number, Filters extends number = number> extends FilterLayer<
  Channels,
  Filters,
  Conv2DOptions
> {
  static override readonly className: string = 'Conv2D'
  static readonly [BUILT_IN] = true
  protected readonly windows: readonly [AxisWindow, AxisWindow]

  constructor(options: Conv2DOptions<Filters, Channels>) {
    super(options, 2)
    this.windows = axesOf('Conv2D', pairOf('Conv2D', 'kernelSize', options.kernelSize), options)
    this.buildForChannels()
  }

  protected override convolve(x: Tensor): Tensor {
    const { strides, padding, dilationRate } = this.options
    const { bias, groups, dataFormat } = this
    return convolve2d(x, this.kernel, { bias, groups, dataFormat, strides, padding, dilationRate })
  }
}

/** The last axis holds the channels, unless the format says otherwise: then its size is unknown to the types. */
type Format = { readonly dataFormat?: DataFormat }
type ChannelsLast = { readonly dataFormat?: 'channelsLast' }

/** A `Conv1D` layer that carries its channels in its type. */
export function conv1d<const Filters extends number, const Channels extends number = number>(
  options: Conv1DOptions<Filters, Channels> & ChannelsLast,
): Conv1D<Channels, Filters>
export function conv1d(options: Conv1DOptions & Format): Conv1D
export function conv1d(options: Conv1DOptions): Conv1D {
  return new Conv1D(options)
}

/** A `Conv2D` layer that carries its channels in its type. */
export function conv2d<const Filters extends number, const Channels extends number = number>(
  options: Conv2DOptions<Filters, Channels> & ChannelsLast,
): Conv2D<Channels, Filters>
export function conv2d(options: Conv2DOptions & Format): Conv2D
export function conv2d(options: Conv2DOptions): Conv2D {
  return new Conv2D(options)
}
