import { expectTypeOf } from 'vitest'
import { matmul, ones, Parameter, type Shape, type Tensor, tensor, zeros } from '../../src/index.ts'

declare const unknown: Tensor
declare const parameter: Parameter
declare const sizes: number[]
declare const someShape: Shape
declare const batch: number

// Creation keeps literals, whether the shape is readonly or not.
expectTypeOf(zeros([2, 3])).toEqualTypeOf<Tensor<[2, 3]>>()
expectTypeOf(zeros([2, 3] as const)).toEqualTypeOf<Tensor<[2, 3]>>()
expectTypeOf(zeros([batch, 3])).toEqualTypeOf<Tensor<[number, 3]>>()
expectTypeOf(tensor([1, 2, 3, 4], { shape: [2, 2] })).toEqualTypeOf<Tensor<[2, 2]>>()
expectTypeOf(tensor([[1, 2]])).toEqualTypeOf<Tensor>()
expectTypeOf(zeros([2, 3]).shape).toEqualTypeOf<[2, 3]>()
expectTypeOf(unknown.shape).toEqualTypeOf<Shape>()
expectTypeOf(new Parameter(zeros([2, 3])).shape).toEqualTypeOf<[2, 3]>()

// `Tensor` takes every tensor and goes everywhere.
const takesAny = (x: Tensor): Tensor => x
const takesMatrix = (x: Tensor<[2, 3]>): Tensor<[2, 3]> => x
const takesReadonly = (x: Tensor<readonly [2, 3]>): Tensor<readonly [2, 3]> => x
takesAny(zeros([2, 3]))
takesAny(zeros(sizes))
takesMatrix(unknown)
takesMatrix(parameter)
takesMatrix(zeros(sizes))
takesMatrix(zeros(someShape))
takesMatrix(zeros([batch, 3]))
takesMatrix(takesReadonly(zeros([2, 3])))
takesReadonly(takesMatrix(unknown))

// Known shapes that differ do not fit.
// @ts-expect-error 4 is not 3
takesMatrix(zeros([2, 4]))
// @ts-expect-error three axes are not two
takesMatrix(zeros([2, 3, 4]))

// A loop may assign an untyped result to what began with a literal shape.
let state = zeros([2, 3])
for (let step = 0; step < 2; step++) state = unknown.matmul(parameter).add(state).tanh()
let total = zeros([])
total = total.add(unknown.mean())

// An unknown rank stays unknown: three axes may come out.
const [examples, steps, features] = unknown
  .matmul(zeros([3, 4]))
  .add(unknown)
  .transpose().shape
expectTypeOf([examples, steps, features]).toEqualTypeOf<number[]>()
expectTypeOf(matmul(unknown, unknown)).toEqualTypeOf<Tensor>()
expectTypeOf(unknown.sum({ axis: 1 })).toEqualTypeOf<Tensor>()
expectTypeOf(zeros(sizes).matmul(unknown)).toEqualTypeOf<Tensor>()
expectTypeOf(zeros([2, ...sizes]).matmul(ones([3, 4]))).toEqualTypeOf<Tensor>()

// A cast, checked when it runs.
expectTypeOf(unknown.as([7, 4])).toEqualTypeOf<Tensor<[7, 4]>>()
expectTypeOf(unknown.as([batch, 4])).toEqualTypeOf<Tensor<[number, 4]>>()
