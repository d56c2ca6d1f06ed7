import type { Tensor } from '../tensor/tensor.ts'
import { checkBias, checkGroups, checkKernel, conv, convInput } from './conv.ts'
import { requireTensor, toFloat } from './operand.ts'
import { reshape } from './reshape.ts'
import {
  type AxisPadding,
  asImage,
  asSequence,
  axesOf,
  axisPadding,
  backToFormat,
  channelsLast,
  type DataFormat,
  type Pair,
  PADDINGS_1D,
  pairOf,
  POINT,
  slideBack,
  type Window2dOptions,
  windowOf,
} from './window.ts'

export interface Convolution2dOptions extends Window2dOptions {
  /** [filters] */
  readonly bias?: Tensor | null
  /** Splits channels and filters into groups that do not see each other. Default 1. */
  readonly groups?: number
  /** Where x and the result have their channels. Default `channelsLast`. */
  readonly dataFormat?: DataFormat
}

/**
 * Two-dimensional convolution (a correlation: the kernel is not flipped).
 *
 *   x [batch, height, width, channels], kernel [kh, kw, channels/groups, filters] → [batch, outHeight, outWidth, filters]
 *
 * @throws ShapeError when the sizes do not fit
 * @example convolve2d(ones([1, 5, 5, 1]), ones([3, 3, 1, 2]))   // [1, 3, 3, 2], every entry 9
 */
export function convolve2d(x: Tensor, kernel: Tensor, options: Convolution2dOptions = {}): Tensor {
  const input = channelsLast('convolve2d', x, 4, options?.dataFormat)
  const weights = toFloat('convolve2d', kernel)
  const { groups = 1, bias = null } = options ?? {}
  const [windowHeight, windowWidth, , filters] = weights.shape
  checkGroups('convolve2d', groups, input.shape[3], filters ?? groups)
  checkKernel('convolve2d', weights, ['kh', 'kw', 'channels/groups', 'filters'], input.shape[3], groups, 2)
  checkBias('convolve2d', bias, filters)
  const axes = axesOf('convolve2d', [windowHeight, windowWidth], options ?? {})
  const y = conv(input, weights, bias, { ...windowOf('convolve2d', input, axes), filters, groups })
  return backToFormat(y, options?.dataFormat)
}

export interface Convolution1dOptions
  extends Omit<Convolution2dOptions, 'strides' | 'padding' | 'dilationRate'> {
  /** Default 1. */
  readonly strides?: number
  /** Default `valid`; `causal` looks back only. */
  readonly padding?: AxisPadding
  /** Default 1. */
  readonly dilationRate?: number
}

/**
 * One-dimensional convolution along a sequence.
 *
 *   x [batch, length, channels], kernel [k, channels/groups, filters] → [batch, outLength, filters]
 *
 * @throws ShapeError when the sizes do not fit
 * @example convolve1d(ones([1, 5, 2]), ones([3, 2, 4]), { padding: 'causal' }).shape   // [1, 5, 4]
 */
export function convolve1d(x: Tensor, kernel: Tensor, options: Convolution1dOptions = {}): Tensor {
  const input = channelsLast('convolve1d', x, 3, options?.dataFormat)
  const weights = toFloat('convolve1d', kernel)
  const { groups = 1, bias = null } = options ?? {}
  const [window, depth, filters] = weights.shape
  checkGroups('convolve1d', groups, input.shape[2], filters ?? groups)
  checkKernel('convolve1d', weights, ['k', 'channels/groups', 'filters'], input.shape[2], groups, 1)
  checkBias('convolve1d', bias, filters)
  const image = asImage(input)
  const [stride] = pairOf('convolve1d', 'strides', options?.strides ?? 1)
  const [dilation] = pairOf('convolve1d', 'dilationRate', options?.dilationRate ?? 1)
  const padding = axisPadding('convolve1d', options?.padding ?? 'valid', PADDINGS_1D)
  const p = windowOf('convolve1d', image, [POINT, { window, stride, dilation, padding }])
  const y = conv(image, reshape(weights, [1, window, depth, filters]), bias, { ...p, filters, groups })
  return backToFormat(asSequence(y), options?.dataFormat)
}

/**
 * Convolution with filters of their own for each channel: output channel c·multiplier + m is channel c through
 * filter m.
 *
 *   x [batch, height, width, channels], kernel [kh, kw, channels, multiplier] → [batch, outHeight, outWidth, channels·multiplier]
 *
 * @throws ShapeError when the sizes do not fit
 */
export function convolveDepthwise2d(
  x: Tensor,
  kernel: Tensor,
  options: Omit<Convolution2dOptions, 'groups'> = {},
): Tensor {
  requireTensor('convolveDepthwise2d', x)
  requireTensor('convolveDepthwise2d', kernel)
  const channels = x.shape[options?.dataFormat === 'channelsFirst' ? 1 : 3]
  checkKernel('convolveDepthwise2d', kernel, ['kh', 'kw', 'channels', 'multiplier'], channels, 1, 2)
  const [windowHeight, windowWidth, , multiplier] = kernel.shape
  const weights = reshape(kernel, [windowHeight, windowWidth, 1, channels * multiplier])
  return convolve2d(x, weights, { ...options, groups: channels })
}

export interface TransposedConvolutionOptions extends Omit<Convolution2dOptions, 'groups'> {
  /** Added to the size that strides, window and padding give: several sizes have the same number of windows. */
  readonly outputPadding?: Pair
}

/**
 * Transposed convolution: what convolve2d's gradient does to images. It makes them larger by the strides.
 *
 *   x [batch, height, width, channels], kernel [kh, kw, filters, channels] → [batch, outHeight, outWidth, filters]
 *
 * Sizes: `same` height·stride; `valid` height·stride + max(kh − stride, 0); numbers (height − 1)·stride + kh − padding.
 *
 * @throws ShapeError when the sizes do not fit
 */
export function convolveTransposed2d(
  x: Tensor,
  kernel: Tensor,
  options: TransposedConvolutionOptions = {},
): Tensor {
  const name = 'convolveTransposed2d'
  const input = channelsLast(name, x, 4, options?.dataFormat)
  const weights = toFloat(name, kernel)
  const { bias = null, outputPadding } = options ?? {}
  checkKernel(name, weights, ['kh', 'kw', 'filters', 'channels'], input.shape[3], 1, 3)
  const [windowHeight, windowWidth, channels, filters] = weights.shape
  checkBias(name, bias, channels)
  const [rows, columns] = axesOf(name, [windowHeight, windowWidth], options ?? {})
  const extra = outputPadding === undefined ? [] : pairOf(name, 'outputPadding', outputPadding, 0)
  const [batch, outHeight, outWidth] = input.shape
  const { out: height, before: padTop } = slideBack(name, rows, outHeight, extra[0])
  const { out: width, before: padLeft } = slideBack(name, columns, outWidth, extra[1])
  const y = convInput(input, weights, {
    batch,
    height,
    width,
    channels,
    outHeight,
    outWidth,
    windowHeight,
    windowWidth,
    strideHeight: rows.stride,
    strideWidth: columns.stride,
    dilationHeight: rows.dilation,
    dilationWidth: columns.dilation,
    padTop,
    padLeft,
    filters,
    groups: 1,
  })
  return backToFormat(bias === null ? y : y.add(bias), options?.dataFormat)
}
