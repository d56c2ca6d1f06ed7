import { ShapeError } from '../errors.ts'
import { groupNorm } from '../ops/norm-groups.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { BUILT_IN, describeShape, UNKNOWN } from './layer.ts'
import { type CentredOptions, Normalization } from './normalization.ts'
import { requireCount } from './options.ts'

export interface GroupNormalizationOptions<Input extends number = number> extends CentredOptions<Input> {
  /** Number of groups of adjacent channels; it divides the channels. Default 32. */
  readonly groups?: number
}

/**
 * Group normalisation (Wu & He 2018): each example's channels are normalised in groups, together with all positions.
 *
 *   [batch, ..., inputSize] → the same shape; epsilon is 1e-3 by default, as in Keras
 *
 * @throws ShapeError when the groups do not divide the channels
 * @example groupNormalization({ groups: 8 })
 */
export class GroupNormalization<Input extends number = number> extends Normalization<Input> {
  static override readonly className: string = 'GroupNormalization'
  static readonly [BUILT_IN] = true
  readonly groups: number

  constructor(options: GroupNormalizationOptions<Input> = {}) {
    super('GroupNormalization', options, ['center', 'groups'], 1e-3)
    this.groups = requireCount('GroupNormalization', 'groups', options.groups ?? 32)
    if (options.inputSize !== undefined) this.build([options.inputSize])
  }

  override outputShape(inputShape: Shape): Shape {
    const shape = super.outputShape(inputShape)
    const channels = this.features(shape) ?? UNKNOWN
    if (channels === UNKNOWN || channels % this.groups === 0) return shape
    throw new ShapeError({
      operation: this.label,
      problem: `cannot divide ${channels} channels of ${describeShape(inputShape)} into ${this.groups} groups.`,
      hint: 'choose groups that divide the number of channels.',
      shapes: [inputShape],
    })
  }

  protected override inputShapeFrom(shapeOf: (parameter: string) => Shape | undefined): Shape | null {
    const shape = super.inputShapeFrom(shapeOf)
    return shape !== null && shape[0] === 1 ? [this.groups] : shape
  }

  protected override compute(x: Tensor): Tensor {
    const { gamma, beta, epsilon, groups } = this
    return groupNorm(x, { gamma, beta, epsilon, groups })
  }
}

/** A `GroupNormalization` layer. */
export const groupNormalization = <const Input extends number = number>(
  options: GroupNormalizationOptions<Input> = {},
): GroupNormalization<Input> => new GroupNormalization(options)
