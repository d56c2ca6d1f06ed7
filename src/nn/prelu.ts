import { ShapeError, ValueError } from '../errors.ts'
import { relu } from '../ops/unary.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Constraint } from './constraints.ts'
import type { InitializerLike } from './initializers.ts'
import { BUILT_IN, describeShape, Layer, type LayerConfig, type LayerOptions, UNKNOWN } from './layer.ts'
import { refuseUnknown } from './options.ts'
import type { Parameter } from './parameter.ts'
import type { Regularizer } from './regularizers.ts'
import { ruleOptions } from './rules.ts'

export interface PReLUOptions extends LayerOptions {
  /** Default `zeros`. */
  readonly alphaInitializer?: InitializerLike
  /** Penalty on the slopes. None by default. */
  readonly alphaRegularizer?: Regularizer
  /** What the slopes are brought back to after each step. None by default. */
  readonly alphaConstraint?: Constraint
  /** Axes, counted from 1, along which elements share a slope: [1, 2] for one per channel of an image. */
  readonly sharedAxes?: readonly number[]
}

/**
 * y = x for x ≥ 0, else alpha ⊙ x, where alpha is trained (He et al. 2015).
 *
 *   any shape → the same shape
 *
 * @example prelu({ sharedAxes: [1, 2] })
 */
export class PReLU extends Layer<number, 'same'> {
  static override readonly className: string = 'PReLU'
  static readonly [BUILT_IN] = true
  /** Shape of an example, 1 along the shared axes; zeros */
  declare alpha: Parameter
  private readonly options: PReLUOptions

  constructor(options: PReLUOptions = {}) {
    refuseUnknown('PReLU', options, ['name', 'alphaInitializer', 'sharedAxes', ...ruleOptions('alpha')])
    super(options)
    this.options = options
    const { sharedAxes = [] } = options
    if (Array.isArray(sharedAxes) && sharedAxes.every(axis => Number.isSafeInteger(axis) && axis > 0)) return
    throw new ValueError({
      operation: 'PReLU',
      problem: `needs sharedAxes to be a list of whole numbers ≥ 1, got ${JSON.stringify(sharedAxes)}.`,
      hint: 'axes count from 1: the batch axis has no slopes.',
      argument: 'sharedAxes',
      received: sharedAxes,
    })
  }

  override outputShape(inputShape: Shape): Shape {
    const wanted = this.built ? this.alpha.shape : this.alphaShape(inputShape)
    const fits =
      wanted.length === inputShape.length &&
      wanted.every((size, i) => size === 1 || size === inputShape[i] || inputShape[i] === UNKNOWN)
    if (fits) return inputShape
    throw new ShapeError({
      operation: this.label,
      problem: `has slopes ${describeShape(wanted)}, got ${describeShape(inputShape)}.`,
      hint: 'elements share a slope along sharedAxes only.',
      shapes: [wanted, inputShape],
    })
  }

  private alphaShape(inputShape: Shape): Shape {
    const { sharedAxes = [] } = this.options
    return inputShape.map((size, i) => (sharedAxes.includes(i + 1) ? 1 : size))
  }

  protected override createParameters(inputShape: Shape): void {
    const { alphaInitializer = 'zeros' } = this.options
    this.alpha = this.parameter(this.alphaShape(inputShape), alphaInitializer, [this.options, 'alpha'])
  }

  protected override inputShapeFrom(shapeOf: (parameter: string) => Shape | undefined): Shape | null {
    return shapeOf('alpha') ?? null
  }

  protected override compute(x: Tensor): Tensor {
    return relu(x).sub(relu(x.neg()).mul(this.alpha))
  }

  override config(): LayerConfig {
    return { ...this.options, name: this.name }
  }
}

/** A `PReLU` layer. */
export const prelu = (options: PReLUOptions = {}): PReLU => new PReLU(options)
