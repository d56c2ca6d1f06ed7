import type { Window } from '../../kernels/windows.ts'
import { ShapeError, ValueError } from '../errors.ts'
import { formatShape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { requireTensor, toFloat } from './operand.ts'
import { permute } from './permute.ts'
import { reshape } from './reshape.ts'

/** One number for height and width, or one for each. */
export type Pair = number | readonly [height: number, width: number]

/** Where the channels are: [batch, height, width, channels] or [batch, channels, height, width]. */
export type DataFormat = 'channelsLast' | 'channelsFirst'

/**
 * What is added around one axis: nothing (`valid`); as much as makes the output ⌈size/stride⌉ long, an odd one
 * after (`same`); as much before as makes the output blind to what comes later (`causal`); or numbers.
 */
export type AxisPadding = 'valid' | 'same' | 'causal' | number | readonly [before: number, after: number]

/** The same for height and width: a name or a number for both, or one number or [before, after] for each. */
export type Padding2d =
  | 'valid'
  | 'same'
  | number
  | readonly [height: number | readonly [number, number], width: number | readonly [number, number]]

/** A window along one axis. */
export interface AxisWindow {
  readonly window: number
  readonly stride: number
  readonly dilation: number
  readonly padding: AxisPadding
}

/** How many elements along an axis one window spans. */
const reachOf = ({ window, dilation }: AxisWindow): number => (window - 1) * dilation + 1

/** How much is added before and after an axis of this size. */
function paddingOf(axis: AxisWindow, size: number): readonly [number, number] {
  const { padding, stride } = axis
  if (typeof padding === 'number') return [padding, padding]
  if (typeof padding !== 'string') return padding
  if (padding === 'causal') return [reachOf(axis) - 1, 0]
  if (padding === 'valid') return [0, 0]
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + reachOf(axis) - size, 0)
  return [Math.floor(total / 2), Math.ceil(total / 2)]
}

/** The number of windows along an axis, and what is added before it. */
export function slide(
  operation: string,
  name: string,
  axis: AxisWindow,
  size: number,
): { out: number; before: number } {
  const [before, after] = paddingOf(axis, size)
  const reach = reachOf(axis)
  const out = Math.floor((size + before + after - reach) / axis.stride) + 1
  if (out < 1) {
    throw new ShapeError({
      operation,
      problem: `needs a ${name} of at least ${reach - before - after} for a window of ${reach}, got ${size}.`,
      hint: "use a smaller window, or padding 'same'.",
    })
  }
  return { out, before }
}

/** The size of which `size` is the number of windows (Keras' rule), and what was added before it. */
export function slideBack(
  operation: string,
  axis: AxisWindow,
  size: number,
  outputPadding: number | undefined,
): { out: number; before: number } {
  const { padding, stride } = axis
  const reach = reachOf(axis)
  const full = (size - 1) * stride + reach
  if (typeof padding !== 'string') {
    const [before, after] = paddingOf(axis, size)
    return { out: requireSome(operation, full - before - after + (outputPadding ?? 0)), before }
  }
  const same = padding === 'same'
  const out =
    outputPadding === undefined
      ? Math.max(same ? 0 : full, size * stride)
      : full - (same ? 2 * Math.floor(reach / 2) : 0) + outputPadding
  return { out: requireSome(operation, out), before: same ? Math.floor(Math.max(full - out, 0) / 2) : 0 }
}

function requireSome(operation: string, size: number): number {
  if (size >= 1) return size
  throw new ShapeError({
    operation,
    problem: `would give an output of size ${size}.`,
    hint: 'use less padding.',
  })
}

/** A whole number ≥ `least`, or an error that names the option. */
function requireWhole(operation: string, option: string, value: unknown, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value
  throw new ValueError({
    operation,
    problem: `needs ${option} to be whole numbers ≥ ${least}, got ${JSON.stringify(value)}.`,
    argument: option,
    received: value,
  })
}

/** [height, width] of an option that is one number or two. */
export function pairOf(operation: string, option: string, value: Pair, least = 1): [number, number] {
  if (!Array.isArray(value)) {
    const size = requireWhole(operation, option, value, least)
    return [size, size]
  }
  if (value.length !== 2) requireWhole(operation, option, value, least)
  return [requireWhole(operation, option, value[0], least), requireWhole(operation, option, value[1], least)]
}

/** The padding of one axis, checked. */
export function axisPadding(operation: string, value: unknown, names: readonly string[]): AxisPadding {
  if (typeof value === 'string' && names.includes(value)) return value as 'valid' | 'same' | 'causal'
  if (typeof value === 'number') return requireWhole(operation, 'padding', value, 0)
  if (Array.isArray(value) && value.length === 2) {
    const [before, after] = value.map(size => requireWhole(operation, 'padding', size, 0))
    return [before, after]
  }
  throw new ValueError({
    operation,
    problem: `has no padding ${JSON.stringify(value)}.`,
    hint: `use ${names.map(name => `'${name}'`).join(', ')}, a number, or [before, after].`,
    argument: 'padding',
    received: value,
  })
}

export const PADDINGS_1D = ['valid', 'same', 'causal'] as const
const PADDINGS_2D = ['valid', 'same'] as const

export interface Window2dOptions {
  /** Distance of neighbouring windows. Default 1 (pooling: the size of the window). */
  readonly strides?: Pair
  /** Default `valid`. */
  readonly padding?: Padding2d
  /** Distance of neighbouring taps. Default 1. */
  readonly dilationRate?: Pair
}

/** The windows along height and width. */
export function axesOf(
  operation: string,
  window: readonly [number, number],
  options: Window2dOptions,
): [AxisWindow, AxisWindow] {
  const strides = pairOf(operation, 'strides', options.strides ?? 1)
  const dilation = pairOf(operation, 'dilationRate', options.dilationRate ?? 1)
  const { padding = 'valid' } = options
  const each = typeof padding === 'string' || typeof padding === 'number' ? [padding, padding] : padding
  if (!Array.isArray(each) || each.length !== 2) axisPadding(operation, padding, PADDINGS_2D)
  const axis = (i: 0 | 1): AxisWindow => ({
    window: window[i],
    stride: strides[i],
    dilation: dilation[i],
    padding: axisPadding(operation, each[i], PADDINGS_2D),
  })
  return [axis(0), axis(1)]
}

/** A window of one pixel: what the missing axis of a sequence has. */
export const POINT: AxisWindow = { window: 1, stride: 1, dilation: 1, padding: 'valid' }

/** The windows over images x [batch, height, width, channels]. */
export function windowOf(operation: string, x: Tensor, [rows, columns]: readonly AxisWindow[]): Window {
  const [batch, height, width, channels] = x.shape
  const { out: outHeight, before: padTop } = slide(operation, 'height', rows, height)
  const name = rows === POINT && height === 1 ? 'length' : 'width'
  const { out: outWidth, before: padLeft } = slide(operation, name, columns, width)
  return {
    batch,
    height,
    width,
    channels,
    outHeight,
    outWidth,
    windowHeight: rows.window,
    windowWidth: columns.window,
    strideHeight: rows.stride,
    strideWidth: columns.stride,
    dilationHeight: rows.dilation,
    dilationWidth: columns.dilation,
    padTop,
    padLeft,
  }
}

/** A batch of images or sequences as float32 with the channels last. */
export function channelsLast(
  operation: string,
  x: Tensor,
  rank: 3 | 4,
  format: DataFormat | undefined,
): Tensor {
  const input = toFloat(operation, requireTensor(operation, x))
  if (format !== undefined && format !== 'channelsLast' && format !== 'channelsFirst') {
    throw new ValueError({
      operation,
      problem: `has no dataFormat "${format}".`,
      hint: "use 'channelsLast' or 'channelsFirst'.",
      argument: 'dataFormat',
      received: format,
    })
  }
  if (input.rank !== rank) {
    const spatial = rank === 4 ? 'height, width' : 'length'
    const wanted = format === 'channelsFirst' ? `channels, ${spatial}` : `${spatial}, channels`
    throw new ShapeError({
      operation,
      problem: `needs [batch, ${wanted}], got ${formatShape(x.shape)}.`,
      hint: 'expandDims adds an axis, for a batch of one or a single channel.',
      shapes: [x.shape],
    })
  }
  if (format !== 'channelsFirst') return input
  return permute(input, rank === 4 ? [0, 2, 3, 1] : [0, 2, 1])
}

/** The result of an operation on `channelsLast(x)`, in the format of x. */
export function backToFormat(y: Tensor, format: DataFormat | undefined): Tensor {
  if (format !== 'channelsFirst') return y
  return permute(y, y.rank === 4 ? [0, 3, 1, 2] : [0, 2, 1])
}

/** A sequence as an image of height 1, and back: [batch, length, channels] ↔ [batch, 1, length, channels]. */
export const asImage = (x: Tensor): Tensor => reshape(x, [x.shape[0], 1, x.shape[1], x.shape[2]])
export const asSequence = (x: Tensor): Tensor => reshape(x, [x.shape[0], x.shape[2], x.shape[3]])
