import { gru as gruOp } from '../ops/gru.ts'
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
} from './recurrent.ts'
import { gruSteps } from './recurrent-steps.ts'

export interface GruLayerOptions<Units extends number = number, Input extends number = number>
  extends RecurrentLayerOptions<Units, Input> {
  /** Of the candidate. Default `tanh`; others run step by step, which is slower. */
  readonly activation?: ActivationName
  /** Of the gates; `hardSigmoid` is Keras 2's clip(0.2·x + 0.5, 0, 1). Default `sigmoid`; others are slower. */
  readonly recurrentActivation?: ActivationName
  /** Default `zeros`. */
  readonly biasInitializer?: InitializerLike
  /**
   * Where the reset gate acts: after the product with the recurrent kernel (default; Keras' newer convention, PyTorch),
   * or on h before it (Cho et al. 2014).
   */
  readonly resetAfter?: boolean
  /** Default true. */
  readonly useBias?: boolean
}

/** h, [batch, units]. */
export interface HiddenState {
  readonly h: Tensor
}

export type GruContext = RecurrentContext<HiddenState>

const KNOWN = [
  ...RECURRENT_OPTIONS,
  ...['activation', 'recurrentActivation', 'biasInitializer', 'resetAfter', 'useBias'],
]

/**
 * Gated recurrent unit (Cho et al. 2014):
 *
 *     z, r = σ of (xₜ·W + b + hₜ₋₁·U + c)
 *     h̃ = tanh(xₜ·Wₕ + bₕ + r ⊙ (hₜ₋₁·Uₕ + cₕ))     (r ⊙ hₜ₋₁)·Uₕ without resetAfter, and no c
 *     hₜ = z ⊙ hₜ₋₁ + (1 − z) ⊙ h̃
 *
 *   [batch, time, inputSize] → [batch, units], or [batch, time, units] with returnSequences
 *
 * Steps that the mask names padding leave the state as it is. The whole sequence is one operation.
 *
 * @throws ShapeError for other than three axes, or another inputSize
 * @example gru({ units: 64 })
 */
export class GRU<
  Input extends number = number,
  Units extends number = number,
  WithState extends boolean = false,
> extends Recurrent<
  Input,
  Units,
  HiddenState,
  WithState extends true ? readonly [output: Tensor, h: Tensor] : Tensor
> {
  static override readonly className: string = 'GRU'
  static readonly [BUILT_IN] = true
  /** [2, 3·units] (of x, of h) with resetAfter, else [3·units], gates z, r, h; zeros; null without bias */
  declare bias: Parameter | null
  declare protected readonly options: GruLayerOptions

  constructor(options: GruLayerOptions<Units, Input> & { readonly returnState?: WithState }) {
    refuseUnknown('GRU', options, KNOWN)
    super('GRU', 3, options)
    checkActivation(options.activation ?? 'tanh')
    checkActivation(options.recurrentActivation ?? 'sigmoid')
    this.buildIfKnown()
  }

  protected override createBiases(): void {
    const { useBias = true, resetAfter = true, biasInitializer = 'zeros' } = this.options
    const width = 3 * this.units
    const shape = resetAfter ? [2, width] : [width]
    this.bias = useBias ? this.parameter(shape, biasInitializer, [this.options, 'bias']) : null
  }

  protected override run(
    x: Tensor,
    state: HiddenState | null,
    mask: Tensor | null,
    reverse: boolean,
    keep: Tensor | null,
  ): RecurrentRun {
    const { kernel, recurrentKernel, bias } = this
    const { activation = 'tanh', recurrentActivation = 'sigmoid', resetAfter = true } = this.options
    const isFused = recurrentActivation === 'sigmoid' || recurrentActivation === 'hardSigmoid'
    if (keep !== null || activation !== 'tanh' || !isFused) {
      const row = (index: number): Tensor | null =>
        bias === null ? null : bias.slice([[index, index + 1]]).reshape([3 * this.units])
      const biases = resetAfter ? { bias: row(0), recurrentBias: row(1) } : { bias }
      const from = { x, kernel, recurrentKernel, ...biases, mask, reverse, keep }
      const before = state === null ? null : this.listed(state)
      return gruSteps({ ...from, state: before, activation, recurrentActivation }, resetAfter)
    }
    const { sequence, h } = gruOp(
      { x, kernel, recurrentKernel, bias, h0: state?.h ?? null },
      { mask, reverse, recurrentActivation, resetAfter },
    )
    return [sequence, h]
  }

  protected override named([h]: readonly Tensor[]): HiddenState {
    return { h }
  }

  protected override listed({ h }: HiddenState): readonly Tensor[] {
    return [h]
  }
}

/** A `GRU` layer that carries its sizes in its type. */
export const gru = <
  const Units extends number,
  const Input extends number = number,
  const WithState extends boolean = false,
>(
  options: GruLayerOptions<Units, Input> & { readonly returnState?: WithState },
): GRU<Input, Units, WithState> => new GRU(options)
