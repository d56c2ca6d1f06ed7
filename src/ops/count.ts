import { ShapeError } from '../errors.ts'
import { formatShape } from '../tensor/shape.ts'
import { ones } from '../tensor/creation.ts'
import { numbersIn } from '../tensor/mapped.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { checkedIndices, scatterRows } from './gather.ts'
import { requireTensor } from './operand.ts'
import { reshape } from './reshape.ts'

/** The different elements of a tensor. */
export interface Unique {
  /** Ascending, NaN last. A constant: no gradient flows through. */
  readonly values: Tensor<[number]>
  /** int32, of the shape of the input: which of the values each element is. */
  readonly inverse: Tensor
  /** int32: how often each value occurs. */
  readonly counts: Tensor<[number]>
}

/**
 * The different elements in ascending order, with where they occur and how often.
 *
 * @example unique(tensor([3, 1, 3])).values   // [1, 3]
 */
export function unique(x: Tensor): Unique {
  requireTensor('unique', x)
  const given = numbersIn('unique', x)
  // Typed arrays sort by number, and put NaN last.
  const sorted = given.slice().sort()
  const isSame = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b))
  const firsts = sorted.filter((value, i) => i === 0 || !isSame(value, sorted[i - 1]))
  const placeOf = new Map<number, number>()
  firsts.forEach((value, place) => {
    placeOf.set(value, place)
  })
  const inverse = Int32Array.from(given, value => placeOf.get(value) ?? 0)
  const counts = new Int32Array(firsts.length)
  for (const place of inverse) counts[place]++
  return {
    values: fromCold(firsts, [firsts.length], x.dtype),
    inverse: fromCold(inverse, x.shape, 'int32'),
    counts: fromCold(counts, [counts.length], 'int32'),
  }
}

export interface BincountOptions {
  /** How many bins; one more than the largest number by default. */
  readonly count?: number
  /** What each element counts for, 1 by default; gradients flow to the weights. */
  readonly weights?: Tensor
}

/**
 * How often each of the whole numbers 0 … count−1 occurs: int32, or float32 sums of the weights.
 *
 * @throws ValueError for negative numbers, fractions, or a number beyond the last bin
 * @example bincount(tensor([1, 3, 1], { dtype: 'int32' }))   // [0, 2, 0, 1]
 */
export function bincount(x: Tensor, options: BincountOptions = {}): Tensor {
  requireTensor('bincount', x)
  const { count = largest(x) + 1, weights } = options ?? {}
  const places = checkedIndices('bincount', x, count, { wrap: false, what: 'the number' })
  if (weights !== undefined && requireTensor('bincount', weights).size !== x.size) {
    throw new ShapeError({
      operation: 'bincount',
      problem: `needs one weight per number, got ${formatShape(weights.shape)} for ${formatShape(x.shape)}.`,
      hint: 'broadcastTo gives the weights the shape of the numbers.',
      shapes: [weights.shape, x.shape],
    })
  }
  const added = weights ?? ones([x.size], { dtype: 'int32' })
  return scatterRows(reshape(added, [x.size]), reshape(places, [x.size]), 0, count)
}

function largest(x: Tensor): number {
  let most = -1
  for (const value of numbersIn('bincount', x)) most = Math.max(most, value)
  return most
}
