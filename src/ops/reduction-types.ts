import type { UnknownRank } from '../tensor/shape-types.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { ReduceOptions } from './reduced-axes.ts'

/** The axes that inference can take out of a shape: the first, the second and the last. */
type Along<Axis extends number | undefined> = { readonly axis: Axis; readonly keepDims?: false }
type Everything = { readonly axis?: undefined; readonly keepDims?: false }

/** Over all axes: a scalar. Over the first, the second or the last: the others are left. Otherwise `Tensor`. */
export interface Reduction<Options = ReduceOptions> {
  (x: Tensor, options?: Options & Everything): Tensor<[]>
  (x: Tensor<UnknownRank>, options: Options): Tensor
  <A extends number, R extends number[]>(
    x: Tensor<readonly [A, ...R]>,
    options: Options & Along<0>,
  ): Tensor<R>
  <A extends number, B extends number, R extends number[]>(
    x: Tensor<readonly [A, B, ...R]>,
    options: Options & Along<1>,
  ): Tensor<[A, ...R]>
  <L extends number[], Z extends number>(
    x: Tensor<readonly [...L, Z]>,
    options: Options & Along<-1>,
  ): Tensor<L>
  (x: Tensor, options?: Options): Tensor
}

/** `Reduction` as a method. It names no shape of its own, so that it is one type for all tensors. */
export interface ReductionMethod<Options = ReduceOptions> {
  (this: Tensor, options?: Options & Everything): Tensor<[]>
  (this: Tensor<UnknownRank>, options: Options): Tensor
  <A extends number, R extends number[]>(
    this: Tensor<readonly [A, ...R]>,
    options: Options & Along<0>,
  ): Tensor<R>
  <A extends number, B extends number, R extends number[]>(
    this: Tensor<readonly [A, B, ...R]>,
    options: Options & Along<1>,
  ): Tensor<[A, ...R]>
  <L extends number[], Z extends number>(
    this: Tensor<readonly [...L, Z]>,
    options: Options & Along<-1>,
  ): Tensor<L>
  (this: Tensor, options?: Options): Tensor
}
