import type { MapInput } from '../tensor/mapped.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** An operation run on all examples of a `vmap` at once: inputs and result have the examples as their first axis. */
export type MapRule<A> = (
  inputs: readonly MapInput[],
  attributes: A,
  run: (inputs: readonly Tensor[], attributes: A) => Tensor,
  size: number,
) => Tensor

/** The tensor with the examples as its first axis, repeated if it is the same for all. */
const withExamples = ({ x, isMapped }: MapInput, size: number): Tensor =>
  isMapped ? x : x.broadcastTo([size, ...x.shape])

/** For operations that do the same whatever axes come first. */
export function mapLeading<A>(
  ...[inputs, attributes, run, size]: Parameters<MapRule<A>>
): ReturnType<MapRule<A>> {
  return run(
    inputs.map(input => withExamples(input, size)),
    attributes,
  )
}

/** For operations with axes among their attributes: those move on by one. */
export const mapShifted =
  <A>(shift: (attributes: A, size: number) => A): MapRule<A> =>
  (inputs, attributes, run, size) =>
    run(
      inputs.map(input => withExamples(input, size)),
      shift(attributes, size),
    )

/** A tensor with axes of size 1 behind that of the examples, so that it has `rank` axes per example. */
export function padRank({ x, isMapped }: MapInput, rank: number): Tensor {
  const missing = rank - (x.rank - 1)
  if (!isMapped || missing <= 0) return x
  return x.reshape([x.shape[0], ...new Array<number>(missing).fill(1), ...x.shape.slice(1)])
}

/** Axes of one example. */
export const rankOf = ({ x, isMapped }: MapInput): number => x.rank - (isMapped ? 1 : 0)

/** For operations that broadcast: aligned at the last axis, so that of the examples must come before all others. */
export function mapBroadcast<A>(
  ...[inputs, attributes, run]: Parameters<MapRule<A>>
): ReturnType<MapRule<A>> {
  const rank = Math.max(...inputs.map(rankOf))
  return run(
    inputs.map(input => padRank(input, rank)),
    attributes,
  )
}
