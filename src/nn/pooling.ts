import { averagePool1d, averagePool2d, maxPool1d, maxPool2d } from '../ops/pool.ts'
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
import { checkFormat, readImageShape, slideOver, writeImageShape } from './images.ts'
import { BUILT_IN, Layer, type LayerConfig, type LayerOptions } from './layer.ts'
import { refuseUnknown, requireCount } from './options.ts'

export interface Pooling1DOptions extends LayerOptions {
  /** Length of the window. Default 2. */
  readonly poolSize?: number
  /** Distance of neighbouring windows; the size of the window by default. */
  readonly strides?: number
  /** Default `valid`. */
  readonly padding?: Exclude<AxisPadding, 'causal'>
  /** Default `channelsLast`. */
  readonly dataFormat?: DataFormat
}

export interface Pooling2DOptions extends LayerOptions {
  /** Height and width of the window. Default 2. */
  readonly poolSize?: Pair
  /** Distance of neighbouring windows; the size of the window by default. */
  readonly strides?: Pair
  /** Default `valid`. */
  readonly padding?: Padding2d
  /** Default `channelsLast`. */
  readonly dataFormat?: DataFormat
}

const KNOWN = ['name', 'poolSize', 'strides', 'padding', 'dataFormat']

/** Layers that make one number of each window and channel. */
abstract class PoolingLayer<Options extends Pooling1DOptions | Pooling2DOptions> extends Layer<
  number,
  'same'
> {
  protected readonly options: Options
  private readonly windows: readonly AxisWindow[]
  private readonly dataFormat: DataFormat

  constructor(options: Options, windowsOf: (className: string) => readonly AxisWindow[]) {
    const { className } = new.target
    refuseUnknown(className, options, KNOWN)
    super(options)
    this.options = options
    this.dataFormat = checkFormat(className, options.dataFormat)
    this.windows = windowsOf(className)
  }

  override outputShape(inputShape: Shape): Shape {
    const { label, windows, dataFormat } = this
    const axes = windows.length === 1 ? 1 : 2
    const { sizes, channels } = readImageShape(label, inputShape, axes, dataFormat)
    return writeImageShape({ sizes: slideOver(label, windows, sizes), channels }, dataFormat)
  }

  /** A window changes the steps of a sequence: a mask no longer fits. */
  override maskFor(): null {
    return null
  }

  override config(): LayerConfig {
    const options: LayerOptions = this.options
    return { ...options, name: this.name }
  }
}

abstract class Pooling1D extends PoolingLayer<Pooling1DOptions> {
  constructor(options: Pooling1DOptions = {}) {
    super(options, className => {
      const window = requireCount(className, 'poolSize', options.poolSize ?? 2)
      const stride = requireCount(className, 'strides', options.strides ?? window)
      const padding = axisPadding(className, options.padding ?? 'valid', PADDINGS_1D.slice(0, 2))
      return [{ window, stride, dilation: 1, padding }]
    })
  }
}

abstract class Pooling2D extends PoolingLayer<Pooling2DOptions> {
  constructor(options: Pooling2DOptions = {}) {
    super(options, className => {
      const window = pairOf(className, 'poolSize', options.poolSize ?? 2)
      return axesOf(className, window, { strides: options.strides ?? window, padding: options.padding })
    })
  }
}

/**
 * The largest number of each window of a sequence.
 *
 *   [batch, length, channels] → [batch, outLength, channels]
 *
 * @example maxPooling1d({ poolSize: 2 })
 */
export class MaxPooling1D extends Pooling1D {
  static override readonly className: string = 'MaxPooling1D'
  static readonly [BUILT_IN] = true

  protected override compute(x: Tensor): Tensor {
    return maxPool1d(x, this.options)
  }
}

/**
 * The largest number of each window.
 *
 *   [batch, height, width, channels] → [batch, outHeight, outWidth, channels]
 *
 * @example maxPooling2d({ poolSize: 2 })
 */
export class MaxPooling2D extends Pooling2D {
  static override readonly className: string = 'MaxPooling2D'
  static readonly [BUILT_IN] = true

  protected override compute(x: Tensor): Tensor {
    return maxPool2d(x, this.options)
  }
}

/**
 * The mean of each window of a sequence; padding does not count.
 *
 *   [batch, length, channels] → [batch, outLength, channels]
 */
export class AveragePooling1D extends Pooling1D {
  static override readonly className: string = 'AveragePooling1D'
  static readonly [BUILT_IN] = true

  protected override compute(x: Tensor): Tensor {
    return averagePool1d(x, this.options)
  }
}

/**
 * The mean of each window; padding does not count.
 *
 *   [batch, height, width, channels] → [batch, outHeight, outWidth, channels]
 */
export class AveragePooling2D extends Pooling2D {
  static override readonly className: string = 'AveragePooling2D'
  static readonly [BUILT_IN] = true

  protected override compute(x: Tensor): Tensor {
    return averagePool2d(x, this.options)
  }
}

/** A `MaxPooling1D` layer. */
export const maxPooling1d = (options?: Pooling1DOptions): MaxPooling1D => new MaxPooling1D(options)

/** A `MaxPooling2D` layer. */
export const maxPooling2d = (options?: Pooling2DOptions): MaxPooling2D => new MaxPooling2D(options)

/** An `AveragePooling1D` layer. */
export const averagePooling1d = (options?: Pooling1DOptions): AveragePooling1D =>
  new AveragePooling1D(options)

/** An `AveragePooling2D` layer. */
export const averagePooling2d = (options?: Pooling2DOptions): AveragePooling2D =>
  new AveragePooling2D(options)
