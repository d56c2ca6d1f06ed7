import { mapCall } from '../autodiff/map-call.ts'
import { ShapeError, ValueError } from '../errors.ts'
import { formatShape, normalizeAxis, sameShape, sizeOf } from '../tensor/shape.ts'
import { isMappedTensor, numbersIn } from '../tensor/mapped.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { add, maximum, minimum, mul } from './arithmetic.ts'
import { placesOf } from './coordinates.ts'
import { checkedIndices, flatPositions, gather, scatterRows } from './gather.ts'
import { promote, requireTensor } from './operand.ts'
import { reshape } from './reshape.ts'
import { where } from './where.ts'

/** What becomes of an element that is written to: replaced (the last one wins), or combined with what is there. */
export type ScatterReduction = 'none' | 'add' | 'mul' | 'max' | 'min'

export interface ScatterOptions {
  /** How to combine. Default `none`: replace. */
  readonly reduction?: ScatterReduction
}

const COMBINE: Record<Exclude<ScatterReduction, 'none' | 'add'>, (a: Tensor, b: Tensor) => Tensor> = {
  mul,
  max: maximum,
  min: minimum,
}

const REDUCTIONS: readonly string[] = ['none', 'add', ...Object.keys(COMBINE)]

function reductionOf(operation: string, options: ScatterOptions): ScatterReduction {
  const { reduction = 'none' } = options ?? {}
  if (REDUCTIONS.includes(reduction)) return reduction
  throw new ValueError({
    operation,
    problem: `does not know the reduction "${String(reduction)}".`,
    hint: `use one of ${REDUCTIONS.join(', ')}.`,
    argument: 'reduction',
    received: reduction,
  })
}

/** One write at most per row: which row of the source goes where. */
interface Round {
  /** bool [rows, 1] */
  readonly isHit: Tensor
  /** int32 [rows] */
  readonly source: Tensor
}

function roundFrom(winners: Int32Array): Round {
  const isHit = Int32Array.from(winners, winner => (winner >= 0 ? 1 : 0))
  const source = winners.map(winner => Math.max(0, winner))
  return {
    isHit: fromCold(isHit, [winners.length, 1], 'bool'),
    source: fromCold(source, [winners.length], 'int32'),
  }
}

/** Writes to one row follow each other, one in each round; with `lastOnly` there is one round, of the last writes. */
function roundsOf(positions: Tensor, rows: number, lastOnly: boolean): Round[] {
  const places = numbersIn('scatter', positions)
  const rounds: Int32Array[] = []
  const met = new Int32Array(rows)
  for (let i = 0; i < places.length; i++) {
    const round = lastOnly ? 0 : met[places[i]]++
    if (round === rounds.length) rounds.push(new Int32Array(rows).fill(-1))
    rounds[round][places[i]] = i
  }
  return rounds.map(roundFrom)
}

/** x [rows, inner] with source [count, inner] written at `positions` [count], out of operations with gradients. */
function writeRows(x: Tensor, positions: Tensor, source: Tensor, reduction: ScatterReduction): Tensor {
  const [rows] = x.shape
  if (positions.size === 0) return x
  if (reduction === 'add') return add(x, scatterRows(source, positions, 0, rows))
  return roundsOf(positions, rows, reduction === 'none').reduce((result, { isHit, source: from }) => {
    const written = gather(source, from)
    return where(isHit, reduction === 'none' ? written : COMBINE[reduction](result, written), result)
  }, x)
}

function requireSource(operation: string, source: Tensor, wanted: readonly number[]): void {
  if (sameShape(source.shape, wanted)) return
  throw new ShapeError({
    operation,
    problem: `needs a source ${formatShape(wanted)}, got ${formatShape(source.shape)}.`,
    hint: 'one element (or block) per index; broadcastTo repeats it.',
    shapes: [source.shape, wanted],
  })
}

/**
 * x with elements written at the places that an index names along an axis: out[i][index[i][j]] = source[i][j] for
 * axis 1. With a reduction they are combined with what is there; `none` keeps the last write to a place.
 *
 * @throws ShapeError when the shapes do not fit; ValueError for an index out of range or an unknown reduction
 * @example scatter(zeros([3]), tensor([2, 0], { dtype: 'int32' }), tensor([5, 7]))   // [7, 0, 5]
 */
export function scatter(
  x: Tensor,
  index: Tensor,
  source: Tensor,
  options: ScatterOptions & { readonly axis?: number } = {},
): Tensor {
  requireTensor('scatter', x)
  requireTensor('scatter', index)
  requireTensor('scatter', source)
  const reduction = reductionOf('scatter', options)
  const axis = normalizeAxis('scatter', options?.axis ?? -1, x.shape)
  if (isMappedTensor(index)) {
    const run = ([a, b, c]: readonly Tensor[]): Tensor[] => [scatter(a, b, c, { axis, reduction })]
    return mapCall('scatter', run, [x, index, source])[0]
  }
  const positions = flatPositions('scatter', x.shape, index, axis)
  requireSource('scatter', source, index.shape)
  const [into, from] = promote('scatter', x, source)
  const flat = writeRows(reshape(into, [x.size, 1]), positions, reshape(from, [source.size, 1]), reduction)
  return reshape(flat, x.shape)
}

/**
 * x with elements (or blocks) written at rows of coordinates: out[c₀, …, cₖ₋₁] = updates[...] for each row c.
 *
 *   x [s₀, …, sᵣ], coordinates [..., k], updates [..., sₖ, …, sᵣ] → the shape of x
 *
 * @throws ShapeError when the shapes do not fit; ValueError for an index out of range or an unknown reduction
 * @example scatterNd(zeros([2, 2]), tensor([[0, 1]], { dtype: 'int32' }), tensor([5]))   // [[0, 5], [0, 0]]
 */
export function scatterNd(
  x: Tensor,
  coordinates: Tensor,
  updates: Tensor,
  options: ScatterOptions = {},
): Tensor {
  requireTensor('scatterNd', x)
  requireTensor('scatterNd', updates)
  const reduction = reductionOf('scatterNd', options)
  const { positions, lead, depth } = placesOf('scatterNd', coordinates, x.shape)
  const rest = x.shape.slice(depth)
  requireSource('scatterNd', updates, [...lead, ...rest])
  const [into, from] = promote('scatterNd', x, updates)
  const inner = sizeOf(rest)
  const rows = writeRows(
    reshape(into, [sizeOf(x.shape.slice(0, depth)), inner]),
    positions,
    reshape(from, [sizeOf(lead), inner]),
    reduction,
  )
  return reshape(rows, x.shape)
}

/**
 * x with slices of a source added at the places that an index names: out[index[i]] += source[i] for axis 0 (the
 * default). Repeated places add up.
 *
 * @throws ShapeError when the shapes do not fit; ValueError for an index out of range
 * @example indexAdd(zeros([3]), tensor([2, 0, 2], { dtype: 'int32' }), tensor([1, 2, 3]))   // [2, 0, 4]
 */
export function indexAdd(
  x: Tensor,
  index: Tensor,
  source: Tensor,
  options: { readonly axis?: number } = {},
): Tensor {
  requireTensor('indexAdd', x)
  requireTensor('indexAdd', source)
  const axis = normalizeAxis('indexAdd', options?.axis ?? 0, x.shape)
  const checked = checkedIndices('indexAdd', index, x.shape[axis], { wrap: true, what: 'the index' })
  const wanted = x.shape.map((size, i) => (i === axis ? checked.size : size))
  requireSource('indexAdd', source, wanted)
  const [into, from] = promote('indexAdd', x, source)
  return add(into, scatterRows(from, reshape(checked, [-1]), axis, x.shape[axis]))
}
