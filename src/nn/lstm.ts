import { lstm as lstmOp } from '../ops/lstm.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { BUILT_IN } from './layer.ts'
import { refuseUnknown } from './options.ts'
import { Parameter } from './parameter.ts'
import {
  RECURRENT_OPTIONS,
  Recurrent,
  type RecurrentContext,
  type RecurrentLayerOptions,
  type RecurrentRun,
  requireOneOf,
} from './recurrent.ts'

export interface LstmLayerOptions<Units extends number = number, Input extends number = number>
  extends RecurrentLayerOptions<Units, Input> {
  /** `hardSigmoid` is Keras 2's clip(0.2·x + 0.5, 0, 1). Default `sigmoid`. */
  readonly recurrentActivation?: 'sigmoid' | 'hardSigmoid'
  /** One bias (Keras), one each for input and state (PyTorch), or none. Default `single`. */
  readonly bias?: 'single' | 'separate' | 'none'
  /** The forget gate's bias starts at 1 (Jozefowicz et al. 2015). Default true. */
  readonly unitForgetBias?: boolean
}

/** h and c, each [batch, units]. */
export interface LstmState {
  readonly h: Tensor
  readonly c: Tensor
}

export type LstmContext = RecurrentContext<LstmState>

const KNOWN = [...RECURRENT_OPTIONS, 'recurrentActivation', 'bias', 'unitForgetBias']

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
> extends Recurrent<
  Input,
  Units,
  LstmState,
  WithState extends true ? readonly [Tensor, Tensor, Tensor] : Tensor
> {
  static override readonly className: string = 'LSTM'
  static readonly [BUILT_IN] = true
  /** [4·units], gates i, f, c, o; zeros, the forget gate's part ones; null for `bias: 'none'` */
  declare bias: Parameter | null
  /** [4·units]; zeros; only for `bias: 'separate'` */
  declare recurrentBias: Parameter | null
  declare protected readonly options: LstmLayerOptions

  constructor(options: LstmLayerOptions<Units, Input> & { readonly returnState?: WithState }) {
    refuseUnknown('LSTM', options, KNOWN)
    super('LSTM', 4, options)
    const { recurrentActivation = 'sigmoid', bias = 'single' } = options
    requireOneOf('LSTM', 'recurrentActivation', recurrentActivation, ['sigmoid', 'hardSigmoid'])
    requireOneOf('LSTM', 'bias', bias, ['single', 'separate', 'none'])
    this.buildIfKnown()
  }

  protected override createBiases(): void {
    const { bias = 'single', unitForgetBias = true } = this.options
    const { units } = this
    const values = new Float32Array(4 * units)
    if (unitForgetBias) values.fill(1, units, 2 * units)
    this.bias = bias === 'none' ? null : new Parameter(fromCold(values, [4 * units], 'float32'))
    this.recurrentBias = bias === 'separate' ? this.parameter([4 * units], 'zeros') : null
  }

  protected override run(
    x: Tensor,
    state: LstmState | null,
    mask: Tensor | null,
    reverse: boolean,
  ): RecurrentRun {
    const { kernel, recurrentKernel, recurrentBias } = this
    const bias = this.bias !== null && recurrentBias !== null ? this.bias.add(recurrentBias) : this.bias
    const operands = { x, kernel, recurrentKernel, bias, h0: state?.h ?? null, c0: state?.c ?? null }
    const { recurrentActivation } = this.options
    const { sequence, h, c } = lstmOp(operands, { mask, reverse, recurrentActivation })
    return [sequence, h, c]
  }

  protected override get stateSize(): number {
    return 2
  }

  protected override named([h, c]: readonly Tensor[]): LstmState {
    return { h, c }
  }

  protected override listed({ h, c }: LstmState): readonly Tensor[] {
    return [h, c]
  }
}

/**
 * An `LSTM` layer that carries its sizes in its type.
 *
 * @example lstm({ units: 64, returnSequences: true })   // [batch, time, inputSize] → [batch, time, 64]
 */
export const lstm = <
  const Units extends number,
  const Input extends number = number,
  const WithState extends boolean = false,
>(
  options: LstmLayerOptions<Units, Input> & { readonly returnState?: WithState },
): LSTM<Input, Units, WithState> => new LSTM(options)
