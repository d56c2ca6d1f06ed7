import { ShapeError, ValueError } from '../errors.ts'
import { formatShape, normalizeAxes, requireList, type Shape, stridesOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { at, defineOp, elementsOf, type Op } from './define.ts'
import { mapShifted } from './map-rules.ts'
import { copyWalk, type Walk } from './move.ts'
import { requireTensor } from './operand.ts'

/** `[start, stop, step]` as in Python: negative indices count from the end, `null` and missing parts mean "all". */
export type Range = readonly [start?: number | null, stop?: number | null, step?: number] | null

/** A range as start, count and step. */
interface Cut {
  readonly start: number
  readonly count: number
  readonly step: number
}

/** Python's slice.indices(). */
function resolve(range: Range, size: number): Cut {
  const [start = null, stop = null, step = 1] = range ?? []
  for (const value of [start ?? 0, stop ?? 0, step]) {
    if (!Number.isInteger(value)) {
      throw new ValueError({
        operation: 'slice',
        problem: `needs whole numbers, got [${range?.join(', ')}].`,
      })
    }
  }
  if (step === 0) throw new ValueError({ operation: 'slice', problem: 'needs a step other than 0.' })
  const low = step > 0 ? 0 : -1
  const high = step > 0 ? size : size - 1
  const bound = (value: number | null, missing: number): number =>
    value === null ? missing : Math.min(high, Math.max(low, value < 0 ? value + size : value))
  const first = bound(start, step > 0 ? low : high)
  const end = bound(stop, step > 0 ? high : low)
  return { start: first, count: Math.max(0, Math.ceil((end - first) / step)), step }
}

interface Attributes {
  readonly cuts: readonly Cut[]
}

const whole = (count: number): Cut => ({ start: 0, count, step: 1 })

const walkOf = (shape: Shape, cuts: readonly Cut[]): Walk => {
  const own = stridesOf(shape)
  return {
    offset: cuts.reduce((sum, cut, i) => sum + (cut.count > 0 ? cut.start * own[i] : 0), 0),
    strides: cuts.map((cut, i) => cut.step * own[i]),
  }
}

const sliceOp: Op<Attributes> = defineOp('slice', {
  shape: (_, { cuts }) => cuts.map(cut => cut.count),
  dtype: ([x]) => x.dtype,
  forward: ([x], out, { cuts }, engine) =>
    copyWalk(engine, out, { offset: 0, strides: stridesOf(out.shape) }, x, walkOf(x.shape, cuts), out.shape),
  gradient: ([x], g, { cuts }) => [() => unslice([g], { cuts, shape: x.shape })],
  readsValues: false,
  map: mapShifted(({ cuts }, size) => ({ cuts: [whole(size), ...cuts] })),
})

/** The transpose of slice: writes g into zeros of `shape`. */
const unslice: Op<Attributes & { shape: Shape }> = defineOp('unslice', {
  shape: (_, { shape }) => shape,
  dtype: ([g]) => g.dtype,
  forward: ([g], out, { cuts }, engine) => {
    elementsOf(engine, out.dtype).fill(at(engine, out), out.size, 0)
    copyWalk(engine, out, walkOf(out.shape, cuts), g, { offset: 0, strides: stridesOf(g.shape) }, g.shape)
  },
  gradient: (_inputs, h, { cuts }) => [() => sliceOp([h], { cuts })],
  readsValues: false,
  map: mapShifted(({ cuts, shape }, size) => ({ cuts: [whole(size), ...cuts], shape: [size, ...shape] })),
})

/**
 * A part of a tensor: one range per leading axis; missing ranges take the whole axis. Bounds behave as in Python.
 *
 * @throws ShapeError for more ranges than axes
 * @example slice(x, [[0, 2], [null, null, -1]])   // first two rows, columns reversed
 */
export function slice(x: Tensor, ranges: readonly Range[]): Tensor {
  requireTensor('slice', x)
  requireList('slice', 'of ranges', ranges)
  for (const range of ranges)
    if (range !== null && range !== undefined) requireList('slice', 'as range', range)
  if (ranges.length > x.rank) {
    throw new ShapeError({
      operation: 'slice',
      problem: `got ${ranges.length} ranges for the ${x.rank} axes of ${formatShape(x.shape)}.`,
      hint: 'one range [start, stop] per axis, and null for a whole axis.',
      shapes: [x.shape],
    })
  }
  return sliceOp([x], { cuts: x.shape.map((size, i) => resolve(ranges[i] ?? null, size)) })
}

/**
 * Reverses axes (all of them by default).
 *
 * @example flip(tensor([[1, 2], [3, 4]]), { axis: 1 })   // [[2, 1], [4, 3]]
 */
export function flip(x: Tensor, options: { readonly axis?: number | readonly number[] } = {}): Tensor {
  requireTensor('flip', x)
  const { axis } = options ?? {}
  const axes = normalizeAxes('flip', axis, x.shape)
  return slice(
    x,
    x.shape.map((_, i): Range => (axes.includes(i) ? [null, null, -1] : null)),
  )
}
