import { UNKNOWN, type LayerConfig } from '../../../nn/layer.ts'
import type { Shape } from '../../../tensor/shape.ts'
import type { WrittenAttribute } from '../wire/write.ts'

type Attributes = Record<string, WrittenAttribute>

const perAxis = (value: unknown, count: number, missing: number): number[] =>
  Array.isArray(value) ? value.map(Number) : new Array<number>(count).fill(Number(value ?? missing))

/** What is added before and after one axis, [before, after]; null where that depends on an open size. */
function paddingOf(
  padding: unknown,
  window: number,
  stride: number,
  dilation: number,
  size: number,
): readonly [number, number] | null {
  const reach = (window - 1) * dilation + 1
  if (padding === undefined || padding === 'valid') return [0, 0]
  if (padding === 'causal') return [reach - 1, 0]
  if (typeof padding === 'number') return [padding, padding]
  if (Array.isArray(padding)) return [Number(padding[0]), Number(padding[1])]
  // With stride 1 as much is added whatever the size is.
  if (size === UNKNOWN && stride > 1) return null
  const total =
    size === UNKNOWN ? reach - 1 : Math.max((Math.ceil(size / stride) - 1) * stride + reach - size, 0)
  return [Math.floor(total / 2), Math.ceil(total / 2)]
}

/** The padding option of each axis: one for all, or a list with one for each of two. */
const paddingOptions = (padding: unknown, count: number): unknown[] =>
  count === 2 && Array.isArray(padding) ? padding : new Array<unknown>(count).fill(padding)

/** `kernel_shape`, `strides`, `dilations` and `pads` of a layer of windows over axes of these sizes. */
export function windowAttributes(config: LayerConfig, window: readonly number[], sizes: Shape): Attributes {
  const count = window.length
  const strides = perAxis(config.strides, count, 1)
  const dilations = perAxis(config.dilationRate, count, 1)
  const options = paddingOptions(config.padding, count)
  const pads = window.map((length, i) => paddingOf(options[i], length, strides[i], dilations[i], sizes[i]))
  const base: Attributes = { kernel_shape: [...window], strides, dilations }
  const known = pads.filter(pad => pad !== null)
  if (known.length < count) return { ...base, auto_pad: 'SAME_UPPER' }
  return { ...base, pads: [...known.map(([before]) => before), ...known.map(([, after]) => after)] }
}

/**
 * The attributes of a transposed convolution from axes of `sizes` to axes of `out`; null where sizes must be known and
 * are not. Keras' rule for `same` is kept by giving the pads that lead to its size.
 */
export function transposedWindow(
  config: LayerConfig,
  window: readonly number[],
  sizes: Shape,
  out: Shape,
): Attributes | null {
  const count = window.length
  const strides = perAxis(config.strides, count, 1)
  const dilations = perAxis(config.dilationRate, count, 1)
  const options = paddingOptions(config.padding, count)
  const befores: number[] = []
  const afters: number[] = []
  const extras: number[] = []
  for (let i = 0; i < count; i++) {
    const reach = (window[i] - 1) * dilations[i] + 1
    // Sizes do not matter: both grow by the stride.
    const size = sizes[i] === UNKNOWN ? 1 : sizes[i]
    if (sizes[i] === UNKNOWN && typeof options[i] === 'string' && reach < strides[i]) return null
    const full = (size - 1) * strides[i] + reach
    const wanted = sizes[i] === UNKNOWN ? openSize(options[i], strides[i], reach, config, i) : out[i]
    const total = full - wanted
    const fixed = paddingOf(typeof options[i] === 'string' ? 'valid' : options[i], window[i], 1, 1, 1)
    const before = options[i] === 'same' ? Math.floor(Math.max(total, 0) / 2) : (fixed?.[0] ?? 0)
    befores.push(before)
    // What is missing at the end is added, what is too much is cut off.
    const after = total - before
    afters.push(Math.max(0, after))
    extras.push(Math.max(0, -after))
  }
  return {
    kernel_shape: [...window],
    strides,
    dilations,
    pads: [...befores, ...afters],
    ...(extras.some(extra => extra > 0) ? { output_padding: extras } : {}),
  }
}

/** The output size for an input of 1. */
function openSize(
  padding: unknown,
  stride: number,
  reach: number,
  config: LayerConfig,
  axis: number,
): number {
  const { outputPadding } = config
  const extra = Array.isArray(outputPadding) ? Number(outputPadding[axis]) : Number(outputPadding ?? 0)
  if (padding === 'same')
    return outputPadding === undefined ? stride : reach - 2 * Math.floor(reach / 2) + extra
  if (typeof padding === 'string' || padding === undefined) {
    return outputPadding === undefined ? Math.max(reach, stride) : reach + extra
  }
  const [before, after] = paddingOf(padding, 1, 1, 1, 1) ?? [0, 0]
  return reach - before - after + extra
}
