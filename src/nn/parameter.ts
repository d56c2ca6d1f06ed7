import { Storage } from '../engine/storage.ts'
import { type Shape, sizeOf } from '../tensor/shape.ts'
import { Tensor } from '../tensor/tensor.ts'

/**
 * A trainable tensor: a leaf that requires a gradient and stays in the engine's memory as long as it is reachable.
 *
 * For the types it is a tensor and nothing else: a subclass would be compared with `Tensor<[2, 3]>` member by member,
 * and one of unknown shape would not fit (see `Known`).
 *
 * @example class Scale extends Module { factor = new Parameter(ones([1])); … }
 */
export type Parameter<S extends Shape = Shape> = Tensor<S>

interface ParameterConstructor {
  readonly prototype: Parameter
  /** Starts from a copy of `value`'s numbers. */
  new <S extends Shape>(value: Tensor<S>): Parameter<S>
}

export const Parameter: ParameterConstructor = class Parameter<S extends Shape> extends Tensor<S> {
  constructor(value: Tensor<S>) {
    const storage = new Storage('float32', sizeOf(value.shape))
    storage.cold = value.values()
    storage.owned = true
    storage.visible = true
    super(storage, value.shape)
    this.requiresGrad = true
  }
}
