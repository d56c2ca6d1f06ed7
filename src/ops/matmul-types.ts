import type { UnknownRank } from '../tensor/shape-types.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { MatmulOptions } from './matmul.ts'

/** At least three axes. */
type Batch = [number, number, number, ...number[]]

/**
 * The matrix product's shapes. Matrices come last: when nothing fits, the compiler explains the last overload, and
 * two matrices whose inner sizes differ fit none of the others.
 */
export interface Matmul {
  (a: Tensor<UnknownRank>, b: Tensor, options?: MatmulOptions): Tensor
  (a: Tensor, b: Tensor<UnknownRank>, options?: MatmulOptions): Tensor
  (a: Tensor, b: Tensor, options: MatmulOptions): Tensor
  <K extends number>(a: Tensor<readonly [K]>, b: Tensor<readonly [NoInfer<K>]>): Tensor<[]>
  <K extends number, N extends number>(
    a: Tensor<readonly [K]>,
    b: Tensor<readonly [NoInfer<K>, N]>,
  ): Tensor<[N]>
  <M extends number, K extends number>(
    a: Tensor<readonly [M, K]>,
    b: Tensor<readonly [NoInfer<K>]>,
  ): Tensor<[M]>
  <B extends number, M extends number, K extends number, N extends number>(
    a: Tensor<readonly [B, M, K]>,
    b: Tensor<readonly [NoInfer<K>, N]>,
  ): Tensor<[B, M, N]>
  (a: Tensor<Batch>, b: Tensor): Tensor
  (a: Tensor, b: Tensor<Batch>): Tensor
  <M extends number, K extends number, N extends number>(
    a: Tensor<readonly [M, K]>,
    b: Tensor<readonly [NoInfer<K>, N]>,
  ): Tensor<[M, N]>
}

/** `Matmul` as a method. */
export interface MatmulMethod {
  (this: Tensor<UnknownRank>, other: Tensor, options?: MatmulOptions): Tensor
  (this: Tensor, other: Tensor<UnknownRank>, options?: MatmulOptions): Tensor
  (this: Tensor, other: Tensor, options: MatmulOptions): Tensor
  <K extends number>(this: Tensor<readonly [K]>, other: Tensor<readonly [NoInfer<K>]>): Tensor<[]>
  <K extends number, N extends number>(
    this: Tensor<readonly [K]>,
    other: Tensor<readonly [NoInfer<K>, N]>,
  ): Tensor<[N]>
  <M extends number, K extends number>(
    this: Tensor<readonly [M, K]>,
    other: Tensor<readonly [NoInfer<K>]>,
  ): Tensor<[M]>
  <B extends number, M extends number, K extends number, N extends number>(
    this: Tensor<readonly [B, M, K]>,
    other: Tensor<readonly [NoInfer<K>, N]>,
  ): Tensor<[B, M, N]>
  (this: Tensor<Batch>, other: Tensor): Tensor
  (this: Tensor, other: Tensor<Batch>): Tensor
  <M extends number, K extends number, N extends number>(
    this: Tensor<readonly [M, K]>,
    other: Tensor<readonly [NoInfer<K>, N]>,
  ): Tensor<[M, N]>
}
