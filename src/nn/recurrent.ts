import { ShapeError, ValueError } from '../errors.ts'
import { defaultGenerator } from '../tensor/random.ts'
import { formatShape, type Shape, sizeOf } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import type { Constraint } from './constraints.ts'
import type { InitializerLike } from './initializers.ts'
import {
  describeShape,
  inLayer,
  Layer,
  type LayerConfig,
  type LayerOptions,
  lastOf,
  UNKNOWN,
} from './layer.ts'
import type { ForwardContext } from './module.ts'
import { requireCount, requireRate } from './options.ts'
import type { Parameter } from './parameter.ts'
import type { Regularizer } from './regularizers.ts'
import { type BiasRules, type KernelRules, ruleOptions } from './rules.ts'

/** What every recurrent layer can be given. */
export interface RecurrentLayerOptions<Units extends number = number, Input extends number = number>
  extends LayerOptions,
    KernelRules,
    BiasRules {
  /** Size of the state and of the output. */
  readonly units: Units
  /** Features per step; learnt from the first batch if not given. */
  readonly inputSize?: Input
  /** Give h of every step instead of the last one only. Default false. */
  readonly returnSequences?: boolean
  /** Give [output, ...state] instead of the output alone. Default false. */
  readonly returnState?: boolean
  /** Read the sequence from its end. Outputs of `returnSequences` are in the order of processing, as in Keras. */
  readonly goBackwards?: boolean
  /** Go on from the last state of the batch before, until `resetState()`. Default false. */
  readonly stateful?: boolean
  /** Default `glorotUniform`. */
  readonly kernelInitializer?: InitializerLike
  /** Default `orthogonal`. */
  readonly recurrentInitializer?: InitializerLike
  /** Penalty on the recurrent kernel. None by default. */
  readonly recurrentRegularizer?: Regularizer
  /** What the recurrent kernel is brought back to after each step. None by default. */
  readonly recurrentConstraint?: Constraint
  /** Probability of dropping a feature of the input, in all steps alike, in training. Default 0. */
  readonly dropout?: number
  /** Probability of dropping a feature of h where it meets the recurrent kernel. Default 0. */
  readonly recurrentDropout?: number
}

/** The names of those options. */
export const RECURRENT_OPTIONS = [
  'name',
  'units',
  'inputSize',
  'returnSequences',
  'returnState',
  'goBackwards',
  'stateful',
  'kernelInitializer',
  'recurrentInitializer',
  'dropout',
  'recurrentDropout',
  ...ruleOptions('kernel', 'recurrent', 'bias'),
]

/** The tensors that a layer carries from step to step, each [batch, units]: h, and what else it has. */
export interface RecurrentState {
  readonly h: Tensor
}

export interface RecurrentContext<State extends RecurrentState = RecurrentState> extends ForwardContext {
  /** The state before the first step; zeros by default. */
  readonly initialState?: State | null
}

/** h of each step in input order, and the tensors of the state after the last one. */
export type RecurrentRun = readonly [sequence: Tensor, h: Tensor, ...others: Tensor[]]

/** What forward gives: the output, or [output, ...state]. */
export type RecurrentOutput = Tensor | readonly [Tensor, Tensor, ...Tensor[]]

/**
 * A layer that goes through a sequence with a state: `LSTM`, `GRU`, `SimpleRNN`.
 *
 *   [batch, time, inputSize] → [batch, units], or [batch, time, units] with returnSequences
 *
 * Steps that the mask names padding leave the state as it is.
 */
export abstract class Recurrent<
  Input extends number = number,
  Units extends number = number,
  State extends RecurrentState = RecurrentState,
  Output extends RecurrentOutput = RecurrentOutput,
> extends Layer<Input, Units, Output> {
  /** [inputSize, gates·units]; glorotUniform */
  declare kernel: Parameter
  /** [units, gates·units]; orthogonal */
  declare recurrentKernel: Parameter
  readonly units: number
  protected readonly options: RecurrentLayerOptions
  /** Blocks of `units` columns in the kernels. */
  protected readonly gates: number
  /** Where a stateful layer goes on. */
  private carried: State | null = null

  protected constructor(className: string, gates: number, options: RecurrentLayerOptions) {
    super(options)
    this.options = options
    this.gates = gates
    this.units = requireCount(className, 'units', options.units)
    if (options.inputSize !== undefined) requireCount(className, 'inputSize', options.inputSize)
    for (const name of ['dropout', 'recurrentDropout'] as const)
      requireRate(className, name, options[name] ?? 0)
  }

  /** Builds at once where the options name the input size: the last act of a constructor. */
  protected buildIfKnown(): void {
    const { inputSize } = this.options
    if (inputSize !== undefined) this.build([UNKNOWN, inputSize])
  }

  /**
   * Runs over x [batch, time, inputSize]; the sequence stays in input order.
   * @param keep [batch, units]: what h is multiplied by where it meets the recurrent kernel
   */
  protected abstract run(
    x: Tensor,
    state: State | null,
    mask: Tensor | null,
    reverse: boolean,
    keep: Tensor | null,
  ): RecurrentRun

  /** The tensors of a state under their names. */
  protected abstract named(values: readonly Tensor[]): State

  /** The reverse. */
  protected abstract listed(state: State): readonly Tensor[]

  protected abstract createBiases(): void

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
            ? `put an Embedding before it, or give the ${this.className} before it returnSequences: true.`
            : 'its inputSize must be the last size of what comes before it.',
        shapes: [inputShape],
      })
    }
    return this.options.returnSequences === true ? [inputShape[0], this.units] : [this.units]
  }

  protected override createParameters(inputShape: Shape): void {
    const { kernelInitializer = 'glorotUniform', recurrentInitializer = 'orthogonal' } = this.options
    const columns = this.gates * this.units
    this.kernel = this.parameter([lastOf(inputShape), columns], kernelInitializer, [this.options, 'kernel'])
    this.recurrentKernel = this.parameter([this.units, columns], recurrentInitializer, [
      this.options,
      'recurrent',
    ])
    this.createBiases()
  }

  protected override inputShapeFrom(shapeOf: (parameter: string) => Shape | undefined): Shape | null {
    const kernel = shapeOf('kernel')
    return kernel?.length === 2 ? [UNKNOWN, kernel[0]] : null
  }

  override forward(x: Tensor, context: RecurrentContext<State> = {}): Output {
    return super.forward(x, context)
  }

  protected override compute(x: Tensor, context: RecurrentContext<State>): Output {
    const { returnSequences, returnState, goBackwards = false, stateful } = this.options
    const { mask = null, initialState = null } = context
    const first = initialState ?? (stateful === true ? this.stateFor(x.shape[0]) : null)
    const { dropout = 0, recurrentDropout = 0 } = this.options
    const [batch, , features] = x.shape
    const dropped = this.dropMask(dropout, [batch, 1, features])
    const kept = dropped === null ? x : x.mul(dropped)
    const keep = this.dropMask(recurrentDropout, [batch, this.units])
    const [sequence, ...state] = this.run(kept, first, mask, goBackwards, keep)
    if (stateful === true) this.carried = this.named(state.map(copied))
    let output = state[0]
    if (returnSequences === true) output = goBackwards ? sequence.flip({ axis: 1 }) : sequence
    const result = returnState === true ? [output, ...state] : output
    return result as Output
  }

  /** 0 where a feature is dropped, else 1/(1 − rate); null where nothing is dropped. */
  private dropMask(rate: number, shape: Shape): Tensor | null {
    if (!this.training || rate === 0) return null
    const generator = defaultGenerator()
    const values = Float32Array.from({ length: sizeOf(shape) }, () =>
      generator.next() < rate ? 0 : 1 / (1 - rate),
    )
    return fromCold(values, shape, 'float32')
  }

  /**
   * One step of the recurrence, to build one's own loops of: the next state from x [batch, inputSize] and a state
   * (zeros by default). Its `h` is the output. Nothing is dropped out.
   *
   * @example
   * let state = cell.step(first)
   * for (const x of others) state = cell.step(x.add(state.h), state)
   */
  step(x: Tensor, state: State | null = null): State {
    return inLayer(this.label, () => {
      if (x.rank !== 2) {
        throw new ShapeError({
          operation: this.label,
          problem: `needs a step [batch, features], got ${formatShape(x.shape)}.`,
          hint: 'forward() takes whole sequences.',
          shapes: [x.shape],
        })
      }
      const sequence = x.expandDims({ axis: 1 }) // [batch, 1, features]
      const compute = (): readonly Tensor[] => this.run(sequence, state, null, false, null).slice(1)
      return this.named(this.checked(sequence, compute))
    })
  }

  /** Where a stateful layer goes on, or null at the beginning of a sequence; `resetState` takes it back. */
  get state(): State | null {
    return this.carried
  }

  /**
   * Makes a stateful layer begin anew, or go on from a given state.
   * @throws ShapeError for a state of other tensors than [batch, units]
   */
  override resetState(state: State | null = null): void {
    const tensors: readonly (Tensor | undefined)[] = state === null ? [] : this.listed(state)
    for (const tensor of tensors) {
      const { shape = [] } = tensor ?? {}
      if (shape.length === 2 && shape[0] === tensors[0]?.shape[0] && shape[1] === this.units) continue
      throw new ShapeError({
        operation: this.label,
        problem: `needs a state of ${tensors.length} × [batch, ${this.units}], got ${tensors.map(each => (each === undefined ? 'nothing' : formatShape(each.shape))).join(', ')}.`,
        hint: 'pass what layer.state gave.',
        shapes: [shape],
      })
    }
    this.carried = state === null ? null : this.named(this.listed(state).map(copied))
  }

  private stateFor(batch: number): State | null {
    const remembered = this.carried?.h.shape[0] ?? batch
    if (remembered === batch) return this.carried
    throw new ShapeError({
      operation: this.label,
      problem: `is stateful and remembers a batch of ${remembered}, got one of ${batch}.`,
      hint: 'call resetState() before a new set of sequences; all batches of one set are of equal size.',
      shapes: [[remembered], [batch]],
    })
  }

  override get givesList(): boolean {
    return this.options.returnState === true
  }

  override get contextNames(): readonly string[] {
    return ['initialState']
  }

  override outputShapes([shape]: readonly (Shape | null)[]): readonly (Shape | null)[] {
    const output = shape === null ? null : this.outputShape(shape)
    if (!this.givesList) return [output]
    return [output, ...Array.from({ length: this.stateSize }, () => [this.units])]
  }

  /** Number of tensors in a state. */
  protected get stateSize(): number {
    return 1
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

/** The numbers alone: no gradient reaches back into the batch before, and nothing of it is kept alive. */
const copied = (value: Tensor): Tensor => fromCold(value.values(), value.shape, 'float32')

/** Refuses another value than the allowed ones. */
export function requireOneOf(layer: string, option: string, value: string, allowed: readonly string[]): void {
  if (allowed.includes(value)) return
  throw new ValueError({
    operation: layer,
    problem: `needs ${option} to be one of ${allowed.join(', ')}, got ${value}.`,
  })
}
