import { max } from '../ops/reduce.ts'
import { mean } from '../ops/statistics.ts'
import type { DataFormat } from '../ops/window.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkFormat, readImageShape, writeImageShape } from './images.ts'
import { BUILT_IN, Layer, type LayerConfig, type LayerOptions } from './layer.ts'
import { refuseUnknown } from './options.ts'

export interface GlobalPoolingOptions extends LayerOptions {
  /** Default `channelsLast`. */
  readonly dataFormat?: DataFormat
  /** Keeps the axes that are pooled, with size 1. Default false. */
  readonly keepDims?: boolean
}

/** Layers that make one number of each channel. */
abstract class GlobalPoolingLayer extends Layer<number, 'same'> {
  private readonly dataFormat: DataFormat
  private readonly keepDims: boolean
  private readonly axes: 1 | 2

  constructor(options: GlobalPoolingOptions, axes: 1 | 2) {
    const { className } = new.target
    refuseUnknown(className, options, ['name', 'dataFormat', 'keepDims'])
    super(options)
    this.dataFormat = checkFormat(className, options.dataFormat)
    this.keepDims = options.keepDims ?? false
    this.axes = axes
  }

  override outputShape(inputShape: Shape): Shape {
    const { axes, dataFormat } = this
    const { channels } = readImageShape(this.label, inputShape, axes, dataFormat)
    return this.keepDims
      ? writeImageShape({ sizes: new Array<number>(axes).fill(1), channels }, dataFormat)
      : [channels]
  }

  /** The axes that are pooled, as reductions take them. */
  protected reduction(): { axis: number[]; keepDims: boolean } {
    const first = this.dataFormat === 'channelsFirst' ? 2 : 1
    return { axis: this.axes === 1 ? [first] : [first, first + 1], keepDims: this.keepDims }
  }

  override maskFor(): null {
    return null
  }

  override config(): LayerConfig {
    return { name: this.name, dataFormat: this.dataFormat, keepDims: this.keepDims }
  }
}

/** The largest of each channel: [batch, length, channels] → [batch, channels]. */
export class GlobalMaxPooling1D extends GlobalPoolingLayer {
  static override readonly className: string = 'GlobalMaxPooling1D'
  static readonly [BUILT_IN] = true

  constructor(options: GlobalPoolingOptions = {}) {
    super(options, 1)
  }

  protected override compute(x: Tensor): Tensor {
    return max(x, this.reduction())
  }
}

/** The largest of each channel: [batch, height, width, channels] → [batch, channels]. */
export class GlobalMaxPooling2D extends GlobalPoolingLayer {
  static override readonly className: string = 'GlobalMaxPooling2D'
  static readonly [BUILT_IN] = true

  constructor(options: GlobalPoolingOptions = {}) {
    super(options, 2)
  }

  protected override compute(x: Tensor): Tensor {
    return max(x, this.reduction())
  }
}

/** The mean of each channel: [batch, length, channels] → [batch, channels]. */
export class GlobalAveragePooling1D extends GlobalPoolingLayer {
  static override readonly className: string = 'GlobalAveragePooling1D'
  static readonly [BUILT_IN] = true

  constructor(options: GlobalPoolingOptions = {}) {
    super(options, 1)
  }

  protected override compute(x: Tensor): Tensor {
    return mean(x, this.reduction())
  }
}

/** The mean of each channel: [batch, height, width, channels] → [batch, channels]. */
export class GlobalAveragePooling2D extends GlobalPoolingLayer {
  static override readonly className: string = 'GlobalAveragePooling2D'
  static readonly [BUILT_IN] = true

  constructor(options: GlobalPoolingOptions = {}) {
    super(options, 2)
  }

  protected override compute(x: Tensor): Tensor {
    return mean(x, this.reduction())
  }
}

/** A `GlobalMaxPooling1D` layer. */
export const globalMaxPooling1d = (options?: GlobalPoolingOptions): GlobalMaxPooling1D =>
  new GlobalMaxPooling1D(options)

/** A `GlobalMaxPooling2D` layer. */
export const globalMaxPooling2d = (options?: GlobalPoolingOptions): GlobalMaxPooling2D =>
  new GlobalMaxPooling2D(options)

/** A `GlobalAveragePooling1D` layer. */
export const globalAveragePooling1d = (options?: GlobalPoolingOptions): GlobalAveragePooling1D =>
  new GlobalAveragePooling1D(options)

/** A `GlobalAveragePooling2D` layer. */
export const globalAveragePooling2d = (options?: GlobalPoolingOptions): GlobalAveragePooling2D =>
  new GlobalAveragePooling2D(options)
