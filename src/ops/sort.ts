import { readStorage } from '../engine/engine.ts'
import { ValueError } from '../errors.ts'
import { formatShape, normalizeAxis, sizeOf } from '../tensor/shape.ts'
import { isMappedTensor, throughExamples } from '../tensor/mapped.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { takeAlongAxis } from './gather.ts'
import { requireTensor } from './operand.ts'

/** Sorted values and where in the input each came from (int32). */
export interface Sorted {
  readonly values: Tensor
  readonly indices: Tensor
}

/** The first `count` positions along `axis` in sorted order. NaN counts as largest; equal values keep their order. */
function sortedPositions(x: Tensor, axis: number, count: number, descending: boolean): Tensor {
  if (isMappedTensor(x)) {
    return throughExamples(x, (all, isMapped) => {
      return sortedPositions(all, isMapped ? axis + 1 : axis, count, descending)
    })
  }
  const values = x.storage.cold ?? readStorage(x.storage)
  const size = x.shape[axis]
  const inner = sizeOf(x.shape.slice(axis + 1))
  const outer = size * inner === 0 ? 0 : x.size / (size * inner)
  const indices = new Int32Array(outer * count * inner)
  const rank = (a: number, b: number): number =>
    Number.isNaN(a) || Number.isNaN(b) ? Number(Number.isNaN(a)) - Number(Number.isNaN(b)) : a - b
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = (position: number): number => values[(o * size + position) * inner + i]
      const order = Array.from({ length: size }, (_, position) => position)
      order.sort((a, b) => (descending ? rank(at(b), at(a)) : rank(at(a), at(b))))
      for (let j = 0; j < count; j++) indices[(o * count + j) * inner + i] = order[j]
    }
  }
  return fromCold(
    indices,
    x.shape.map((s, i) => (i === axis ? count : s)),
    'int32',
  )
}

/**
 * Sorts along an axis (the last by default), stably; NaN is largest. Gradients flow to where the values came from.
 *
 * @example sort(tensor([3, 1, 2])).values   // [1, 2, 3]
 */
export function sort(
  x: Tensor,
  options: { readonly axis?: number; readonly descending?: boolean } = {},
): Sorted {
  requireTensor('sort', x)
  const axis = normalizeAxis('sort', options?.axis ?? -1, x.shape)
  const indices = sortedPositions(x, axis, x.shape[axis], options?.descending ?? false)
  return { values: takeAlongAxis(x, indices, { axis }), indices }
}

/**
 * Where in the input the sorted elements come from, along an axis (the last by default); int32.
 *
 * @example argsort(tensor([3, 1, 2]))   // [1, 2, 0]
 */
export const argsort = (
  x: Tensor,
  options: { readonly axis?: number; readonly descending?: boolean } = {},
): Tensor => sort(x, options).indices

/**
 * The `k` largest (or smallest) elements along an axis (the last by default), best first.
 *
 * @throws ValueError unless 0 ≤ k ≤ size
 * @example topk(tensor([3, 1, 2]), { k: 2 }).values   // [3, 2]
 */
export function topk(
  x: Tensor,
  options: { readonly k: number; readonly axis?: number; readonly largest?: boolean },
): Sorted {
  requireTensor('topk', x)
  const axis = normalizeAxis('topk', options?.axis ?? -1, x.shape)
  const { k, largest = true } = options ?? {}
  if (!Number.isInteger(k) || k < 0 || k > x.shape[axis]) {
    throw new ValueError({
      operation: 'topk',
      problem: `cannot take ${k} of the ${x.shape[axis]} elements along axis ${axis} of ${formatShape(x.shape)}.`,
    })
  }
  const indices = sortedPositions(x, axis, k, largest)
  return { values: takeAlongAxis(x, indices, { axis }), indices }
}
