import { Storage } from '../engine/storage.ts'
import { type Shape, sizeOf } from '../tensor/shape.ts'
import { Tensor } from '../tensor/tensor.ts'

/**
 * A tensor that belongs to a module's state but is not trained: moving statistics, say. It is saved and loaded with
 * the parameters, and no optimizer touches it; `assign` overwrites it.
 *
 * For the types it is a tensor and nothing else, like a `Parameter`.
 *
 * @example class Counter extends Module { seen = new ModuleBuffer(zeros([1])); … }
 */
export type ModuleBuffer<S extends Shape = Shape> = Tensor<S>

interface ModuleBufferConstructor {
  readonly prototype: ModuleBuffer
  /** Starts from a copy of `value`'s numbers. */
  new <S extends Shape>(value: Tensor<S>): ModuleBuffer<S>
}

export const ModuleBuffer: ModuleBufferConstructor = class ModuleBuffer<S extends Shape> extends Tensor<S> {
  constructor(value: Tensor<S>) {
    const storage = new Storage('float32', sizeOf(value.shape))
    storage.cold = value.values()
    storage.owned = true
    storage.visible = true
    super(storage, value.shape)
  }
}
