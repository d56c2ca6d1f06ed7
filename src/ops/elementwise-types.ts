import type { Shape } from '../tensor/shape.ts'
import type { UnknownRank } from '../tensor/shape-types.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Operand } from './operand.ts'

/**
 * Two operands, elementwise with broadcasting. Equal shapes, scalars and a bias [n] on [..., n] are followed by
 * inference; every other pair is `Tensor`, because broadcasting would have to be computed.
 */
export interface Elementwise {
  <S extends Shape>(a: Tensor<S>, b: number): Tensor<S>
  <S extends Shape>(a: number, b: Tensor<S>): Tensor<S>
  (a: Operand, b: Tensor<UnknownRank>): Tensor
  <S extends Shape>(a: Tensor<S>, b: Tensor<NoInfer<S>>): Tensor<S>
  <S extends Shape>(a: Tensor<S>, b: Tensor<[]>): Tensor<S>
  <L extends number[], N extends number>(
    a: Tensor<readonly [...L, N]>,
    b: Tensor<readonly [NoInfer<N>]>,
  ): Tensor<[...L, N]>
  (a: Operand, b: Operand): Tensor
}

/** `Elementwise` as a method. It names no shape of its own, so that it is one type for all tensors. */
export interface ElementwiseMethod {
  <S extends Shape>(this: Tensor<S>, other: number): Tensor<S>
  (this: Tensor, other: Tensor<UnknownRank>): Tensor
  <S extends Shape>(this: Tensor<S>, other: Tensor<NoInfer<S>>): Tensor<S>
  <S extends Shape>(this: Tensor<S>, other: Tensor<[]>): Tensor<S>
  <L extends number[], N extends number>(
    this: Tensor<readonly [...L, N]>,
    other: Tensor<readonly [NoInfer<N>]>,
  ): Tensor<[...L, N]>
  (this: Tensor, other: Operand): Tensor
}

/** One operand and options; the shape stays. A number counts as a scalar. */
export interface Unary<Options extends unknown[] = []> {
  <S extends Shape>(x: Tensor<S>, ...options: Options): Tensor<S>
  (x: Operand, ...options: Options): Tensor
}
