import { ShapeError } from '../errors.ts'
import { formatShape, sizeOf } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { combined, placesOf } from './coordinates.ts'
import { checkedIndices, gather } from './gather.ts'
import { nonzero } from './mask.ts'
import { requireTensor } from './operand.ts'
import { permute } from './permute.ts'
import { reshape } from './reshape.ts'
import { slice } from './slice.ts'

/**
 * Elements of the flattened tensor, in the shape of the index; negative positions count from the end.
 * Along an axis use `gather`, and `takeAlongAxis` for one element per index.
 *
 * @throws ValueError naming the first position out of range
 * @example take(tensor([[1, 2], [3, 4]]), tensor([3, -4], { dtype: 'int32' }))   // [4, 1]
 */
export function take(x: Tensor, index: Tensor): Tensor {
  requireTensor('take', x)
  return gather(
    reshape(x, [x.size]),
    checkedIndices('take', index, x.size, { wrap: true, what: 'the position' }),
  )
}

/**
 * Elements (or blocks) by rows of coordinates: out[...] = x[c₀, …, cₖ₋₁] for each row c of the coordinates.
 *
 *   x [s₀, …, sᵣ], coordinates [..., k] → [..., sₖ, …, sᵣ]
 *
 * @throws ShapeError when k is more than the rank; ValueError naming the first index out of range
 * @example gatherNd(tensor([[1, 2], [3, 4]]), tensor([[0, 1], [1, -1]], { dtype: 'int32' }))   // [2, 4]
 */
export function gatherNd(x: Tensor, coordinates: Tensor): Tensor {
  requireTensor('gatherNd', x)
  const { positions, lead, depth } = placesOf('gatherNd', coordinates, x.shape)
  const rest = x.shape.slice(depth)
  const blocks = reshape(x, [sizeOf(x.shape.slice(0, depth)), ...rest])
  return reshape(gather(blocks, positions), [...lead, ...rest])
}

/** What picks along an axis: whole numbers, a mask over as many axes as it has, one number, or null for all. */
export type Index = Tensor | number | null

/** Index tensors per axis (null: the whole axis); a mask becomes one index tensor for each of its axes. */
function perAxis(x: Tensor, indices: readonly Index[]): (Tensor | null)[] {
  const result: (Tensor | null)[] = []
  for (const index of indices) {
    if (index === null) result.push(null)
    else if (typeof index === 'number') result.push(fromCold(Int32Array.of(index), [], 'int32'))
    else if (requireTensor('index', index).dtype === 'bool')
      result.push(...maskColumns(x, index, result.length))
    else result.push(index)
  }
  if (result.length > x.rank) {
    throw new ShapeError({
      operation: 'index',
      problem: `got indices for ${result.length} axes of ${formatShape(x.shape)}.`,
      hint: 'one index per axis; a mask counts for as many axes as it has.',
      shapes: [x.shape],
    })
  }
  return result
}

function maskColumns(x: Tensor, mask: Tensor, first: number): Tensor[] {
  const covered = x.shape.slice(first, first + mask.rank)
  if (formatShape(covered) !== formatShape(mask.shape)) {
    throw new ShapeError({
      operation: 'index',
      problem: `needs a mask of the shape ${formatShape(covered)} at axis ${first}, got ${formatShape(mask.shape)}.`,
      hint: 'masks do not broadcast here; maskedSelect broadcasts.',
      shapes: [mask.shape, x.shape],
    })
  }
  const rows = nonzero(mask)
  return mask.shape.map((_, axis) => slice(rows, [null, [axis, axis + 1]]).reshape([-1]))
}

/**
 * NumPy's integer indexing, x[i, j, …]: the index tensors broadcast, and their shape takes the place of the axes that
 * they pick from (the front, where a whole axis stands between them). `null` keeps an axis, a bool tensor is a mask.
 * Gradients of elements picked more than once add up.
 *
 * @throws ShapeError for too many indices; ValueError naming the first index out of range
 * @example index(tensor([[1, 2], [3, 4]]), [tensor([0, 1, 1], { dtype: 'int32' }), 0])   // [1, 3, 3]
 */
export function index(x: Tensor, indices: readonly Index[]): Tensor {
  requireTensor('index', x)
  if (!Array.isArray(indices)) {
    throw new ShapeError({
      operation: 'index',
      problem: `takes an array with one index per axis, got ${typeof indices}.`,
      hint: 'index(x, [rows, columns]), with null for a whole axis.',
    })
  }
  const list = perAxis(x, indices)
  const axes = list.flatMap((entry, axis) => (entry === null ? [] : [axis]))
  if (axes.length === 0) return x
  const kept = x.shape.map((_, axis) => axis).filter(axis => !axes.includes(axis))
  const { positions, shape } = combined(
    'index',
    list.filter(entry => entry !== null),
    axes.map(axis => x.shape[axis]),
  )
  const rest = kept.map(axis => x.shape[axis])
  const front = permute(x, [...axes, ...kept])
  const blocks = reshape(front, [sizeOf(axes.map(axis => x.shape[axis])), ...rest])
  const picked = reshape(gather(blocks, positions), [...shape, ...rest])
  const areNeighbours = axes.every((axis, i) => axis === axes[0] + i)
  if (!areNeighbours || axes[0] === 0) return picked
  // The axes before the indexed ones come first again.
  const own = shape.map((_, i) => i)
  const others = rest.map((_, i) => shape.length + i)
  return permute(picked, [...others.slice(0, axes[0]), ...own, ...others.slice(axes[0])])
}
