import { rnn } from '../ops/rnn.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type ActivationName, checkActivation } from './activations.ts'
import type { HiddenState } from './gru.ts'
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
import { simpleSteps } from './recurrent-steps.ts'

export interface SimpleRnnOptions<Units extends number = number, Input extends number = number>
  extends RecurrentLayerOptions<Units, Input> {
  /** Default `tanh`; others than that and `relu` run step by step, which is slower. */
  readonly activation?: ActivationName
  /** Default `zeros`. */
  readonly biasInitializer?: InitializerLike
  /** One bias (Keras), one each for input and state (PyTorch), or none. Default `single`. */
  readonly bias?: 'single' | 'separate' | 'none'
}

export type SimpleRnnContext = RecurrentContext<HiddenState>

const KNOWN = [...RECURRENT_OPTIONS, 'activation', 'bias', 'biasInitializer']

/**
 * The simple recurrence (Elman 1990):
 *
 *     hₜ = f(xₜ·W + hₜ₋₁·U + b),  f = tanh by default
 *
 *   [batch, time, inputSize] → [batch, units], or [batch, time, units] with returnSequences
 *
 * Steps that the mask names padding leave the state as it is. The whole sequence is one operation.
 *
 * @throws ShapeError for other than three axes, or another inputSize
 * @example simpleRNN({ units: 64 })
 */
export class SimpleRNN<
  Input extends number = number,
  Units extends number = number,
  WithState extends boolean = false,
> extends Recurrent<
  Input,
  Units,
  HiddenState,
  WithState extends true ? readonly [output: Tensor, h: Tensor] : Tensor
> {
  static override readonly className: string = 'SimpleRNN'
  static readonly [BUILT_IN] = true
  /** [units]; zeros; null for `bias: 'none'` */
  declare bias: Parameter | null
  /** [units]; zeros; only for `bias: 'separate'` */
  declare recurrentBias: Parameter | null
  declare protected readonly options: SimpleRnnOptions

  constructor(options: SimpleRnnOptions<Units, Input> & { readonly returnState?: WithState }) {
    refuseUnknown('SimpleRNN', options, KNOWN)
    super('SimpleRNN', 1, options)
    const { activation = 'tanh', bias = 'single' } = options
    checkActivation(activation)
    requireOneOf('SimpleRNN', 'bias', bias, ['single', 'separate', 'none'])
    this.buildIfKnown()
  }

  protected override createBiases(): void {
    const { bias = 'single', biasInitializer = 'zeros' } = this.options
    this.bias = bias === 'none' ? null : this.parameter([this.units], biasInitializer, [this.options, 'bias'])
    this.recurrentBias = bias === 'separate' ? this.parameter([this.units], 'zeros') : null
  }

  protected override run(
    x: Tensor,
    state: HiddenState | null,
    mask: Tensor | null,
    reverse: boolean,
    keep: Tensor | null,
  ): RecurrentRun {
    const { kernel, recurrentKernel, recurrentBias } = this
    const { activation = 'tanh' } = this.options
    if (keep !== null || (activation !== 'tanh' && activation !== 'relu')) {
      const from = { x, kernel, recurrentKernel, bias: this.bias, recurrentBias, mask, reverse, keep }
      const before = state === null ? null : this.listed(state)
      return simpleSteps({ ...from, state: before, activation, recurrentActivation: activation })
    }
    const bias = this.bias !== null && recurrentBias !== null ? this.bias.add(recurrentBias) : this.bias
    const operands = { x, kernel, recurrentKernel, bias, h0: state?.h ?? null }
    const { sequence, h } = rnn(operands, { mask, reverse, activation })
    return [sequence, h]
  }

  protected override named([h]: readonly Tensor[]): HiddenState {
    return { h }
  }

  protected override listed({ h }: HiddenState): readonly Tensor[] {
    return [h]
  }
}

/** A `SimpleRNN` layer that carries its sizes in its type. */
export const simpleRNN = <
  const Units extends number,
  const Input extends number = number,
  const WithState extends boolean = false,
>(
  options: SimpleRnnOptions<Units, Input> & { readonly returnState?: WithState },
): SimpleRNN<Input, Units, WithState> => new SimpleRNN(options)
