import type { AxisWindow, DataFormat } from '../ops/window.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type ActivationName, activateFresh, checkActivation } from './activations.ts'
import { checkFormat, type ImageShape, readImageShape, slideOver, writeImageShape } from './images.ts'
import type { InitializerLike } from './initializers.ts'
import { Layer, type LayerConfig, type LayerOptions, UNKNOWN } from './layer.ts'
import { refuseUnknown, requireCount } from './options.ts'
import type { Parameter } from './parameter.ts'
import { type BiasRules, ruleOptions } from './rules.ts'

/** What every convolution layer can be given. */
export interface ConvolutionOptions<Channels extends number = number> extends LayerOptions, BiasRules {
  /** Channels of the input; learnt from the first batch if not given. */
  readonly inputSize?: Channels
  /** Where input and output have their channels. Default `channelsLast`. */
  readonly dataFormat?: DataFormat
  /** Default `linear`. */
  readonly activation?: ActivationName
  /** Default true. */
  readonly useBias?: boolean
  /** Default `zeros`. */
  readonly biasInitializer?: InitializerLike
}

const KNOWN = [
  ...['name', 'inputSize', 'dataFormat', 'activation', 'useBias', 'biasInitializer'],
  ...ruleOptions('bias'),
]

/** What the convolution layers have in common: windows, a bias per filter, an activation. */
export abstract class ConvolutionLayer<
  Channels extends number,
  Filters extends number,
  Options extends ConvolutionOptions,
> extends Layer<Channels, Filters> {
  readonly activation: ActivationName
  readonly dataFormat: DataFormat
  protected readonly options: Options
  private readonly axes: 1 | 2

  constructor(options: Options, known: readonly string[], axes: 1 | 2) {
    const { className } = new.target
    refuseUnknown(className, options, [...KNOWN, ...known])
    super(options)
    this.options = options
    this.axes = axes
    this.dataFormat = checkFormat(className, options.dataFormat)
    if (options.inputSize !== undefined) requireCount(className, 'inputSize', options.inputSize)
    const activation = options.activation ?? 'linear'
    checkActivation(activation)
    this.activation = activation
  }

  /** One for each axis but the channels. */
  protected abstract readonly windows: readonly AxisWindow[]
  /** Number of output channels for this number of input channels. */
  protected abstract filtersFor(channels: number): number
  /** Channels that the built parameters are for. */
  protected abstract builtChannels(): number
  protected abstract createKernels(channels: number): void
  protected abstract convolve(x: Tensor): Tensor

  /** Sizes after the windows. */
  protected sizesAfter(sizes: readonly number[]): readonly number[] {
    return slideOver(this.label, this.windows, sizes)
  }

  /** Builds for an input of which only the channels are known; constructors end with it. */
  protected buildForChannels(): void {
    if (this.options.inputSize !== undefined) this.build(this.shapeFor(this.options.inputSize))
  }

  /** An input shape with these channels and unknown sizes. */
  protected shapeFor(channels: number): Shape {
    return writeImageShape({ sizes: new Array<number>(this.axes).fill(UNKNOWN), channels }, this.dataFormat)
  }

  private read(inputShape: Shape): ImageShape {
    const channels = this.options.inputSize ?? (this.built ? this.builtChannels() : undefined)
    return readImageShape(this.label, inputShape, this.axes, this.dataFormat, channels)
  }

  override outputShape(inputShape: Shape): Shape {
    const { sizes, channels } = this.read(inputShape)
    const after = { sizes: this.sizesAfter(sizes), channels: this.filtersFor(channels) }
    return writeImageShape(after, this.dataFormat)
  }

  protected override createParameters(inputShape: Shape): void {
    this.createKernels(this.read(inputShape).channels)
  }

  /** A parameter [filters], or null without bias. */
  protected biasFor(filters: number): Parameter | null {
    const { useBias = true, biasInitializer = 'zeros' } = this.options
    return useBias ? this.parameter([filters], biasInitializer, [this.options, 'bias']) : null
  }

  protected override compute(x: Tensor): Tensor {
    return activateFresh(this.activation, this.convolve(x))
  }

  /** A window changes the steps of a sequence: a mask no longer fits. */
  override maskFor(): null {
    return null
  }

  override config(): LayerConfig {
    const options: ConvolutionOptions = this.options
    return {
      ...options,
      name: this.name,
      inputSize: this.built ? this.builtChannels() : this.options.inputSize,
    }
  }
}
