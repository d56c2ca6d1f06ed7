import { convolveTransposed2d } from '../ops/convolve.ts'
import { type AxisWindow, axesOf, type Padding2d, type Pair, pairOf, slideBack } from '../ops/window.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { ConvolutionLayer, type ConvolutionOptions } from './convolution.ts'
import type { InitializerLike } from './initializers.ts'
import { BUILT_IN, type LayerConfig, UNKNOWN } from './layer.ts'
import { requireCount } from './options.ts'
import type { Parameter } from './parameter.ts'
import { type KernelRules, ruleOptions } from './rules.ts'

export interface Conv2DTransposeOptions extends ConvolutionOptions, KernelRules {
  /** Number of output channels. */
  readonly filters: number
  /** Height and width of the window. */
  readonly kernelSize: Pair
  /** By how much images grow. Default 1. */
  readonly strides?: Pair
  /** Default `valid`. */
  readonly padding?: Padding2d
  /** Distance of neighbouring taps. Default 1. */
  readonly dilationRate?: Pair
  /** Added to the size that strides, window and padding give. */
  readonly outputPadding?: Pair
  /** Default `glorotUniform`. */
  readonly kernelInitializer?: InitializerLike
}

const KNOWN = [
  'filters',
  'kernelSize',
  'strides',
  'padding',
  'dilationRate',
  'outputPadding',
  'kernelInitializer',
  ...ruleOptions('kernel'),
]

/**
 * Transposed convolution: each input pixel paints its window, scaled by the kernel; images grow by the strides.
 *
 *   [batch, height, width, channels] → [batch, outHeight, outWidth, filters]
 *
 * @throws ShapeError when the input has other channels
 * @example conv2dTranspose({ filters: 16, kernelSize: 3, strides: 2, padding: 'same' })
 */
export class Conv2DTranspose extends ConvolutionLayer<number, number, Conv2DTransposeOptions> {
  static override readonly className: string = 'Conv2DTranspose'
  static readonly [BUILT_IN] = true
  /** [...kernelSize, filters, channels], glorotUniform */
  declare kernel: Parameter
  /** [filters], zeros; null without bias */
  declare bias: Parameter | null
  readonly filters: number
  protected readonly windows: readonly AxisWindow[]
  private readonly outputPadding: readonly [number, number] | undefined

  constructor(options: Conv2DTransposeOptions) {
    super(options, KNOWN, 2)
    const name = 'Conv2DTranspose'
    this.filters = requireCount(name, 'filters', options.filters)
    this.windows = axesOf(name, pairOf(name, 'kernelSize', options.kernelSize), options)
    const { outputPadding } = options
    this.outputPadding =
      outputPadding === undefined ? undefined : pairOf(name, 'outputPadding', outputPadding, 0)
    this.buildForChannels()
  }

  protected override filtersFor(): number {
    return this.filters
  }

  protected override sizesAfter(sizes: readonly number[]): readonly number[] {
    return sizes.map((size, i) => {
      if (size === UNKNOWN) return UNKNOWN
      return slideBack(this.label, this.windows[i], size, this.outputPadding?.[i]).out
    })
  }

  protected override builtChannels(): number {
    return this.kernel.shape[3]
  }

  protected override createKernels(channels: number): void {
    const { kernelInitializer = 'glorotUniform' } = this.options
    const window = this.windows.map(axis => axis.window)
    this.kernel = this.parameter([...window, this.filters, channels], kernelInitializer, [
      this.options,
      'kernel',
    ])
    this.bias = this.biasFor(this.filters)
  }

  protected override inputShapeFrom(shapeOf: (parameter: string) => Shape | undefined): Shape | null {
    const kernel = shapeOf('kernel')
    return kernel?.length === 4 ? this.shapeFor(kernel[3]) : null
  }

  protected override convolve(x: Tensor): Tensor {
    const { strides, padding, dilationRate } = this.options
    const { bias, dataFormat, outputPadding } = this
    const options = { bias, dataFormat, strides, padding, dilationRate, outputPadding }
    return convolveTransposed2d(x, this.kernel, options)
  }

  override config(): LayerConfig {
    return { ...super.config(), kernelSize: this.windows.map(axis => axis.window) }
  }
}

/** A `Conv2DTranspose` layer. */
export const conv2dTranspose = (options: Conv2DTransposeOptions): Conv2DTranspose =>
  new Conv2DTranspose(options)
