import './core-methods.ts'
import type { Shape } from '../tensor/shape.ts'
import { addMethods } from './add-methods.ts'
import * as argmax from './argmax.ts'
import { cumsum } from './cumsum.ts'
import * as logic from './logic.ts'
import type { ReductionMethod } from './reduction-types.ts'
import * as statistics from './statistics.ts'
import * as truth from './truth.ts'

declare module '../tensor/tensor.ts' {
  /** Operations that neither gradients nor layers call as methods: `tensorloom/mini` has them as functions only. */
  interface Tensor<S extends Shape = Shape> {
    isNaN(): Tensor<S>
    isFinite(): Tensor<S>
    isInf(): Tensor<S>
    cumsum(options: { readonly axis: number }): Tensor<S>
    mean: ReductionMethod
    logSumExp: ReductionMethod
    any: ReductionMethod
    all: ReductionMethod
    variance: ReductionMethod<statistics.VarianceOptions>
    std: ReductionMethod<statistics.VarianceOptions>
    norm: ReductionMethod<statistics.NormOptions>
    argmax: ReductionMethod<argmax.PositionOptions>
    argmin: ReductionMethod<argmax.PositionOptions>
  }
}

addMethods({
  ...statistics,
  ...argmax,
  ...truth,
  cumsum,
  isFinite: logic.isFinite,
  isInf: logic.isInf,
  isNaN: logic.isNaN,
})
