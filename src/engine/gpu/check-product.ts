/** A difference up to this part of the largest value is rounding. */
const TOLERANCE = 1e-5

const largest = (values: ArrayLike<number>): number => {
  let most = 0
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]))
  return most
}

export type Verdict = 'right' | 'wrong' | 'undecided'

/**
 * Compares a device's product with ours. Where ours holds infinities or NaN, which devices treat each in its way,
 * nothing can be said.
 *
 * @param bound Σ |a|·|b| at most, for one element: a sum that cancels out keeps its terms' rounding errors.
 */
export function compareProducts(got: Float32Array, want: Float32Array, bound: number): Verdict {
  const scale = largest(want)
  if (!Number.isFinite(scale)) return 'undecided'
  const allowed = Math.max(TOLERANCE * scale, bound * 2 ** -22)
  for (let i = 0; i < want.length; i++) {
    if (!(Math.abs(got[i] - want[i]) <= allowed)) return 'wrong'
  }
  return 'right'
}

/** What Σ |a|·|b| over k terms may reach, by Cauchy and Schwarz on typical rows: √k·max|a|·max|b|. */
export const sumBound = (a: Float32Array, b: Float32Array, k: number): number =>
  Math.sqrt(k) * largest(a) * largest(b)
