import { sizeOf, type Shape } from '../../../tensor/shape.ts'
import type { Call } from '../call.ts'
import { refuse } from '../refuse.ts'

/** A window along one spatial axis. */
export interface AxisWindow {
  readonly size: number
  readonly window: number
  readonly stride: number
  readonly dilation: number
  readonly before: number
  readonly after: number
  /** Number of windows. */
  readonly out: number
}

/** How many elements a window spans. */
export const reachOf = ({ window, dilation }: Pick<AxisWindow, 'window' | 'dilation'>): number =>
  (window - 1) * dilation + 1

/** A list of whole numbers, one for each spatial axis. */
export function perAxis(call: Call, name: string, count: number, missing: number): readonly number[] {
  const list = call.attributes.ints(name) ?? new Array<number>(count).fill(missing)
  const least = name === 'pads' || name === 'output_padding' ? 0 : 1
  if (list.length === count && list.every(value => Number.isSafeInteger(value) && value >= least)) return list
  return refuse(
    call.node.label,
    `its attribute "${name}" is [${list.join(', ')}] for ${count} values ≥ ${least}`,
  )
}

/**
 * The windows over spatial axes of these sizes: `auto_pad`, `pads`, `strides`, `dilations` and `ceil_mode` of
 * https://onnx.ai/onnx/operators/onnx__Conv.html and https://onnx.ai/onnx/operators/onnx__MaxPool.html
 */
export function windowsOver(call: Call, sizes: Shape, kernel: readonly number[]): AxisWindow[] {
  const { attributes } = call
  const count = sizes.length
  const strides = perAxis(call, 'strides', count, 1)
  const dilations = perAxis(call, 'dilations', count, 1)
  const pads = perAxis(call, 'pads', 2 * count, 0)
  const auto = attributes.string('auto_pad', 'NOTSET')
  const isCeiled = attributes.flag('ceil_mode')
  const axes = sizes.map((size, i) => {
    const axis = { size, window: kernel[i], stride: strides[i], dilation: dilations[i] }
    const reach = reachOf(axis)
    if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
      const out = Math.ceil(size / axis.stride)
      const total = Math.max((out - 1) * axis.stride + reach - size, 0)
      const before = auto === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2)
      return { ...axis, before, after: total - before, out }
    }
    const [before, after] = auto === 'VALID' ? [0, 0] : [pads[i], pads[count + i]]
    const steps = (size + before + after - reach) / axis.stride
    let out = (isCeiled ? Math.ceil(steps) : Math.floor(steps)) + 1
    // A last window that would begin in the padding after the end is left out.
    if (isCeiled && (out - 1) * axis.stride >= size + before) out--
    if (out < 1 || axis.window > size + before + after) {
      return refuse(
        call.node.label,
        `a window of ${reach} does not fit an axis of ${size} padded by ${before + after}`,
      )
    }
    return { ...axis, before, after, out }
  })
  call.bounded(axes.map(({ out }) => out))
  call.bounded(axes.map(({ size, before, after }) => size + before + after))
  return axes
}

/** The spatial sizes of x [batch, channels, …]. */
export function spatialOf(call: Call, shape: Shape): Shape {
  if (shape.length < 3) refuse(call.node.label, `it takes [batch, channels, …], got [${shape.join(', ')}]`)
  return shape.slice(2)
}

/** `kernel_shape`, which must be there and be small enough to mean something. */
export function kernelOf(call: Call, count: number): readonly number[] {
  call.attributes.required('kernel_shape', call.attributes.ints('kernel_shape'))
  const kernel = perAxis(call, 'kernel_shape', count, 1)
  call.bounded([sizeOf(kernel)])
  return kernel
}
