import type { Window } from '../../kernels/windows.ts'
import { gradMode } from '../autodiff/mode.ts'
import { lifetime, withVisibility } from '../engine/lifetime.ts'
import type { Storage } from '../engine/storage.ts'
import { ShapeError } from '../errors.ts'
import type { Shape } from '../tensor/shape.ts'
import { emptyTensor, fromCold, Tensor } from '../tensor/tensor.ts'
import { conv } from './conv.ts'
import { at, defineFused, defineOp } from './define.ts'
import { clone } from './detach.ts'
import { gather } from './gather.ts'
import { reshape } from './reshape.ts'
import {
  type AxisPadding,
  type AxisWindow,
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
  type Window2dOptions,
  windowOf,
} from './window.ts'

export interface Pool2dOptions extends Omit<Window2dOptions, 'dilationRate'> {
  /** Size of the window. Default 2. */
  readonly poolSize?: Pair
  /** Where x and the result have their channels. Default `channelsLast`. */
  readonly dataFormat?: DataFormat
}

export interface Pool1dOptions {
  /** Size of the window. Default 2. */
  readonly poolSize?: number
  /** Distance of neighbouring windows; the size of the window by default. */
  readonly strides?: number
  /** Default `valid`. */
  readonly padding?: Exclude<AxisPadding, 'causal'>
  readonly dataFormat?: DataFormat
}

export interface AverageOptions {
  /** Whether padding counts as zeros; otherwise the average is over what lies inside. Default false, as in Keras. */
  readonly countPadding?: boolean
}

/** The sum of g at positions of a tensor of another shape; its gradient picks them out again. */
const scatterPositionsOp = defineOp<{ shape: Shape }>('scatterPositions', {
  shape: (_, { shape }) => shape,
  forward: ([g, positions], out, _, engine) => {
    const from = at(engine, g)
    engine.kernels.scatterPositions(at(engine, out), from, at(engine, positions), out.size, g.size)
  },
  gradient: ([g, positions], h) => [() => reshape(gather(reshape(h, [h.size]), positions), g.shape), null],
})

const maxPoolOp = defineFused<Window>('maxPool', {
  forward: ([x], p, engine, training) => {
    const y = emptyTensor([p.batch, p.outHeight, p.outWidth, p.channels], 'float32')
    const saved: Storage[] = training
      ? withVisibility('internal', lifetime.created, () => [engine.create('int32', y.size)])
      : []
    const positions = training ? engine.pointer(saved[0]) : 0
    engine.kernels.maxPool({ ...p, x: at(engine, x), y: at(engine, y), positions })
    return { outputs: [y], saved }
  },
  gradient: ({ inputs: [x], saved }, _, [g]) => {
    if (g === null) return [null]
    return [
      () => {
        const own = new Tensor(saved[0], [g.size])
        // A gradient that is differentiated again may outlive what this graph saved.
        const positions = gradMode.enabled ? clone(own) : own
        return scatterPositionsOp([g, positions], { shape: x.shape })
      },
    ]
  },
})

/** Refuses padding that would leave a window without a pixel. */
function checkPadding(operation: string, axes: readonly AxisWindow[]): void {
  for (const { window, padding } of axes) {
    const most = typeof padding === 'string' ? 0 : Math.max(...[padding].flat())
    if (most < window) continue
    throw new ShapeError({
      operation,
      problem: `needs padding smaller than the window, got ${most} for a window of ${window}.`,
      hint: 'enlarge the window, or pad() the input.',
    })
  }
}

type Pooling = (operation: string, x: Tensor, axes: readonly AxisWindow[]) => Tensor

const largest: Pooling = (operation, x, axes) => maxPoolOp([x], windowOf(operation, x, axes))[0]

/** Means over windows: a convolution with ones for each channel, divided by how many pixels a window holds. */
const average =
  (countPadding: boolean): Pooling =>
  (operation, x, axes) => {
    const p = windowOf(operation, x, axes)
    const { windowHeight, windowWidth, channels } = p
    const area = windowHeight * windowWidth
    const ones = fromCold(
      new Float32Array(area * channels).fill(1),
      [windowHeight, windowWidth, 1, channels],
      'float32',
    )
    const sums = conv(x, ones, null, { ...p, filters: channels, groups: channels })
    return sums.mul(countPadding ? 1 / area : inverseCounts(p))
  }

/** 1/(number of pixels inside) of every window, [outHeight, outWidth, 1], or one number if all are the same. */
function inverseCounts(p: Window): Tensor | number {
  const inside = (out: number, window: number, stride: number, before: number, size: number): number[] =>
    Array.from({ length: out }, (_, i) => {
      const first = i * stride - before
      return Math.min(first + window, size) - Math.max(first, 0)
    })
  const rows = inside(p.outHeight, p.windowHeight, p.strideHeight, p.padTop, p.height)
  const columns = inside(p.outWidth, p.windowWidth, p.strideWidth, p.padLeft, p.width)
  const counts = rows.flatMap(row => columns.map(column => row * column))
  if (counts.every(count => count === counts[0])) return 1 / counts[0]
  return fromCold(
    Float64Array.from(counts, count => 1 / count),
    [p.outHeight, p.outWidth, 1],
    'float32',
  )
}

function pool2d(operation: string, x: Tensor, options: Pool2dOptions, pooling: Pooling): Tensor {
  const input = channelsLast(operation, x, 4, options?.dataFormat)
  const window = pairOf(operation, 'poolSize', options?.poolSize ?? 2)
  const axes = axesOf(operation, window, { strides: options?.strides ?? window, padding: options?.padding })
  checkPadding(operation, axes)
  return backToFormat(pooling(operation, input, axes), options?.dataFormat)
}

function pool1d(operation: string, x: Tensor, options: Pool1dOptions, pooling: Pooling): Tensor {
  const input = channelsLast(operation, x, 3, options?.dataFormat)
  const [window] = pairOf(operation, 'poolSize', options?.poolSize ?? 2)
  const [stride] = pairOf(operation, 'strides', options?.strides ?? window)
  const padding = axisPadding(operation, options?.padding ?? 'valid', PADDINGS_1D.slice(0, 2))
  const axes = [POINT, { window, stride, dilation: 1, padding }]
  checkPadding(operation, axes)
  return backToFormat(asSequence(pooling(operation, asImage(input), axes)), options?.dataFormat)
}

/**
 * The largest number of each window; padding never wins. Of equal ones the first gets the gradient.
 *
 *   [batch, height, width, channels] → [batch, outHeight, outWidth, channels]
 *
 * @throws ShapeError when the sizes do not fit
 * @example maxPool2d(x)   // [8, 28, 28, 3] → [8, 14, 14, 3]
 */
export const maxPool2d = (x: Tensor, options: Pool2dOptions = {}): Tensor =>
  pool2d('maxPool2d', x, options, largest)

/** The largest number of each window of a sequence: [batch, length, channels] → [batch, outLength, channels]. */
export const maxPool1d = (x: Tensor, options: Pool1dOptions = {}): Tensor =>
  pool1d('maxPool1d', x, options, largest)

/**
 * The mean of each window.
 *
 *   [batch, height, width, channels] → [batch, outHeight, outWidth, channels]
 *
 * @throws ShapeError when the sizes do not fit
 */
export const averagePool2d = (x: Tensor, options: Pool2dOptions & AverageOptions = {}): Tensor =>
  pool2d('averagePool2d', x, options, average(options?.countPadding ?? false))

/** The mean of each window of a sequence: [batch, length, channels] → [batch, outLength, channels]. */
export const averagePool1d = (x: Tensor, options: Pool1dOptions & AverageOptions = {}): Tensor =>
  pool1d('averagePool1d', x, options, average(options?.countPadding ?? false))
