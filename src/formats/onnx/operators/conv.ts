import { convolve2d } from '../../../ops/convolve.ts'
import { pad } from '../../../ops/arrange.ts'
import type { Tensor } from '../../../tensor/tensor.ts'
import type { Call, Operators } from '../call.ts'
import { refuse } from '../refuse.ts'
import type { Value } from '../value.ts'
import { type AxisWindow, spatialOf, windowsOver } from './windows.ts'

/** A missing height or depth. */
export const POINT: AxisWindow = { size: 1, window: 1, stride: 1, dilation: 1, before: 0, after: 0, out: 1 }

/**
 * Convolution, x [N, C, …] with W [M, C/group, …]: https://onnx.ai/onnx/operators/onnx__Conv.html
 * The kernels here are two-dimensional with the channels last; a third dimension is a sum over the kernel's slices.
 */
function conv(call: Call): Value {
  const [x, w] = [call.float(0), call.float(1)]
  const sizes = spatialOf(call, x.shape)
  const groups = call.attributes.int('group', 1)
  if (w.rank !== x.rank || w.shape[1] * groups !== x.shape[1]) {
    return refuse(
      call.node.label,
      `weights [${w.shape.join(', ')}] do not fit [${x.shape.join(', ')}] in ${groups} groups`,
    )
  }
  const axes = windowsOver(call, sizes, w.shape.slice(2))
  call.bounded([x.shape[0], w.shape[0], ...axes.map(({ out }) => out)])
  const bias = call.optionalFloat(2)
  if (sizes.length === 1) {
    const y = planar(withAxis(x), withAxis(w), bias, [POINT, ...axes], groups)
    return call.like(y.reshape([y.shape[0], y.shape[1], y.shape[3]]))
  }
  if (sizes.length === 2) return call.like(planar(x, w, bias, axes, groups))
  if (sizes.length === 3) return call.like(spatial(x, w, bias, axes, groups))
  return refuse(call.node.label, `it convolves 1 to 3 dimensions, got ${sizes.length}`)
}

/** [N, C, L] → [N, C, 1, L] */
export const withAxis = (x: Tensor): Tensor => x.expandDims({ axis: 2 })

/** x [N, C, H, W], w [M, C/group, kh, kw] → [N, M, H', W'] */
function planar(
  x: Tensor,
  w: Tensor,
  bias: Tensor | null,
  axes: readonly AxisWindow[],
  groups: number,
): Tensor {
  const [rows, columns] = axes
  return convolve2d(x, w.permute([2, 3, 1, 0]), {
    bias,
    groups,
    strides: [rows.stride, columns.stride],
    dilationRate: [rows.dilation, columns.dilation],
    padding: [
      [rows.before, rows.after],
      [columns.before, columns.after],
    ],
    dataFormat: 'channelsFirst',
  })
}

/** x [N, C, D, H, W], w [M, C/group, kd, kh, kw]: for each slice of w the convolution of the depths that meet it. */
function spatial(
  x: Tensor,
  w: Tensor,
  bias: Tensor | null,
  [depth, ...plane]: readonly AxisWindow[],
  groups: number,
): Tensor {
  const [batch, channels, , height, width] = x.shape
  const padded = padAxis(x, 2, depth.before, depth.after)
  let sum: Tensor | null = null
  for (let tap = 0; tap < depth.window; tap++) {
    const first = tap * depth.dilation
    const depths = padded
      .slice([null, null, [first, first + (depth.out - 1) * depth.stride + 1, depth.stride]])
      .permute([0, 2, 1, 3, 4])
      .reshape([batch * depth.out, channels, height, width])
    const slice = w.slice([null, null, [tap, tap + 1]]).squeeze({ axis: 2 })
    const y = planar(depths, slice, tap === 0 ? bias : null, plane, groups)
    sum = sum === null ? y : sum.add(y)
  }
  const [, filters, outHeight, outWidth] = (sum as Tensor).shape
  return (sum as Tensor).reshape([batch, depth.out, filters, outHeight, outWidth]).permute([0, 2, 1, 3, 4])
}

/** Zeros before and after along one axis; counts below 0 cut off. */
export function padAxis(x: Tensor, axis: number, before: number, after: number): Tensor {
  const kept = x.slice(
    x.shape.map((size, i) => (i === axis ? [Math.max(0, -before), size - Math.max(0, -after)] : null)),
  )
  return pad(
    kept,
    kept.shape.map((_, i) => (i === axis ? [Math.max(0, before), Math.max(0, after)] : [0, 0])),
  )
}

export const convOperators: Operators = { Conv: conv }
