import { Storage } from '../engine/storage.ts'
import { type Shape, sizeOf } from '../tensor/shape.ts'
import { Tensor } from '../tensor/tensor.ts'

/**
 * A trainable tensor: a leaf that requires a gradient and stays in the engine's memory as long as it is reachable.
 *
 * @example class Scale extends Module { factor = new Parameter(ones([1])); … }
 */
export class Parameter<S extends Shape = Shape> extends Tensor<S> {
  /** Starts from a copy of `value`'s numbers. */
  constructor(value: Tensor<S>) {
    const storage = new Storage('float32', sizeOf(value.shape))
    storage.cold = value.values()
    storage.owned = true
    storage.visible = true
    super(storage, value.shape)
    this.requiresGrad = true
  }
}
