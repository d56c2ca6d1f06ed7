import { ShapeError, ValueError } from '../errors.ts'
import { type AxisWindow, type DataFormat, slide } from '../ops/window.ts'
import type { Shape } from '../tensor/shape.ts'
import { describeShape, UNKNOWN } from './layer.ts'

/** Sizes of an image or a sequence without the batch axis, whatever the format. */
export interface ImageShape {
  /** [height, width] or [length] */
  readonly sizes: readonly number[]
  readonly channels: number
}

/** Refuses a format that is none. */
export function checkFormat(layer: string, format: unknown): DataFormat {
  if (format === undefined || format === 'channelsLast') return 'channelsLast'
  if (format === 'channelsFirst') return format
  throw new ValueError({
    operation: layer,
    problem: `has no dataFormat "${String(format)}".`,
    hint: "use 'channelsLast' or 'channelsFirst'.",
    argument: 'dataFormat',
    received: format,
  })
}

/** What an input shape says; `axes` is how many sizes there are besides the channels. */
export function readImageShape(
  label: string,
  shape: Shape,
  axes: 1 | 2,
  format: DataFormat,
  channels?: number,
): ImageShape {
  const first = format === 'channelsFirst'
  const found = first ? shape[0] : shape[shape.length - 1]
  if (shape.length !== axes + 1 || (channels !== undefined && found !== channels)) {
    const sizes = axes === 2 ? 'height, width' : 'length'
    const wanted = channels ?? 'channels'
    const difference = shape.length === axes + 1 ? ` (${found} ≠ ${wanted} channels)` : ''
    throw new ShapeError({
      operation: label,
      problem: `needs [batch, ${first ? `${wanted}, ${sizes}` : `${sizes}, ${wanted}`}], got ${describeShape(shape)}${difference}.`,
      hint:
        shape.length === axes
          ? 'give the data an axis of channels: expandDims(x, { axis: -1 }).'
          : 'its channels must be those of what comes before it.',
      shapes: [shape],
    })
  }
  return { sizes: first ? shape.slice(1) : shape.slice(0, -1), channels: found }
}

/** The shape without the batch axis, in this format. */
export const writeImageShape = ({ sizes, channels }: ImageShape, format: DataFormat): Shape =>
  format === 'channelsFirst' ? [channels, ...sizes] : [...sizes, channels]

/** Sizes after windows have slid over an image; an unknown size stays unknown. */
export const slideOver = (
  label: string,
  windows: readonly AxisWindow[],
  sizes: readonly number[],
): readonly number[] =>
  sizes.map((size, i) => {
    const name = sizes.length === 1 ? 'length' : i === 0 ? 'height' : 'width'
    return size === UNKNOWN ? UNKNOWN : slide(label, name, windows[i], size).out
  })
