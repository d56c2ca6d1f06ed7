import { expectTypeOf } from 'vitest'
import {
  add,
  argmax,
  gather,
  linear,
  matmul,
  mean,
  ones,
  relu,
  reshape,
  softmax,
  type Tensor,
  transpose,
  zeros,
} from '../../src/index.ts'

declare const unknown: Tensor
declare const x: Tensor<[32, 784]>
declare const w: Tensor<[784, 10]>
declare const narrow: Tensor<[785, 10]>
declare const sequences: Tensor<[8, 20, 784]>

// matmul, as a function and as a method
expectTypeOf(matmul(x, w)).toEqualTypeOf<Tensor<[32, 10]>>()
expectTypeOf(x.matmul(w)).toEqualTypeOf<Tensor<[32, 10]>>()
expectTypeOf(sequences.matmul(w)).toEqualTypeOf<Tensor<[8, 20, 10]>>()
expectTypeOf(x.matmul(zeros([784]))).toEqualTypeOf<Tensor<[32]>>()
expectTypeOf(zeros([784]).matmul(w)).toEqualTypeOf<Tensor<[10]>>()
expectTypeOf(zeros([784]).matmul(zeros([784]))).toEqualTypeOf<Tensor<[]>>()
expectTypeOf(x.matmul(unknown)).toEqualTypeOf<Tensor>()
expectTypeOf(w.matmul(x, { transposeA: true, transposeB: true })).toEqualTypeOf<Tensor>()
expectTypeOf(sequences.matmul(sequences.transpose())).toEqualTypeOf<Tensor>()
// @ts-expect-error 785 is not 784
matmul(x, narrow)
// @ts-expect-error 785 is not 784
x.matmul(narrow)
// @ts-expect-error 785 is not 784
x.relu().matmul(narrow).sum()
// @ts-expect-error 10 is not 784
x.matmul(zeros([10]))

// Inside generic functions shapes stay readable.
export function project<M extends number, K extends number>(
  a: Tensor<[M, K]>,
  kernel: Tensor<[K, 8]>,
): Tensor<[M, 8]> {
  const product = a.matmul(kernel)
  expectTypeOf(product).toEqualTypeOf<Tensor<[M, 8]>>()
  expectTypeOf(
    matmul(a, kernel)
      .add(ones([8]))
      .relu(),
  ).toEqualTypeOf<Tensor<[M, 8]>>()
  expectTypeOf(a.transpose().matmul(a)).toEqualTypeOf<Tensor<[K, K]>>()
  // @ts-expect-error K meets M
  a.matmul(a)
  return product
}
expectTypeOf(project(x, zeros([784, 8]))).toEqualTypeOf<Tensor<[32, 8]>>()

// elementwise
expectTypeOf(x.add(x)).toEqualTypeOf<Tensor<[32, 784]>>()
expectTypeOf(x.mul(2)).toEqualTypeOf<Tensor<[32, 784]>>()
expectTypeOf(add(1, x)).toEqualTypeOf<Tensor<[32, 784]>>()
expectTypeOf(x.div(zeros([]))).toEqualTypeOf<Tensor<[32, 784]>>()
expectTypeOf(x.add(zeros([784]))).toEqualTypeOf<Tensor<[32, 784]>>()
expectTypeOf(sequences.add(zeros([784]))).toEqualTypeOf<Tensor<[8, 20, 784]>>()
expectTypeOf(x.greater(0)).toEqualTypeOf<Tensor<[32, 784]>>()
expectTypeOf(x.add(unknown)).toEqualTypeOf<Tensor>()
expectTypeOf(x.add(zeros([32, 1]))).toEqualTypeOf<Tensor>()
expectTypeOf(relu(x)).toEqualTypeOf<Tensor<[32, 784]>>()
expectTypeOf(softmax(x)).toEqualTypeOf<Tensor<[32, 784]>>()

// linear
expectTypeOf(linear(x, w, zeros([10]))).toEqualTypeOf<Tensor<[32, 10]>>()
expectTypeOf(linear(sequences, w, null)).toEqualTypeOf<Tensor<[8, 20, 10]>>()
expectTypeOf(linear(x, w, unknown)).toEqualTypeOf<Tensor<[32, 10]>>()
linear(unknown, unknown, unknown)
// @ts-expect-error 785 is not 784
linear(x, narrow, null)
// @ts-expect-error 11 is not 10
linear(x, w, zeros([11]))

// transpose, reductions, rows
expectTypeOf(transpose(x)).toEqualTypeOf<Tensor<[784, 32]>>()
expectTypeOf(sequences.transpose()).toEqualTypeOf<Tensor<[8, 784, 20]>>()
expectTypeOf(sequences.transpose({ axes: [0, 1] })).toEqualTypeOf<Tensor>()
expectTypeOf(x.sum()).toEqualTypeOf<Tensor<[]>>()
expectTypeOf(unknown.sum()).toEqualTypeOf<Tensor<[]>>()
expectTypeOf(x.sum({ axis: 0 })).toEqualTypeOf<Tensor<[784]>>()
expectTypeOf(mean(sequences, { axis: 1 })).toEqualTypeOf<Tensor<[8, 784]>>()
expectTypeOf(mean(sequences, { axis: -1 })).toEqualTypeOf<Tensor<[8, 20]>>()
expectTypeOf(x.variance({ axis: 0, correction: 1 })).toEqualTypeOf<Tensor<[784]>>()
expectTypeOf(argmax(x, { axis: -1 })).toEqualTypeOf<Tensor<[32]>>()
expectTypeOf(x.sum({ axis: 0, keepDims: true })).toEqualTypeOf<Tensor>()
expectTypeOf(x.sum({ axis: [0, 1] })).toEqualTypeOf<Tensor>()
expectTypeOf(gather(w, zeros([5], { dtype: 'int32' }))).toEqualTypeOf<Tensor<[5, 10]>>()
expectTypeOf(w.gather(zeros([5, 6], { dtype: 'int32' }))).toEqualTypeOf<Tensor<[5, 6, 10]>>()
expectTypeOf(w.gather(unknown)).toEqualTypeOf<Tensor>()

// A size that would have to be computed is a number.
expectTypeOf(reshape(x, [64, 392])).toEqualTypeOf<Tensor<[64, 392]>>()
expectTypeOf(x.reshape([-1, 392])).toEqualTypeOf<Tensor<[number, 392]>>()
expectTypeOf(x.reshape([64, -1])).toEqualTypeOf<Tensor<[64, number]>>()
expectTypeOf(x.reshape([-1])).toEqualTypeOf<Tensor<[number]>>()
expectTypeOf(x.flatten()).toEqualTypeOf<Tensor<[number]>>()
