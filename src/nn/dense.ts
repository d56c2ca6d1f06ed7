import { ShapeError } from '../errors.ts'
import { linear } from '../ops/linear.ts'
import type { Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type ActivationName, activateFresh, checkActivation } from './activations.ts'
import type { InitializerLike } from './initializers.ts'
import {
  BUILT_IN,
  describeShape,
  inLayer,
  Layer,
  type LayerConfig,
  type LayerOptions,
  lastOf,
} from './layer.ts'
import { refuseUnknown, requireCount } from './options.ts'
import type { Parameter } from './parameter.ts'
import { type BiasRules, type KernelRules, ruleOptions } from './rules.ts'

export interface DenseOptions<Units extends number = number, Input extends number = number>
  extends LayerOptions,
    KernelRules,
    BiasRules {
  /** Size of the output's last axis. */
  readonly units: Units
  /** Size of the input's last axis; learnt from the first batch if not given. */
  readonly inputSize?: Input
  /** Default `linear`. */
  readonly activation?: ActivationName
  /** Default true. */
  readonly useBias?: boolean
  /** Default `glorotUniform`. */
  readonly kernelInitializer?: InitializerLike
  /** Default `zeros`. */
  readonly biasInitializer?: InitializerLike
}

const KNOWN = [
  ...['name', 'units', 'inputSize', 'activation', 'useBias', 'kernelInitializer', 'biasInitializer'],
  ...ruleOptions('kernel', 'bias'),
]

/**
 * Fully connected layer on the last axis: y = activation(x·W + b).
 *
 *   [batch, ..., inputSize] → [batch, ..., units]
 *
 * @throws ShapeError when the input's last axis is not inputSize
 * @example dense({ units: 10, activation: 'softmax' })
 */
export class Dense<Input extends number = number, Units extends number = number> extends Layer<Input, Units> {
  static override readonly className: string = 'Dense'
  static readonly [BUILT_IN] = true
  /** [inputSize, units], glorotUniform */
  declare kernel: Parameter
  /** [units], zeros; null without bias */
  declare bias: Parameter | null
  readonly activation: ActivationName
  readonly units: number
  private readonly options: DenseOptions

  constructor(options: DenseOptions<Units, Input>) {
    refuseUnknown('Dense', options, KNOWN)
    super(options)
    this.options = options
    this.units = requireCount('Dense', 'units', options.units)
    if (options.inputSize !== undefined) requireCount('Dense', 'inputSize', options.inputSize)
    const activation = options.activation ?? 'linear'
    checkActivation(activation)
    this.activation = activation
    if (options.inputSize !== undefined) this.build([options.inputSize])
  }

  override outputShape(inputShape: Shape): Shape {
    const wanted = this.options.inputSize ?? (this.built ? this.kernel.shape[0] : undefined)
    const size = lastOf(inputShape)
    if (inputShape.length === 0 || (wanted !== undefined && size !== wanted)) {
      throw new ShapeError({
        operation: this.label,
        problem: `needs [batch, ..., ${wanted ?? 'features'}], got ${describeShape(inputShape)}${wanted === undefined ? '' : ` (${size} ≠ ${wanted})`}.`,
        hint: 'its inputSize must be the last size of what comes before it.',
        shapes: [inputShape],
      })
    }
    return [...inputShape.slice(0, -1), this.units]
  }

  protected override createParameters(inputShape: Shape): void {
    const { kernelInitializer = 'glorotUniform', biasInitializer = 'zeros', useBias = true } = this.options
    this.kernel = this.parameter([lastOf(inputShape), this.units], kernelInitializer, [
      this.options,
      'kernel',
    ])
    this.bias = useBias ? this.parameter([this.units], biasInitializer, [this.options, 'bias']) : null
  }

  protected override inputShapeFrom(shapeOf: (parameter: string) => Shape | undefined): Shape | null {
    const kernel = shapeOf('kernel')
    return kernel?.length === 2 ? [kernel[0]] : null
  }

  protected override compute(x: Tensor): Tensor {
    return activateFresh(this.activation, this.logits(x))
  }

  private logits(x: Tensor): Tensor {
    return linear(x, this.kernel, this.bias)
  }

  /** x·W + b, before the activation: what losses from logits are computed of. */
  forwardLogits(x: Tensor): Tensor {
    return inLayer(this.label, () => this.checked(x, () => this.logits(x)), this, x)
  }

  override config(): LayerConfig {
    return {
      ...this.options,
      name: this.name,
      inputSize: this.built ? this.kernel.shape[0] : this.options.inputSize,
    }
  }
}

/**
 * A `Dense` layer that carries its sizes in its type.
 *
 * @example dense({ units: 10, activation: 'softmax' })   // [batch, inputSize] → [batch, 10]
 */
export const dense = <const Units extends number, const Input extends number = number>(
  options: DenseOptions<Units, Input>,
): Dense<Input, Units> => new Dense(options)
