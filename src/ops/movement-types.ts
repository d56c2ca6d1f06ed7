import type { Sizes, UnknownRank } from '../tensor/shape-types.ts'
import type { Tensor } from '../tensor/tensor.ts'

interface Axes {
  readonly axes?: readonly [number, number]
}

/** Swaps the last two axes, or two of a matrix (which has no others). */
export interface Transpose {
  (x: Tensor<UnknownRank>, options?: Axes): Tensor
  <L extends number[], A extends number, B extends number>(
    x: Tensor<readonly [...L, A, B]>,
  ): Tensor<[...L, B, A]>
  (x: Tensor, options: Axes): Tensor
}

/** `Transpose` as a method. */
export interface TransposeMethod {
  (this: Tensor<UnknownRank>, options?: Axes): Tensor
  <L extends number[], A extends number, B extends number>(
    this: Tensor<readonly [...L, A, B]>,
  ): Tensor<[...L, B, A]>
  (this: Tensor, options: Axes): Tensor
}

/** The size given as −1 would need a division, so it becomes number. */
export interface Reshape {
  <const R extends number[]>(x: Tensor, shape: readonly [-1, ...R]): Tensor<[number, ...R]>
  <const L extends number[]>(x: Tensor, shape: readonly [...L, -1]): Tensor<[...L, number]>
  <const A extends number, const R extends number[]>(
    x: Tensor,
    shape: readonly [A, -1, ...R],
  ): Tensor<[A, number, ...R]>
  <const S extends number[]>(x: Tensor, shape: Sizes<S>): Tensor<S>
}

/** `Reshape` as a method. */
export interface ReshapeMethod {
  <const R extends number[]>(shape: readonly [-1, ...R]): Tensor<[number, ...R]>
  <const L extends number[]>(shape: readonly [...L, -1]): Tensor<[...L, number]>
  <const A extends number, const R extends number[]>(shape: readonly [A, -1, ...R]): Tensor<[A, number, ...R]>
  <const S extends number[]>(shape: Sizes<S>): Tensor<S>
}

/** Rows of x: the index's axes take the place of the first axis. */
export interface Gather {
  (x: Tensor<UnknownRank>, index: Tensor, options?: { readonly axis?: number }): Tensor
  (x: Tensor, index: Tensor<UnknownRank>, options?: { readonly axis?: number }): Tensor
  <N extends number, R extends number[], I extends number[]>(
    x: Tensor<readonly [N, ...R]>,
    index: Tensor<readonly [...I]>,
    options?: { readonly axis?: 0 },
  ): Tensor<[...I, ...R]>
  (x: Tensor, index: Tensor, options?: { readonly axis?: number }): Tensor
}

/** `Gather` as a method. */
export interface GatherMethod {
  (this: Tensor<UnknownRank>, index: Tensor, options?: { readonly axis?: number }): Tensor
  (this: Tensor, index: Tensor<UnknownRank>, options?: { readonly axis?: number }): Tensor
  <N extends number, R extends number[], I extends number[]>(
    this: Tensor<readonly [N, ...R]>,
    index: Tensor<readonly [...I]>,
    options?: { readonly axis?: 0 },
  ): Tensor<[...I, ...R]>
  (this: Tensor, index: Tensor, options?: { readonly axis?: number }): Tensor
}
