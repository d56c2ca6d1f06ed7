import { lstm as lstmOp } from '../ops/lstm.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type ActivationName, checkActivation } from './activations.ts'
import type { InitializerLike } from './initializers.ts'
import { BUILT_IN } from './layer.ts'
import { refuseUnknown } from './options.ts'
import type { Parameter } from './parameter.ts'
import {
  RECURRENT_OPTIONS,
  Recurrent,
  type RecurrentContext,
  type RecurrentLayerOptions,
  type RecurrentRun,
  requireOneOf,
} from './recurrent.ts'
import { lstmSteps } from './recurrent-steps.ts'

export interface LstmLayerOptions<Units extends number = number, Input extends number = number>
  extends RecurrentLayerOptions<Units, Input> {
  /** Of candidate and output. Default `tanh`; others run step by step, which is slower. */
  readonly activation?: ActivationName
  /** Of the gates; `hardSigmoid` is Keras 2's clip(0.2·x + 0.5, 0, 1). Default `sigmoid`; others are slower. */
  readonly recurrentActivation?: ActivationName
  /** Default `zeros`. */
  readonly biasInitializer?: InitializerLike
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

const KNOWN = [
  ...RECURRENT_OPTIONS,
  ...['activation', 'recurrentActivation', 'bias', 'biasInitializer', 'unitForgetBias'],
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
    const { activation = 'tanh', recurrentActivation = 'sigmoid', bias = 'single' } = options
    checkActivation(activation)
    checkActivation(recurrentActivation)
    requireOneOf('LSTM', 'bias', bias, ['single', 'separate', 'none'])
    this.buildIfKnown()
  }

  protected override createBiases(): void {
    const { bias = 'single', biasInitializer = 'zeros', unitForgetBias = true } = this.options
    const { units } = this
    this.bias = null
    if (bias !== 'none') {
      this.bias = this.parameter([4 * units], biasInitializer, [this.options, 'bias'])
      if (unitForgetBias) this.bias.storage.cold = this.bias.values().fill(1, units, 2 * units)
    }
    this.recurrentBias = bias === 'separate' ? this.parameter([4 * units], 'zeros') : null
  }

  protected override run(
    x: Tensor,
    state: LstmState | null,
    mask: Tensor | null,
    reverse: boolean,
    keep: Tensor | null,
  ): RecurrentRun {
    const { kernel, recurrentKernel, recurrentBias } = this
    const { activation = 'tanh', recurrentActivation = 'sigmoid' } = this.options
    const isFused = recurrentActivation === 'sigmoid' || recurrentActivation === 'hardSigmoid'
    if (keep !== null || activation !== 'tanh' || !isFused) {
      const from = { x, kernel, recurrentKernel, bias: this.bias, recurrentBias, mask, reverse, keep }
      const before = state === null ? null : this.listed(state)
      return lstmSteps({ ...from, state: before, activation, recurrentActivation })
    }
    const bias = this.bias !== null && recurrentBias !== null ? this.bias.add(recurrentBias) : this.bias
    const operands = { x, kernel, recurrentKernel, bias, h0: state?.h ?? null, c0: state?.c ?? null }
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
