import { ShapeError, ValueError } from '../errors.ts'
import { lstm as lstmOp } from '../ops/lstm.ts'
import type { Shape } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import type { InitializerName } from './initializers.ts'
import {
  BUILT_IN,
  describeShape,
  Layer,
  type LayerConfig,
  type LayerOptions,
  lastOf,
  UNKNOWN,
} from './layer.ts'
import type { ForwardContext } from './module.ts'
import { refuseUnknown, requireCount } from './options.ts'
import { Parameter } from './parameter.ts'

export interface LstmLayerOptions<Units extends number = number, Input extends number = number>
  extends LayerOptions {
  /** Size of the state and of the output. */
  readonly units: Units
  /** Features per step; learnt from the first batch if not given. */
  readonly inputSize?: Input
  /** Give h of every step instead of the last one only. Default false. */
  readonly returnSequences?: boolean
  /** Give [output, h, c] instead of the output alone. Default false. */
  readonly returnState?: boolean
  /** Read the sequence from its end. Outputs of `returnSequences` are in the order of processing, as in Keras. */
  readonly goBackwards?: boolean
  /** `hardSigmoid` is Keras 2's clip(0.2·x + 0.5, 0, 1). Default `sigmoid`. */
  readonly recurrentActivation?: 'sigmoid' | 'hardSigmoid'
  /** One bias (Keras), one each for input and state (PyTorch), or none. Default `single`. */
  readonly bias?: 'single' | 'separate' | 'none'
  /** The forget gate's bias starts at 1 (Jozefowicz et al. 2015). Default true. */
  readonly unitForgetBias?: boolean
  /** Default `glorotUniform`. */
  readonly kernelInitializer?: InitializerName
  /** Default `orthogonal`. */
  readonly recurrentInitializer?: InitializerName
}

/** h and c, each [batch, units]. */
export interface LstmState {
  readonly h: Tensor
  readonly c: Tensor
}

export interface LstmContext extends ForwardContext {
  /** The state before the first step; zeros by default. */
  readonly initialState?: LstmState | null
}

const KNOWN = [
  'name',
  'units',
  'inputSize',
  'returnSequences',
  'returnState',
  'goBackwards',
  'recurrentActivation',
  'bias',
  'unitForgetBias',
  'kernelInitializer',
  'recurrentInitializer',
]

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000):
 *
 *     i, f, g, o = σ, σ, tanh, σ of (xₜ·W + hₜ₋₁·U + b)
 *     cₜ = f ⊙ cₜ₋₁ + i ⊙ g,   hₜ = o ⊙ tanh(cₜ)
 *
 *   [batch, time, inputSize] → [batch, units], or [batch, time, units] with returnSequences
 *
 * Steps that the mask names padding leave the state as it is. The whole sequence is one operation.
 *
 * @throws ShapeError for other than three axes, or another inputSize
 * @example lstm({ units: 64 })
 */
export class LSTM<
  Input extends number = number,
  Units extends number = number,
  WithState extends boolean = false,
> extends Layer<Input, Units, WithState extends true ? readonly [Tensor, Tensor, Tensor] : Tensor> {
  static override readonly className: string = 'LSTM'
  static readonly [BUILT_IN] = true
  /** [inputSize, 4·units], gates i, f, c, o; glorotUniform */
  declare kernel: Parameter
  /** [units, 4·units]; orthogonal */
  declare recurrentKernel: Parameter
  /** [4·units]; zeros, the forget gate's part ones; null for `bias: 'none'` */
  declare bias: Parameter | null
  /** [4·units]; zeros; only for `bias: 'separate'` */
  declare recurrentBias: Parameter | null
  readonly units: number
  private readonly options: LstmLayerOptions

  constructor(options: LstmLayerOptions<Units, Input> & { readonly returnState?: WithState }) {
    refuseUnknown('LSTM', options, KNOWN)
    super(options)
    this.options = options
    this.units = requireCount('LSTM', 'units', options.units)
    const { recurrentActivation = 'sigmoid', bias = 'single' } = options
    requireOneOf('recurrentActivation', recurrentActivation, ['sigmoid', 'hardSigmoid'])
    requireOneOf('bias', bias, ['single', 'separate', 'none'])
    if (options.inputSize !== undefined) {
      requireCount('LSTM', 'inputSize', options.inputSize)
      this.build([UNKNOWN, options.inputSize])
    }
  }

  override outputShape(inputShape: Shape): Shape {
    const wanted = this.options.inputSize ?? (this.built ? this.kernel.shape[0] : undefined)
    const size = lastOf(inputShape)
    if (inputShape.length !== 2 || (wanted !== undefined && size !== wanted)) {
      const mismatch = inputShape.length === 2 && wanted !== undefined ? ` (${size} ≠ ${wanted})` : ''
      throw new ShapeError({
        operation: this.label,
        problem: `needs [batch, time, ${wanted ?? 'features'}], got ${describeShape(inputShape)}${mismatch}.`,
        hint:
          inputShape.length === 1
            ? 'put an Embedding before it, or give the LSTM before it returnSequences: true.'
            : 'its inputSize must be the last size of what comes before it.',
        shapes: [inputShape],
      })
    }
    return this.options.returnSequences === true ? [inputShape[0], this.units] : [this.units]
  }

  protected override createParameters(inputShape: Shape): void {
    const { options, units } = this
    const { bias = 'single', unitForgetBias = true } = options
    const { kernelInitializer = 'glorotUniform', recurrentInitializer = 'orthogonal' } = options
    this.kernel = this.parameter([lastOf(inputShape), 4 * units], kernelInitializer)
    this.recurrentKernel = this.parameter([units, 4 * units], recurrentInitializer)
    const values = new Float32Array(4 * units)
    if (unitForgetBias) values.fill(1, units, 2 * units)
    this.bias = bias === 'none' ? null : new Parameter(fromCold(values, [4 * units], 'float32'))
    this.recurrentBias = bias === 'separate' ? this.parameter([4 * units], 'zeros') : null
  }

  protected override inputShapeFrom(shapeOf: (parameter: string) => Shape | undefined): Shape | null {
    const kernel = shapeOf('kernel')
    return kernel?.length === 2 ? [UNKNOWN, kernel[0]] : null
  }

  override forward(
    x: Tensor,
    context: LstmContext = {},
  ): WithState extends true ? readonly [Tensor, Tensor, Tensor] : Tensor {
    return super.forward(x, context)
  }

  protected override compute(
    x: Tensor,
    context: LstmContext,
  ): WithState extends true ? readonly [Tensor, Tensor, Tensor] : Tensor {
    const { options, bias, recurrentBias } = this
    const { mask = null, initialState = null } = context
    const { sequence, h, c } = lstmOp(
      {
        x,
        kernel: this.kernel,
        recurrentKernel: this.recurrentKernel,
        bias: bias !== null && recurrentBias !== null ? bias.add(recurrentBias) : bias,
        h0: initialState?.h ?? null,
        c0: initialState?.c ?? null,
      },
      { mask, reverse: options.goBackwards ?? false, recurrentActivation: options.recurrentActivation },
    )
    let output: Tensor = h
    if (options.returnSequences === true)
      output = options.goBackwards === true ? sequence.flip({ axis: 1 }) : sequence
    const result = options.returnState === true ? ([output, h, c] as const) : output
    return result as WithState extends true ? readonly [Tensor, Tensor, Tensor] : Tensor
  }

  override maskFor(_x: Tensor, mask: Tensor | null): Tensor | null {
    if (this.options.returnSequences !== true || mask === null) return null
    return this.options.goBackwards === true ? mask.flip({ axis: 1 }) : mask
  }

  override config(): LayerConfig {
    const inputSize = this.built ? this.kernel.shape[0] : this.options.inputSize
    return { ...this.options, name: this.name, inputSize }
  }
}

function requireOneOf(option: string, value: string, allowed: readonly string[]): void {
  if (allowed.includes(value)) return
  throw new ValueError({
    operation: 'LSTM',
    problem: `needs ${option} to be one of ${allowed.join(', ')}, got ${value}.`,
  })
}

/** An `LSTM` layer that carries its sizes in its type. */
export const lstm = <
  const Units extends number,
  const Input extends number = number,
  const WithState extends boolean = false,
>(
  options: LstmLayerOptions<Units, Input> & { readonly returnState?: WithState },
): LSTM<Input, Units, WithState> => new LSTM(options)
