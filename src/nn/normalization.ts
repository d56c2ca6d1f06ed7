import { ShapeError, ValueError } from '../errors.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Constraint } from './constraints.ts'
import type { InitializerLike } from './initializers.ts'
import { describeShape, Layer, type LayerConfig, type LayerOptions, lastOf, UNKNOWN } from './layer.ts'
import { refuseUnknown, requireCount } from './options.ts'
import type { Parameter } from './parameter.ts'
import type { Regularizer } from './regularizers.ts'
import { ruleOptions } from './rules.ts'

/** What every normalisation can be given. */
export interface NormalizationOptions<Input extends number = number> extends LayerOptions {
  /** Number of features; learnt from the first batch if not given. */
  readonly inputSize?: Input
  /** Added to the variance before its root is taken. */
  readonly epsilon?: number
  /** Whether there is a trained factor gamma. Default true. */
  readonly scale?: boolean
  /** Default `ones`. */
  readonly gammaInitializer?: InitializerLike
  /** Penalty on gamma. None by default. */
  readonly gammaRegularizer?: Regularizer
  /** What gamma is brought back to after each step. None by default. */
  readonly gammaConstraint?: Constraint
}

export interface CentredOptions<Input extends number = number> extends NormalizationOptions<Input> {
  /** Whether there is a trained shift beta. Default true. */
  readonly center?: boolean
  /** Default `zeros`. */
  readonly betaInitializer?: InitializerLike
  /** Penalty on beta. None by default. */
  readonly betaRegularizer?: Regularizer
  /** What beta is brought back to after each step. None by default. */
  readonly betaConstraint?: Constraint
}

const KNOWN = ['name', 'inputSize', 'epsilon', 'scale', 'gammaInitializer', ...ruleOptions('gamma')]

/** A layer that normalises and then applies γ and β, one number of each per feature. */
export abstract class Normalization<Input extends number = number> extends Layer<Input, 'same'> {
  /** [inputSize], ones; null with `scale: false` */
  declare gamma: Parameter | null
  /** [inputSize], zeros; null with `center: false` */
  declare beta: Parameter | null
  protected readonly options: CentredOptions
  readonly epsilon: number

  /** @param known the options of the subclass beyond those of `NormalizationOptions` */
  constructor(layer: string, options: CentredOptions<Input>, known: readonly string[], epsilon: number) {
    const beta = known.includes('center') ? ['betaInitializer', ...ruleOptions('beta')] : []
    refuseUnknown(layer, options, [...KNOWN, ...beta, ...known])
    super(options)
    this.options = options
    this.epsilon = options.epsilon ?? epsilon
    if (!(Number.isFinite(this.epsilon) && this.epsilon >= 0)) {
      throw new ValueError({
        operation: layer,
        problem: `needs an epsilon ≥ 0, got ${String(options.epsilon)}.`,
        argument: 'epsilon',
        received: options.epsilon,
      })
    }
    if (options.inputSize !== undefined) requireCount(layer, 'inputSize', options.inputSize)
  }

  /** Number of features of an example of this shape; undefined where there is no such axis. */
  protected features(inputShape: Shape): number | undefined {
    return lastOf(inputShape)
  }

  /** Number of features, once it is known. */
  protected get size(): number | undefined {
    return this.options.inputSize ?? (this.built ? (this.gamma ?? this.beta)?.shape[0] : undefined)
  }

  override outputShape(inputShape: Shape): Shape {
    const size = this.features(inputShape)
    const wanted = this.size
    if (size === undefined || (wanted !== undefined && size !== wanted && size !== UNKNOWN)) {
      throw new ShapeError({
        operation: this.label,
        problem: `needs ${wanted ?? 'some'} features, got ${describeShape(inputShape)}.`,
        hint: 'its inputSize must be the number of features of what comes before it.',
        shapes: [inputShape],
      })
    }
    return inputShape
  }

  protected override createParameters(inputShape: Shape): void {
    const shape = [this.features(inputShape) ?? 0]
    const { scale = true, center = true, gammaInitializer = 'ones', betaInitializer = 'zeros' } = this.options
    this.gamma = scale ? this.parameter(shape, gammaInitializer, [this.options, 'gamma']) : null
    this.beta = center ? this.parameter(shape, betaInitializer, [this.options, 'beta']) : null
  }

  protected override inputShapeFrom(shapeOf: (parameter: string) => Shape | undefined): Shape | null {
    return shapeOf('gamma') ?? shapeOf('beta') ?? (this.isPlain ? [1] : null)
  }

  /** Without gamma and beta any input will do. */
  private get isPlain(): boolean {
    return this.options.scale === false && this.options.center === false
  }

  override config(): LayerConfig {
    return { ...this.options, name: this.name, inputSize: this.size }
  }
}
