import { currentEngine } from '../engine/device.ts'
import type { ColdArray, DType } from '../engine/dtype.ts'
import { readStorage } from '../engine/engine.ts'
import { lifetime } from '../engine/lifetime.ts'
import { Storage } from '../engine/storage.ts'
import { DTypeError, ShapeError } from '../errors.ts'
import type { GraphNode } from './node.ts'
import { formatTensor } from './print.ts'
import { formatShape, type Shape, sizeOf } from './shape.ts'
import type { Known } from './shape-types.ts'

/** Numbers nested as deep as the tensor has axes. */
export type NestedArray = number | boolean | NestedArray[]

/**
 * An immutable array of numbers with a shape: dense, row-major, float32, int32 or bool.
 *
 * The type parameter is the shape (`Tensor<[2, 3]>`); without it a tensor of any shape is meant. Tensors need no
 * `dispose`: where the numbers lie, and for how long, is the engine's business.
 *
 * @example
 * const x = tensor([[1, 2], [3, 4]])
 * x.matmul(x).sum().item()   // 54
 */
export class Tensor<S extends Shape = Shape> {
  /** Recorded operation that this tensor came from; null for a leaf. */
  node: GraphNode | null = null
  outputIndex = 0
  /** Whether gradients flow to or through this tensor. */
  requiresGrad = false
  /** The accumulated gradient, as the optimizer reads it; user code reads `grad`. */
  gradient: Tensor | null = null

  constructor(
    readonly storage: Storage,
    readonly shape: Known<S>,
  ) {}

  /** Only types: S where it is compared in both directions, see `Known`. */
  fits?(shape: S): void

  get dtype(): DType {
    return this.storage.dtype
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length
  }

  /** Number of elements. */
  get size(): number {
    return this.storage.length
  }

  /** The gradient that `backward()` accumulated for a leaf with `requiresGrad`, or null. */
  get grad(): Tensor<S> | null {
    if (this.gradient !== null) this.gradient.storage.visible = true
    return this.gradient as Tensor<S> | null
  }

  /** Only null: forgets the accumulated gradient, so that the next backward starts from nothing. */
  set grad(none: null) {
    const storage = this.gradient?.storage
    this.gradient = none
    if (storage !== undefined && !storage.visible && !storage.owned) storage.engine?.release(storage)
  }

  /** A stable copy of the numbers, row-major. int32 and bool are converted (exact up to 2²⁴; see `ints`). */
  data(): Float32Array {
    const values = readStorage(this.storage)
    return values instanceof Float32Array ? values : Float32Array.from(values)
  }

  /**
   * A stable copy of the numbers of an int32 or bool tensor.
   * @throws DTypeError for a float32 tensor
   */
  ints(): Int32Array {
    const values = readStorage(this.storage)
    if (!(values instanceof Int32Array)) {
      throw new DTypeError({
        operation: 'ints',
        problem: `reads int32 and bool tensors, got ${this.dtype}.`,
        hint: "use data(), or cast(x, 'int32') first.",
        dtypes: [this.dtype],
      })
    }
    return values
  }

  /** The numbers as the engine keeps them: float64 from the device `reference64`, booleans as 0 and 1. */
  values(): ColdArray {
    return readStorage(this.storage)
  }

  /** Nested arrays of the tensor's shape; a number (or boolean) for a scalar. */
  toArray(): NestedArray {
    const values = this.values()
    const isBool = this.dtype === 'bool'
    let next = 0
    const build = (axis: number): NestedArray => {
      if (axis === this.shape.length) {
        const value = values[next++]
        return isBool ? value !== 0 : value
      }
      return Array.from({ length: this.shape[axis] }, () => build(axis + 1))
    }
    return build(0)
  }

  /**
   * The single number of a tensor with one element (0 or 1 for bool).
   * @throws ShapeError when it has more or fewer elements
   */
  item(): number {
    if (this.storage.length !== 1) {
      throw new ShapeError({
        operation: 'item',
        problem: `needs a tensor with one element, got the shape ${formatShape(this.shape)}.`,
        hint: 'reduce it first (sum, mean), or use toArray().',
        shapes: [this.shape],
      })
    }
    return this.values()[0]
  }

  toString(): string {
    return formatTensor(this.values(), this.shape, this.dtype)
  }

  /** What `console.log` shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
}

/** A tensor over an array that it takes over (not copied): the caller must not keep it. */
export function fromCold<S extends Shape>(cold: ColdArray, shape: S, dtype: DType): Tensor<S> {
  const storage = new Storage(dtype, cold.length)
  storage.cold = cold
  if (lifetime.mode === 'user') storage.visible = true
  else lifetime.created?.push(storage)
  return new Tensor<Shape>(storage, shape)
}

/** An uninitialised hot tensor: the output of an operation, before its kernel has run. */
export function emptyTensor<S extends Shape>(shape: S, dtype: DType): Tensor<S> {
  return new Tensor<Shape>(currentEngine().create(dtype, sizeOf(shape)), shape)
}
