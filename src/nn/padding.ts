import { ShapeError, ValueError } from '../errors.ts'
import { pad } from '../ops/arrange.ts'
import { type Range, slice } from '../ops/slice.ts'
import type { DataFormat } from '../ops/window.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkFormat, readImageShape, writeImageShape } from './images.ts'
import { BUILT_IN, describeShape, Layer, type LayerConfig, type LayerOptions, UNKNOWN } from './layer.ts'
import { refuseUnknown } from './options.ts'

/** How much before and after one axis. */
type Ends = readonly [before: number, after: number]

/** One number for all sides, one for each axis, or [before, after] for each axis. */
export type Margins2D =
  | number
  | readonly [height: number, width: number]
  | readonly [height: Ends, width: Ends]

/** One number for both ends, or [before, after]. */
export type Margins1D = number | Ends

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
const isEnds = (value: unknown): value is Ends =>
  Array.isArray(value) && value.length === 2 && value.every(isCount)

function readMargins(layer: string, option: string, value: unknown, axes: 1 | 2): readonly Ends[] {
  if (isCount(value)) return new Array<Ends>(axes).fill([value, value])
  if (axes === 1 && isEnds(value)) return [value]
  if (axes === 2 && isEnds(value)) return value.map((count): Ends => [count, count])
  if (axes === 2 && Array.isArray(value) && value.length === 2 && value.every(isEnds)) return value
  throw new ValueError({
    operation: layer,
    problem: `needs ${option} to be whole numbers ≥ 0, got ${JSON.stringify(value) ?? 'none'}.`,
    hint: axes === 1 ? 'for example 1, or [1, 0].' : 'for example 1, [1, 2], or [[1, 1], [2, 2]].',
    argument: option,
    received: value,
  })
}

interface MarginOptions extends LayerOptions {
  readonly dataFormat?: DataFormat
}

/** Layers that add something around the axes of an example, or take it away. */
abstract class MarginLayer extends Layer<number, 'same'> {
  protected readonly dataFormat: DataFormat

  constructor(
    options: MarginOptions,
    private readonly option: string,
    protected readonly margins: readonly Ends[],
  ) {
    super(options)
    this.dataFormat = checkFormat(new.target.className, options.dataFormat)
  }

  /** Size of an axis afterwards. */
  protected abstract sizeAfter(size: number, ends: Ends): number

  override outputShape(inputShape: Shape): Shape {
    const axes = this.margins.length === 1 ? 1 : 2
    const { sizes, channels } = readImageShape(this.label, inputShape, axes, this.dataFormat)
    const after = sizes.map((size, i) => (size === UNKNOWN ? UNKNOWN : this.sizeAfter(size, this.margins[i])))
    if (after.every(size => size === UNKNOWN || size > 0))
      return writeImageShape({ sizes: after, channels }, this.dataFormat)
    throw new ShapeError({
      operation: this.label,
      problem: `leaves nothing of ${describeShape(inputShape)}.`,
      hint: `its ${this.option} must be smaller than the input.`,
      shapes: [inputShape],
    })
  }

  /** The margins of every axis, batch and channels included. */
  protected get all(): readonly Ends[] {
    const none: Ends = [0, 0]
    return this.dataFormat === 'channelsFirst' ? [none, none, ...this.margins] : [none, ...this.margins, none]
  }

  /** A margin changes the steps of a sequence: a mask no longer fits. */
  override maskFor(): null {
    return null
  }

  override config(): LayerConfig {
    const format = this.margins.length === 1 ? {} : { dataFormat: this.dataFormat }
    const margins = this.margins.length === 1 ? this.margins[0] : this.margins
    return { name: this.name, [this.option]: margins, ...format }
  }
}

abstract class ZeroPadding extends MarginLayer {
  protected override sizeAfter(size: number, [before, after]: Ends): number {
    return before + size + after
  }

  protected override compute(x: Tensor): Tensor {
    return pad(x, this.all)
  }
}

abstract class Cropping extends MarginLayer {
  protected override sizeAfter(size: number, [before, after]: Ends): number {
    return size - before - after
  }

  protected override compute(x: Tensor): Tensor {
    return slice(
      x,
      this.all.map(([before, after], i): Range => [before, x.shape[i] - after]),
    )
  }
}

export interface ZeroPadding1DOptions extends LayerOptions {
  /** Default 1. */
  readonly padding?: Margins1D
}

/** Adds zeros before and after a sequence: [batch, length, channels] → [batch, before + length + after, channels]. */
export class ZeroPadding1D extends ZeroPadding {
  static override readonly className: string = 'ZeroPadding1D'
  static readonly [BUILT_IN] = true

  constructor(options: ZeroPadding1DOptions = {}) {
    refuseUnknown('ZeroPadding1D', options, ['name', 'padding'])
    super(options, 'padding', readMargins('ZeroPadding1D', 'padding', options.padding ?? 1, 1))
  }
}

export interface ZeroPadding2DOptions extends MarginOptions {
  /** Default 1. */
  readonly padding?: Margins2D
}

/**
 * Adds zeros around images.
 *
 *   [batch, height, width, channels] → [batch, top + height + bottom, left + width + right, channels]
 *
 * @example zeroPadding2d({ padding: [[1, 0], [1, 0]] })
 */
export class ZeroPadding2D extends ZeroPadding {
  static override readonly className: string = 'ZeroPadding2D'
  static readonly [BUILT_IN] = true

  constructor(options: ZeroPadding2DOptions = {}) {
    refuseUnknown('ZeroPadding2D', options, ['name', 'padding', 'dataFormat'])
    super(options, 'padding', readMargins('ZeroPadding2D', 'padding', options.padding ?? 1, 2))
  }
}

export interface Cropping1DOptions extends LayerOptions {
  /** Default 1. */
  readonly cropping?: Margins1D
}

/** Takes away the ends of a sequence: [batch, length, channels] → [batch, length − before − after, channels]. */
export class Cropping1D extends Cropping {
  static override readonly className: string = 'Cropping1D'
  static readonly [BUILT_IN] = true

  constructor(options: Cropping1DOptions = {}) {
    refuseUnknown('Cropping1D', options, ['name', 'cropping'])
    super(options, 'cropping', readMargins('Cropping1D', 'cropping', options.cropping ?? 1, 1))
  }
}

export interface Cropping2DOptions extends MarginOptions {
  /** Default 0. */
  readonly cropping?: Margins2D
}

/**
 * Takes away the borders of images.
 *
 *   [batch, height, width, channels] → [batch, height − top − bottom, width − left − right, channels]
 *
 * @throws ShapeError when nothing is left
 * @example cropping2d({ cropping: 2 })
 */
export class Cropping2D extends Cropping {
  static override readonly className: string = 'Cropping2D'
  static readonly [BUILT_IN] = true

  constructor(options: Cropping2DOptions = {}) {
    refuseUnknown('Cropping2D', options, ['name', 'cropping', 'dataFormat'])
    super(options, 'cropping', readMargins('Cropping2D', 'cropping', options.cropping ?? 0, 2))
  }
}

/** A `ZeroPadding1D` layer. */
export const zeroPadding1d = (options?: ZeroPadding1DOptions): ZeroPadding1D => new ZeroPadding1D(options)
/** A `ZeroPadding2D` layer. */
export const zeroPadding2d = (options?: ZeroPadding2DOptions): ZeroPadding2D => new ZeroPadding2D(options)
/** A `Cropping1D` layer. */
export const cropping1d = (options?: Cropping1DOptions): Cropping1D => new Cropping1D(options)
/** A `Cropping2D` layer. */
export const cropping2d = (options?: Cropping2DOptions): Cropping2D => new Cropping2D(options)
