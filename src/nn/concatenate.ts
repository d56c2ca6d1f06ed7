import { ShapeError, ValueError } from '../errors.ts'
import { broadcastTo } from '../ops/broadcast-to.ts'
import { cast } from '../ops/cast.ts'
import { concat } from '../ops/concat.ts'
import { logicalAnd } from '../ops/logic.ts'
import { ones } from '../tensor/creation.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { BUILT_IN, describeShape, type LayerConfig, type LayerOptions, UNKNOWN } from './layer.ts'
import { MergeLayer } from './merge-layer.ts'
import { refuseUnknown } from './options.ts'

export interface ConcatenateOptions extends LayerOptions {
  /** The axis along which the inputs are joined, counted with the batch axis (0). Default −1. */
  readonly axis?: number
}

/**
 * Joins its inputs along an axis.
 *
 *   [batch, ..., a] and [batch, ..., b] → [batch, ..., a + b]
 *
 * @throws ShapeError where other axes differ
 * @example new Concatenate().apply([text, picture])
 */
export class Concatenate extends MergeLayer {
  static override readonly className: string = 'Concatenate'
  static readonly [BUILT_IN] = true
  readonly axis: number

  constructor(options: ConcatenateOptions = {}) {
    refuseUnknown('Concatenate', options, ['name', 'axis'])
    super(options)
    this.axis = options.axis ?? -1
    if (Number.isSafeInteger(this.axis) && this.axis !== 0) return
    throw new ValueError({
      operation: 'Concatenate',
      problem: `needs axis to be a whole number other than 0, got ${String(options.axis)}.`,
      hint: 'axis 0 counts the examples; -1 is the last one.',
      argument: 'axis',
      received: options.axis,
    })
  }

  protected override get fewest(): number {
    return 1
  }

  /** The axis in a shape without the batch axis. */
  private place(rank: number): number {
    return this.axis < 0 ? this.axis + rank : this.axis - 1
  }

  protected override mergedShape(shapes: readonly Shape[]): Shape {
    const [first] = shapes
    const place = this.place(first.length)
    const fits = shapes.every(
      shape =>
        shape.length === first.length &&
        shape.every(
          (size, i) => i === place || size === first[i] || size === UNKNOWN || first[i] === UNKNOWN,
        ),
    )
    if (!fits || place < 0 || place >= first.length) {
      throw new ShapeError({
        operation: this.label,
        problem: `cannot join ${shapes.map(describeShape).join(' and ')} along axis ${this.axis}.`,
        hint: 'all axes but this one must be equal.',
        shapes,
      })
    }
    const sizes = shapes.map(shape => shape[place])
    const total = sizes.includes(UNKNOWN) ? UNKNOWN : sizes.reduce((sum, size) => sum + size, 0)
    return first.map((size, i) => (i === place ? total : Math.max(size, ...shapes.map(shape => shape[i]))))
  }

  protected override merge(inputs: readonly Tensor[]): Tensor {
    return inputs.length === 1 ? inputs[0] : concat(inputs, { axis: this.axis })
  }

  /** Joined along the time axis, masks are too; a missing one counts every step. */
  protected override mergedMask(values: readonly Tensor[], masks: readonly (Tensor | null)[]): Tensor | null {
    const given = masks.filter(mask => mask !== null)
    if (given.length === 0) return null
    if (this.place(values[0].rank - 1) !== 0)
      return given.map(mask => cast(mask, 'bool')).reduce((all, mask) => logicalAnd(all, mask))
    const whole = values.map(({ shape }, i) => {
      const mask = masks[i] ?? broadcastTo(ones([1, 1]), [shape[0], shape[1]])
      return cast(mask, 'int32')
    })
    return concat(whole, { axis: 1 })
  }

  override config(): LayerConfig {
    return { name: this.name, axis: this.axis }
  }
}
