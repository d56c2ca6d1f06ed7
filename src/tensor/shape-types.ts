import type { Shape } from './shape.ts'

/**
 * `S`, for reading (`x.shape`).
 *
 * The detour through `infer` keeps Tensor from being covariant: with a property of type S, `Tensor<[2, 3]>` would go
 * where `Tensor` is wanted, but not back, and `let h = zeros([2, 3])` could never be assigned an untyped result.
 */
export type Known<S extends Shape> = S extends infer T extends Shape ? T : never

/**
 * `Tensor<UnknownRank>` takes tensors whose number of axes is not known, and no others: a tuple of nevers fits into
 * every array type that is open-ended, and into no tuple of fixed length. Overloads that would infer a rank put it
 * first.
 */
export type UnknownRank = [never, never, never, never, never, never, never, never, ...never[]]

/** Shape argument of a function that makes a tensor: tuples keep their literals, and lose their `readonly`. */
export type Sizes<S extends number[]> = readonly [...S]
