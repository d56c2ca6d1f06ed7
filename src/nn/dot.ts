import { ShapeError, ValueError } from '../errors.ts'
import { einsum } from '../ops/einsum.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { BUILT_IN, describeShape, type LayerConfig, type LayerOptions, UNKNOWN } from './layer.ts'
import { MergeLayer } from './merge-layer.ts'
import { refuseUnknown } from './options.ts'

export interface DotOptions extends LayerOptions {
  /** The axis of both, or of each, over which the product runs; counted with the batch axis (0). Default −1. */
  readonly axes?: number | readonly [left: number, right: number]
  /** Scale vectors along the axes to length 1 first: the product is their cosine. Default false. */
  readonly normalize?: boolean
}

/**
 * The inner product of two inputs, example by example.
 *
 *   [batch, ..., n, ...] and [batch, ..., n, ...] → [batch, the other axes of the first, those of the second];
 *   [batch, 1] where none are left
 *
 * @throws ShapeError where the axes have other sizes
 * @example new Dot({ normalize: true }).apply([query, document])
 */
export class Dot extends MergeLayer {
  static override readonly className: string = 'Dot'
  static readonly [BUILT_IN] = true
  private readonly axes: readonly [number, number]
  private readonly normalize: boolean

  constructor(options: DotOptions = {}) {
    refuseUnknown('Dot', options, ['name', 'axes', 'normalize'])
    super(options)
    const { axes = -1, normalize = false } = options
    const pair: readonly unknown[] = Array.isArray(axes) ? axes : [axes, axes]
    if (pair.length !== 2 || !pair.every(axis => Number.isSafeInteger(axis) && axis !== 0)) {
      throw new ValueError({
        operation: 'Dot',
        problem: `needs axes to be one or two whole numbers other than 0, got ${JSON.stringify(axes)}.`,
        hint: 'axis 0 counts the examples; -1 is the last one.',
        argument: 'axes',
        received: axes,
      })
    }
    this.axes = pair as readonly [number, number]
    this.normalize = normalize
  }

  /** Where the axes lie in shapes without the batch axis. */
  private places(ranks: readonly number[]): readonly number[] {
    return this.axes.map((axis, i) => (axis < 0 ? axis + ranks[i] : axis - 1))
  }

  protected override mergedShape(shapes: readonly Shape[]): Shape {
    const places = this.places(shapes.map(shape => shape.length))
    const sizes = places.map((place, i) => shapes[i]?.[place])
    const isKnown = sizes.every(size => size !== undefined)
    if (shapes.length !== 2 || !isKnown || (sizes[0] !== sizes[1] && !sizes.includes(UNKNOWN))) {
      throw new ShapeError({
        operation: this.label,
        problem: `cannot multiply ${shapes.map(describeShape).join(' and ')} over the axes ${this.axes.join(' and ')}.`,
        hint: 'it takes two inputs, and the axes must have one size.',
        shapes,
      })
    }
    const rest = shapes.flatMap((shape, i) => shape.filter((_, axis) => axis !== places[i]))
    return rest.length === 0 ? [1] : rest
  }

  protected override merge([a, b]: readonly Tensor[]): Tensor {
    const ranks = [a.rank - 1, b.rank - 1]
    const places = this.places(ranks)
    const [left, right] = this.normalize ? [unit(a, places[0] + 1), unit(b, places[1] + 1)] : [a, b]
    const letters = 'abcdefghijklmnopqrstuvwxy'
    const names = [letters.slice(0, ranks[0]), letters.slice(ranks[0], ranks[0] + ranks[1])]
    const shared = names[0][places[0]]
    const second = names[1].replace(names[1][places[1]], shared)
    const rest = `${names[0]}${second}`.replaceAll(shared, '')
    const product = einsum(`z${names[0]},z${second}->z${rest}`, left, right)
    return rest === '' ? product.expandDims({ axis: 1 }) : product
  }

  protected override mergedMask(): null {
    return null
  }

  override config(): LayerConfig {
    return { name: this.name, axes: this.axes, normalize: this.normalize }
  }
}

/** x scaled to length 1 along an axis, as Keras does it. */
const unit = (x: Tensor, axis: number): Tensor => {
  const squares = x.square().sum({ axis, keepDims: true })
  return x.mul(squares.clip({ min: 1e-12 }).rsqrt())
}
