import { ShapeError, ValueError } from '../errors.ts'
import { permute } from '../ops/permute.ts'
import { reshape as reshapeOp } from '../ops/reshape.ts'
import { type Shape, sizeOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { BUILT_IN, describeShape, Layer, type LayerConfig, type LayerOptions, UNKNOWN } from './layer.ts'
import { refuseUnknown } from './options.ts'

export interface ReshapeOptions extends LayerOptions {
  /** Shape of an output example, without the batch axis; one size may be −1 and follows from the others. */
  readonly targetShape: Shape
}

/**
 * Gives every example another shape.
 *
 *   [batch, ...] → [batch, ...targetShape]
 *
 * @throws ShapeError when the numbers of elements differ
 * @example new Reshape({ targetShape: [7, 7, 16] })
 */
export class Reshape extends Layer {
  static override readonly className: string = 'Reshape'
  static readonly [BUILT_IN] = true
  private readonly targetShape: Shape

  constructor(options: ReshapeOptions) {
    refuseUnknown('Reshape', options, ['name', 'targetShape'])
    super(options)
    const { targetShape } = options
    const isSize = (size: unknown): boolean => Number.isSafeInteger(size) && (Number(size) > 0 || size === -1)
    if (
      !Array.isArray(targetShape) ||
      !targetShape.every(isSize) ||
      targetShape.filter(size => size === -1).length > 1
    ) {
      throw new ValueError({
        operation: 'Reshape',
        problem: `needs a targetShape of sizes ≥ 1, of which one may be -1, got ${JSON.stringify(targetShape)}.`,
        argument: 'targetShape',
        received: targetShape,
      })
    }
    this.targetShape = targetShape
  }

  override outputShape(inputShape: Shape): Shape {
    if (inputShape.includes(UNKNOWN)) return this.targetShape
    const known = this.targetShape.filter(size => size !== -1)
    const rest = sizeOf(inputShape) / sizeOf(known)
    const fits = known.length === this.targetShape.length ? rest === 1 : Number.isInteger(rest)
    if (fits) return this.targetShape.map(size => (size === -1 ? rest : size))
    throw new ShapeError({
      operation: this.label,
      problem: `cannot give ${describeShape(inputShape)} the shape ${describeShape(this.targetShape)}.`,
      hint: 'both must have the same number of elements; one size may be -1 and follows from the others.',
      shapes: [inputShape, this.targetShape],
    })
  }

  protected override compute(x: Tensor): Tensor {
    return reshapeOp(x, [x.shape[0], ...this.outputShape(x.shape.slice(1))])
  }

  override maskFor(): null {
    return null
  }

  override config(): LayerConfig {
    return { name: this.name, targetShape: this.targetShape }
  }
}

export interface PermuteOptions extends LayerOptions {
  /** The input's axes in the order of the output's, counted from 1: the batch axis stays. */
  readonly dims: readonly number[]
}

/**
 * Reorders the axes of every example: axis i of the output is axis dims[i] of the input, counted from 1 as in Keras.
 *
 *   [batch, a, b] → [batch, b, a] for dims [2, 1]
 *
 * @throws ShapeError for an example with another number of axes
 * @example new Permute({ dims: [2, 1] })
 */
export class Permute extends Layer {
  static override readonly className: string = 'Permute'
  static readonly [BUILT_IN] = true
  private readonly dims: readonly number[]

  constructor(options: PermuteOptions) {
    refuseUnknown('Permute', options, ['name', 'dims'])
    super(options)
    const { dims } = options
    const isOrder = Array.isArray(dims) && dims.every((_, i) => dims.includes(i + 1))
    if (!isOrder) {
      throw new ValueError({
        operation: 'Permute',
        problem: `needs every axis from 1 on once in dims, got ${JSON.stringify(dims)}.`,
        hint: 'the batch axis is 0 and stays: [2, 1] swaps the two axes of a sequence.',
        argument: 'dims',
        received: dims,
      })
    }
    this.dims = dims
  }

  override outputShape(inputShape: Shape): Shape {
    if (inputShape.length === this.dims.length) return this.dims.map(axis => inputShape[axis - 1])
    throw new ShapeError({
      operation: this.label,
      problem: `reorders ${this.dims.length} axes of an example, got ${describeShape(inputShape)}.`,
      hint: 'dims names every axis of an example once, counted from 1.',
      shapes: [inputShape],
    })
  }

  protected override compute(x: Tensor): Tensor {
    return permute(x, [0, ...this.dims])
  }

  override maskFor(): null {
    return null
  }

  override config(): LayerConfig {
    return { name: this.name, dims: this.dims }
  }
}
