import { backward, type BackwardOptions } from '../autodiff/backward.ts'
import { calculus } from '../autodiff/calculus.ts'
import type { DType } from '../engine/dtype.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Sizes } from '../tensor/shape-types.ts'
import { addMethods } from './add-methods.ts'
import * as arithmetic from './arithmetic.ts'
import { as } from './as.ts'
import { broadcastTo } from './broadcast-to.ts'
import { cast } from './cast.ts'
import * as compare from './compare.ts'
import { stack } from './concat.ts'
import { assign, clone, detach } from './detach.ts'
import type { ElementwiseMethod } from './elementwise-types.ts'
import { gather, oneHot } from './gather.ts'
import { matmul } from './matmul.ts'
import type { MatmulMethod } from './matmul-types.ts'
import type { GatherMethod, ReshapeMethod, TransposeMethod } from './movement-types.ts'
import type { Operand } from './operand.ts'
import { clip, elu, leakyRelu, softplus } from './parametric.ts'
import { permute, transpose } from './permute.ts'
import * as reduce from './reduce.ts'
import type { ReductionMethod } from './reduction-types.ts'
import { expandDims, flatten, reshape, squeeze } from './reshape.ts'
import { flip, type Range, slice } from './slice.ts'
import { type AxisOptions, logSoftmax, softmax } from './softmax.ts'
import { sumTo } from './sum-to.ts'
import * as unary from './unary.ts'
import { where } from './where.ts'

declare module '../tensor/tensor.ts' {
  /** Operations as methods: `a.matmul(b).relu()` is `relu(matmul(a, b))`. */
  interface Tensor<S extends Shape = Shape> {
    neg(): Tensor<S>
    abs(): Tensor<S>
    sign(): Tensor<S>
    exp(): Tensor<S>
    expm1(): Tensor<S>
    log(): Tensor<S>
    log1p(): Tensor<S>
    sqrt(): Tensor<S>
    rsqrt(): Tensor<S>
    square(): Tensor<S>
    reciprocal(): Tensor<S>
    sin(): Tensor<S>
    cos(): Tensor<S>
    tan(): Tensor<S>
    asin(): Tensor<S>
    acos(): Tensor<S>
    atan(): Tensor<S>
    sinh(): Tensor<S>
    cosh(): Tensor<S>
    tanh(): Tensor<S>
    erf(): Tensor<S>
    floor(): Tensor<S>
    ceil(): Tensor<S>
    round(): Tensor<S>
    trunc(): Tensor<S>
    sigmoid(): Tensor<S>
    logSigmoid(): Tensor<S>
    relu(): Tensor<S>
    relu6(): Tensor<S>
    silu(): Tensor<S>
    mish(): Tensor<S>
    softsign(): Tensor<S>
    selu(): Tensor<S>
    hardSigmoid(): Tensor<S>
    hardTanh(): Tensor<S>
    gelu(options?: { readonly approximate?: 'none' | 'tanh' }): Tensor<S>
    elu(options?: { readonly alpha?: number }): Tensor<S>
    leakyRelu(options?: { readonly slope?: number }): Tensor<S>
    softplus(options?: { readonly beta?: number }): Tensor<S>
    clip(options: { readonly min?: number; readonly max?: number }): Tensor<S>
    add: ElementwiseMethod
    sub: ElementwiseMethod
    mul: ElementwiseMethod
    div: ElementwiseMethod
    maximum: ElementwiseMethod
    minimum: ElementwiseMethod
    mod: ElementwiseMethod
    pow: ElementwiseMethod
    atan2: ElementwiseMethod
    equal: ElementwiseMethod
    notEqual: ElementwiseMethod
    greater: ElementwiseMethod
    greaterEqual: ElementwiseMethod
    less: ElementwiseMethod
    lessEqual: ElementwiseMethod
    /** This tensor is the condition: `x.greater(0).where(x, 0)`. */
    where(a: Operand, b: Operand): Tensor
    matmul: MatmulMethod
    transpose: TransposeMethod
    permute(axes: readonly number[]): Tensor
    reshape: ReshapeMethod
    /** Tells the types a shape that they do not know; checked when it runs. */
    as<const T extends number[]>(shape: Sizes<T>): Tensor<T>
    expandDims(options: { readonly axis: number }): Tensor
    squeeze(options?: { readonly axis?: number | readonly number[] }): Tensor
    flatten(): Tensor<[number]>
    flatten(options: { readonly start?: number; readonly end?: number }): Tensor
    broadcastTo<const T extends number[]>(shape: Sizes<T>): Tensor<T>
    sumTo(shape: Shape): Tensor
    slice(ranges: readonly Range[]): Tensor
    flip(options?: { readonly axis?: number | readonly number[] }): Tensor
    gather: GatherMethod
    oneHot(count: number): Tensor
    sum: ReductionMethod
    prod: ReductionMethod
    max: ReductionMethod
    min: ReductionMethod
    softmax(options?: AxisOptions): Tensor<S>
    logSoftmax(options?: AxisOptions): Tensor<S>
    cast(dtype: DType): Tensor<S>
    detach(): Tensor<S>
    clone(): Tensor<S>
    /** Overwrites a leaf's numbers in place. */
    assign(value: Tensor): void
    /** Adds dL/d(leaf) to the `grad` of every leaf that this scalar depends on. */
    backward(seed?: Tensor, options?: BackwardOptions): void
  }
}

/** What gradients and layers call, and what comes along with it; every function takes the tensor itself first. */
const methods = {
  ...unary,
  ...arithmetic,
  ...compare,
  ...reduce,
  as,
  assign,
  broadcastTo,
  cast,
  clip,
  clone,
  detach,
  elu,
  expandDims,
  flatten,
  flip,
  gather,
  leakyRelu,
  logSoftmax,
  matmul,
  oneHot,
  permute,
  reshape,
  slice,
  softmax,
  softplus,
  squeeze,
  sumTo,
  transpose,
  where,
  backward,
}

addMethods(methods)

calculus.add = arithmetic.add
calculus.sumTo = sumTo
calculus.copy = clone
calculus.standIn = x => reshape(x, x.shape)
calculus.stack = tensors => stack(tensors, { axis: 0 })
