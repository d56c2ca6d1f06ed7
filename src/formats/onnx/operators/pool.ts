import { scatterAdd } from '../../../ops/gather.ts'
import { maxPool2d } from '../../../ops/pool.ts'
import { full, zeros } from '../../../tensor/creation.ts'
import { concat } from '../../../ops/concat.ts'
import { type Shape, sizeOf, stridesOf } from '../../../tensor/shape.ts'
import { fromCold, type Tensor } from '../../../tensor/tensor.ts'
import { type Call, int64, type Operators } from '../call.ts'
import { refuse } from '../refuse.ts'
import type { Value } from '../value.ts'
import { withAxis } from './conv.ts'
import { type AxisWindow, kernelOf, perAxis, reachOf, spatialOf, windowsOver } from './windows.ts'

// Pooling of [batch, channels, …]. A maximum or a sum over a box is one over each axis after the other, so that any
// number of dimensions, dilations and ceil_mode are the same few lines.

function axesOf(call: Call, x: Tensor): AxisWindow[] {
  const sizes = spatialOf(call, x.shape)
  const axes = windowsOver(call, sizes, kernelOf(call, sizes.length))
  call.bounded([x.shape[0], x.shape[1], ...axes.map(({ out }) => out)])
  return axes
}

/** Combines the taps of the windows along one axis. */
function alongAxis(
  x: Tensor,
  axis: number,
  window: AxisWindow,
  filling: number,
  combine: (a: Tensor, b: Tensor) => Tensor,
): Tensor {
  const reach = (window.out - 1) * window.stride + reachOf(window)
  const ends = [window.before, Math.max(0, reach - window.before - window.size)]
  const edge = (count: number): Tensor =>
    full(
      x.shape.map((size, i) => (i === axis ? count : size)),
      filling,
    )
  const parts = [...(ends[0] > 0 ? [edge(ends[0])] : []), x, ...(ends[1] > 0 ? [edge(ends[1])] : [])]
  const padded = parts.length === 1 ? x : concat(parts, { axis })
  let result: Tensor | null = null
  for (let tap = 0; tap < window.window; tap++) {
    const first = tap * window.dilation
    const part = padded.slice(
      x.shape.map((_, i) =>
        i === axis ? [first, first + (window.out - 1) * window.stride + 1, window.stride] : null,
      ),
    )
    result = result === null ? part : combine(result, part)
  }
  return result as Tensor
}

const overAxes = (
  x: Tensor,
  axes: readonly AxisWindow[],
  filling: number,
  combine: (a: Tensor, b: Tensor) => Tensor,
): Tensor => axes.reduce((t, window, i) => alongAxis(t, i + 2, window, filling, combine), x)

const sums = (x: Tensor, axes: readonly AxisWindow[]): Tensor => overAxes(x, axes, 0, (a, b) => a.add(b))

/** https://onnx.ai/onnx/operators/onnx__MaxPool.html */
function maxPool(call: Call): readonly (Value | null)[] {
  const x = call.float(0)
  const axes = axesOf(call, x)
  return [call.like(largest(x, axes)), call.wants(1) ? positions(call, x, axes) : null]
}

function largest(x: Tensor, axes: readonly AxisWindow[]): Tensor {
  const isPlain = axes.every(
    ({ dilation, before, after, window, out, stride, size }) =>
      dilation === 1 && Math.max(before, after, (out - 1) * stride + window - before - size) < window,
  )
  if (!isPlain || axes.length > 2) return overAxes(x, axes, Number.NEGATIVE_INFINITY, (a, b) => a.maximum(b))
  const image = axes.length === 1 ? withAxis(x) : x
  const [columns, rows] = [...axes].reverse()
  const padding = (axis: AxisWindow | undefined): [number, number] =>
    axis === undefined
      ? [0, 0]
      : [axis.before, Math.max(0, (axis.out - 1) * axis.stride + axis.window - axis.before - axis.size)]
  const y = maxPool2d(image, {
    poolSize: [rows?.window ?? 1, columns.window],
    strides: [rows?.stride ?? 1, columns.stride],
    padding: [padding(rows), padding(columns)],
    dataFormat: 'channelsFirst',
  })
  return axes.length === 1 ? y.squeeze({ axis: 2 }) : y
}

/** The flat position in x of each window's largest element; `storage_order` 1 counts down columns. */
function positions(call: Call, x: Tensor, axes: readonly AxisWindow[]): Value {
  const values = x.values()
  const shape = [x.shape[0], x.shape[1], ...axes.map(({ out }) => out)]
  const plane = x.shape.slice(2)
  const planeSize = sizeOf(plane)
  const outStrides = stridesOf(shape)
  const inStrides = stridesOf(plane)
  const byColumn = call.attributes.flag('storage_order')
  const strides = byColumn ? stridesOf([...plane].reverse()).reverse() : inStrides
  const taps = sizeOf(axes.map(({ window }) => window))
  const tapStrides = stridesOf(axes.map(({ window }) => window))
  const result = new Float64Array(sizeOf(shape))
  for (let o = 0; o < result.length; o++) {
    const start = Math.floor(o / (outStrides[1] ?? 1)) * planeSize
    let best = -1
    let place = 0
    for (let tap = 0; tap < taps; tap++) {
      let from = start
      let named = start
      const inside = axes.every((axis, i) => {
        const step = Math.floor(tap / tapStrides[i]) % axis.window
        const at =
          (Math.floor(o / outStrides[i + 2]) % axis.out) * axis.stride - axis.before + step * axis.dilation
        from += at * inStrides[i]
        named += at * strides[i]
        return at >= 0 && at < axis.size
      })
      if (inside && (best < 0 || values[from] > values[best])) {
        best = from
        place = named
      }
    }
    result[o] = place
  }
  return int64(result, shape)
}

/** How many elements each window along an axis holds. */
function counts(axis: AxisWindow, withPadding: boolean): number[] {
  return Array.from({ length: axis.out }, (_, i) => {
    const first = i * axis.stride - axis.before
    const [low, high] = withPadding ? [-axis.before, axis.size + axis.after] : [0, axis.size]
    return Array.from({ length: axis.window }, (_, tap) => first + tap * axis.dilation).filter(
      at => at >= low && at < high,
    ).length
  })
}

/** https://onnx.ai/onnx/operators/onnx__AveragePool.html: padding counts only with count_include_pad. */
function averagePool(call: Call): Value {
  const x = call.float(0)
  const axes = axesOf(call, x)
  const withPadding = call.attributes.flag('count_include_pad')
  const perAxis = axes.map(axis => counts(axis, withPadding))
  const shape: Shape = axes.map(({ out }) => out)
  const strides = stridesOf(shape)
  const inverse = Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
    const count = perAxis.reduce(
      (product, list, a) => product * list[Math.floor(i / strides[a]) % list.length],
      1,
    )
    return 1 / count
  })
  return call.like(sums(x, axes).mul(fromCold(inverse, shape, 'float32')))
}

/** (Σ|x|ᵖ)^(1/p): https://onnx.ai/onnx/operators/onnx__LpPool.html */
function lpPool(call: Call): Value {
  const x = call.float(0)
  const p = call.attributes.int('p', 2)
  return call.like(sums(x.abs().pow(p), axesOf(call, x)).pow(1 / p))
}

const spatialAxes = (x: Tensor): number[] => x.shape.slice(2).map((_, i) => i + 2)

function globalLpPool(call: Call): Value {
  const x = call.float(0)
  const p = call.attributes.int('p', 2)
  return call.like(
    x
      .abs()
      .pow(p)
      .sum({ axis: spatialAxes(x), keepDims: true })
      .pow(1 / p),
  )
}

/**
 * https://onnx.ai/onnx/operators/onnx__MaxUnpool.html: each number goes back to where MaxPool found it, counted in the
 * smallest image that the windows fit; a larger output keeps rows and columns.
 */
function maxUnpool(call: Call): Value {
  const [x, places] = [call.float(0), call.input(1)]
  const sizes = spatialOf(call, x.shape)
  const kernel = kernelOf(call, sizes.length)
  const strides = perAxis(call, 'strides', sizes.length, 1)
  const pads = perAxis(call, 'pads', 2 * sizes.length, 0)
  const natural = sizes.map(
    (size, i) => (size - 1) * strides[i] + kernel[i] - pads[i] - pads[sizes.length + i],
  )
  const shape = call.bounded(call.optionalWholes(2) ?? [...x.shape.slice(0, 2), ...natural])
  const inner = [x.shape[0], x.shape[1], ...natural]
  const [from, to] = [stridesOf(inner), stridesOf(shape)]
  const total = sizeOf(shape)
  const index = Int32Array.from(places.numbers(), place => {
    const target = inner.reduce(
      (sum, size, axis) => sum + (Math.floor(place / from[axis]) % size) * to[axis],
      0,
    )
    return target >= 0 && target < total ? target : refuse(call.node.label, `there is no place ${place}`)
  })
  const flat = scatterAdd(zeros([total]), fromCold(index, [index.length], 'int32'), x.reshape([x.size]))
  return call.like(flat.reshape([...shape]))
}

export const poolOperators: Operators = {
  AveragePool: averagePool,
  GlobalAveragePool: call => {
    const x = call.float(0)
    return call.like(x.mean({ axis: spatialAxes(x), keepDims: true }))
  },
  GlobalLpPool: globalLpPool,
  GlobalMaxPool: call => {
    const x = call.float(0)
    return call.like(x.max({ axis: spatialAxes(x), keepDims: true }))
  },
  LpPool: lpPool,
  MaxPool: maxPool,
  MaxUnpool: maxUnpool,
}
