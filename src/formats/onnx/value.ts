import { withVisibility } from '../../engine/lifetime.ts'
import { ValueError } from '../../errors.ts'
import { type Shape, sizeOf } from '../../tensor/shape.ts'
import { fromCold, type Tensor } from '../../tensor/tensor.ts'
import { dtypeOf, type ElementType, isFloatType } from './element-type.ts'

/** Whole numbers on the host: int64 values up to 2⁵³ are exact. */
export type Numbers = ArrayLike<number>

/**
 * What flows along the edges of a graph: a tensor, or whole numbers that stay on the host.
 *
 * Floating types are float32 tensors, so that gradients flow through them. Whole numbers and booleans are kept in
 * whichever form they were made, and converted when the other one is asked for: shape arithmetic in int64 never
 * leaves the host.
 */
export class Value {
  private constructor(
    readonly type: ElementType,
    readonly shape: Shape,
    private kept: Tensor | null,
    private host: Numbers | null,
  ) {}

  /** A tensor of the type's dtype. */
  static ofTensor(tensor: Tensor, type: ElementType = tensor.dtype): Value {
    const dtype = dtypeOf(type)
    return new Value(type, tensor.shape, tensor.dtype === dtype ? tensor : tensor.cast(dtype), null)
  }

  /** Numbers on the host, which the value takes over. */
  static ofNumbers(numbers: Numbers, shape: Shape, type: ElementType): Value {
    if (isFloatType(type))
      return new Value(type, shape, fromCold(Float32Array.from(numbers), shape, 'float32'), null)
    return new Value(type, shape, null, numbers)
  }

  static scalar(number: number, type: ElementType): Value {
    return Value.ofNumbers([number], [], type)
  }

  get size(): number {
    return sizeOf(this.shape)
  }

  get rank(): number {
    return this.shape.length
  }

  get isFloat(): boolean {
    return isFloatType(this.type)
  }

  /**
   * As a tensor: float32, int32 or bool.
   * @throws ValueError for whole numbers that int32 cannot hold
   */
  tensor(): Tensor {
    this.kept ??= this.toTensor(this.host as Numbers)
    return this.kept
  }

  private toTensor(numbers: Numbers): Tensor {
    const integers = new Int32Array(numbers.length)
    for (let i = 0; i < numbers.length; i++) {
      integers[i] = numbers[i]
      if (integers[i] === numbers[i]) continue
      throw new ValueError({
        operation: 'ONNX',
        problem: `holds ${this.type} numbers as int32 here, and ${numbers[i]} does not fit.`,
        hint: 'only shapes and indices are computed with larger numbers.',
        received: numbers[i],
      })
    }
    // Constants keep their tensor from one run to the next.
    return lasting(() => fromCold(integers, this.shape, dtypeOf(this.type)))
  }

  /** The numbers on the host; of a tensor, without its gradient. */
  numbers(): Numbers {
    this.host ??= (this.kept as Tensor).values()
    return this.host
  }

  /** Whether every number fits a tensor. */
  get fitsTensor(): boolean {
    const { kept, host } = this
    if (kept !== null || host === null) return true
    for (let i = 0; i < host.length; i++) if (host[i] !== (host[i] | 0)) return false
    return true
  }

  /** The same elements as another type of the same kind: float64 for float32, say. */
  as(type: ElementType): Value {
    return type === this.type ? this : new Value(type, this.shape, this.kept, this.host)
  }

  /** The same numbers under another shape. */
  reshaped(shape: Shape): Value {
    const { kept, host } = this
    if (kept === null) return new Value(this.type, shape, null, host)
    return new Value(this.type, shape, kept.reshape(shape), host)
  }
}

/** Makes what outlives the scope that happens to run now: constants of a graph. */
export const lasting = <T>(make: () => T): T => withVisibility('user', null, make)
