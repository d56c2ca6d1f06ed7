import { convInput } from '../../../ops/conv.ts'
import type { Tensor } from '../../../tensor/tensor.ts'
import type { Call, Operators } from '../call.ts'
import { refuse } from '../refuse.ts'
import type { Value } from '../value.ts'
import { POINT, padAxis, withAxis } from './conv.ts'
import { type AxisWindow, perAxis, reachOf, spatialOf } from './windows.ts'

/**
 * Transposed convolution, x [N, C, …] with W [C, M/group, …]:
 * https://onnx.ai/onnx/operators/onnx__ConvTranspose.html
 */
function convTranspose(call: Call): Value {
  const [x, w] = [call.float(0), call.float(1)]
  const sizes = spatialOf(call, x.shape)
  const groups = call.attributes.int('group', 1)
  if (w.rank !== x.rank || w.shape[0] !== x.shape[1] || x.shape[1] % groups !== 0) {
    return refuse(call.node.label, `weights [${w.shape.join(', ')}] do not fit [${x.shape.join(', ')}]`)
  }
  const axes = axesOf(call, sizes, w.shape.slice(2))
  call.bounded([x.shape[0], w.shape[1] * groups, ...axes.map(({ size }) => size)])
  const y = transposed(call, x, w, axes, groups)
  const bias = call.optionalFloat(2)
  return call.like(bias === null ? y : y.add(bias.reshape([bias.size, ...sizes.map(() => 1)])))
}

function transposed(call: Call, x: Tensor, w: Tensor, axes: readonly AxisWindow[], groups: number): Tensor {
  if (axes.length === 2) return planar(x, w, axes, groups)
  if (axes.length === 3) return spatial(x, w, axes, groups)
  if (axes.length > 3) return refuse(call.node.label, `it convolves 1 to 3 dimensions, got ${axes.length}`)
  const y = planar(withAxis(x), withAxis(w), [POINT, ...axes], groups)
  return y.reshape([y.shape[0], y.shape[1], y.shape[3]])
}

/** The windows of the convolution whose transpose this is: over an output of `size`, `out` of them. */
function axesOf(call: Call, sizes: readonly number[], kernel: readonly number[]): AxisWindow[] {
  const { attributes } = call
  const count = sizes.length
  const strides = perAxis(call, 'strides', count, 1)
  const dilations = perAxis(call, 'dilations', count, 1)
  const extra = perAxis(call, 'output_padding', count, 0)
  const pads = perAxis(call, 'pads', 2 * count, 0)
  // Some exporters give batch and channels as well.
  const wanted = attributes.ints('output_shape')?.slice(-count) ?? null
  const auto = attributes.string('auto_pad', 'NOTSET')
  return sizes.map((out, i) => {
    const axis = { window: kernel[i], stride: strides[i], dilation: dilations[i], out }
    const full = (out - 1) * axis.stride + reachOf(axis) + extra[i]
    if (wanted === null && !auto.startsWith('SAME')) {
      const [before, after] = auto === 'VALID' ? [0, 0] : [pads[i], pads[count + i]]
      const size = full - before - after
      if (size < 1) return refuse(call.node.label, `its output would have the size ${size}`)
      return { ...axis, size, before, after: after - extra[i] }
    }
    const size = wanted?.[i] ?? out * axis.stride
    const total = full - size
    // An output larger than the windows reach has its zeros at the end.
    const split = Math.max(0, total) / 2
    const before = auto === 'SAME_UPPER' ? Math.floor(split) : Math.ceil(split)
    return { ...axis, size, before, after: total - before - extra[i] }
  })
}

/** x [N, C, h, w], w [C, M/group, kh, kw] → [N, M, H, W] */
function planar(x: Tensor, w: Tensor, [rows, columns]: readonly AxisWindow[], groups: number): Tensor {
  const [batch, channels, outHeight, outWidth] = x.shape
  const perGroup = w.shape[1]
  // Padding below 0 makes the output larger than the windows reach: it is computed without, then padded.
  const [top, left] = [Math.max(0, rows.before), Math.max(0, columns.before)]
  const y = convInput(x.permute([0, 2, 3, 1]), w.permute([2, 3, 1, 0]), {
    batch,
    height: rows.size - Math.max(0, -rows.before),
    width: columns.size - Math.max(0, -columns.before),
    channels: perGroup * groups,
    outHeight,
    outWidth,
    windowHeight: rows.window,
    windowWidth: columns.window,
    strideHeight: rows.stride,
    strideWidth: columns.stride,
    dilationHeight: rows.dilation,
    dilationWidth: columns.dilation,
    padTop: top,
    padLeft: left,
    filters: channels,
    groups,
  })
  const result = y.permute([0, 3, 1, 2])
  return padAxis(padAxis(result, 2, Math.max(0, -rows.before), 0), 3, Math.max(0, -columns.before), 0)
}

/** [N, C, d, h, w]: each slice of the kernel spreads its planes `stride` apart, `dilation` further than the last one. */
function spatial(x: Tensor, w: Tensor, [depth, ...plane]: readonly AxisWindow[], groups: number): Tensor {
  const [batch, channels, depths, height, width] = x.shape
  const planes = x.permute([0, 2, 1, 3, 4]).reshape([batch * depths, channels, height, width])
  const spread = (depths - 1) * depth.stride + 1
  let sum: Tensor | null = null
  for (let tap = 0; tap < depth.window; tap++) {
    const y = planar(planes, w.slice([null, null, [tap, tap + 1]]).squeeze({ axis: 2 }), plane, groups)
    const [, filters, outHeight, outWidth] = y.shape
    // [N, d, 1, …] → [N, d, stride, …] → [N, d·stride, …]
    const apart = padAxis(y.reshape([batch, depths, 1, filters, outHeight, outWidth]), 2, 0, depth.stride - 1)
    const rows = apart
      .reshape([batch, depths * depth.stride, filters, outHeight, outWidth])
      .slice([null, [0, spread]])
    const first = tap * depth.dilation - depth.before
    const placed = padAxis(rows, 1, first, depth.size - first - spread)
    sum = sum === null ? placed : sum.add(placed)
  }
  return (sum as Tensor).permute([0, 2, 1, 3, 4])
}

export const convTransposeOperators: Operators = { ConvTranspose: convTranspose }
