import { ShapeError, ValueError } from '../errors.ts'
import { stack } from '../ops/concat.ts'
import { reshape } from '../ops/reshape.ts'
import { slice } from '../ops/slice.ts'
import { where } from '../ops/where.ts'
import { zeros } from '../tensor/creation.ts'
import type { Shape } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { describeShape, Layer, type LayerConfig, type LayerOptions } from './layer.ts'
import { type ForwardContext, Module } from './module.ts'
import { refuseUnknown } from './options.ts'

/** The tensors that a cell carries from step to step, by name; the output is a function of them or of the input. */
export type CellState = Readonly<Record<string, Tensor>>

/** What a cell makes of a step. */
export interface CellStep<State extends CellState> {
  /** [batch, ...] */
  readonly output: Tensor
  readonly state: State
}

/**
 * One step of a recurrence of your own; `RNN` runs it over sequences.
 *
 * @example
 * class Leaky extends Cell<{ h: Tensor }> {
 *   readonly input = dense({ units: 8 })
 *   override readonly stateShape = { h: [8] }
 *   step(x: Tensor, { h }: { h: Tensor }) {
 *     const next = h.mul(0.9).add(this.input.forward(x).mul(0.1))
 *     return { output: next.tanh(), state: { h: next } }
 *   }
 * }
 */
export abstract class Cell<State extends CellState = CellState> extends Module {
  /** Shape of each tensor of the state, without the batch axis: it begins as zeros. */
  abstract readonly stateShape: { readonly [Name in keyof State]: Shape }

  /** The next state, and the output, from x [batch, ...] and a state. */
  abstract step(x: Tensor, state: State): CellStep<State>

  /** Shape of an output example; by default that of the first tensor of the state. */
  outputShape(_inputShape: Shape): Shape {
    const [first] = Object.values<Shape>(this.stateShape)
    return first
  }

  /** The state before the first step. */
  zeroState(batch: number): State {
    const entries = Object.entries<Shape>(this.stateShape)
    return Object.fromEntries(entries.map(([name, shape]) => [name, zeros([batch, ...shape])])) as State
  }

  /** One step from the zero state. */
  override forward(x: Tensor): Tensor {
    return this.step(x, this.zeroState(x.shape[0])).output
  }
}

export interface RNNOptions<State extends CellState = CellState> extends LayerOptions {
  /** What makes a step. */
  readonly cell: Cell<State>
  /** Give the output of every step instead of the last one only. Default false. */
  readonly returnSequences?: boolean
  /** Read the sequence from its end; outputs are in the order of processing, as in Keras. Default false. */
  readonly goBackwards?: boolean
  /** Go on from the last state of the batch before, until `resetState()`. Default false. */
  readonly stateful?: boolean
}

export interface RNNContext<State extends CellState = CellState> extends ForwardContext {
  /** The state before the first step; zeros by default. */
  readonly initialState?: State | null
}

/**
 * Runs a cell of your own over sequences.
 *
 *   [batch, time, ...] → [batch, ...], or [batch, time, ...] with returnSequences
 *
 * Steps that the mask names padding leave state and output as they are.
 *
 * @throws ShapeError for a sequence without steps; ValueError for anything but a Cell
 * @example sequential(rnn({ cell: new Leaky(), returnSequences: true }), dense({ units: 1 }))
 */
export class RNN<State extends CellState = CellState> extends Layer {
  static override readonly className: string = 'RNN'
  readonly cell: Cell<State>
  private readonly returnSequences: boolean
  private readonly goBackwards: boolean
  private readonly stateful: boolean
  private carried: State | null = null

  constructor(options: RNNOptions<State>) {
    refuseUnknown('RNN', options, ['name', 'cell', 'returnSequences', 'goBackwards', 'stateful'])
    super(options)
    const { cell, returnSequences = false, goBackwards = false, stateful = false } = options
    if (!(cell instanceof Cell)) {
      throw new ValueError({
        operation: 'RNN',
        problem: 'needs a cell.',
        hint: 'extend Cell with stateShape and step; LSTM, GRU and SimpleRNN are layers of their own.',
        argument: 'cell',
        received: cell,
      })
    }
    this.cell = cell
    this.returnSequences = returnSequences
    this.goBackwards = goBackwards
    this.stateful = stateful
  }

  override outputShape(inputShape: Shape): Shape {
    if (inputShape.length < 1) {
      throw new ShapeError({
        operation: this.label,
        problem: `needs [batch, time, ...], got ${describeShape(inputShape)}.`,
        hint: 'the second axis counts the steps.',
        shapes: [inputShape],
      })
    }
    const output = this.cell.outputShape(inputShape.slice(1))
    return this.returnSequences ? [inputShape[0], ...output] : output
  }

  override get contextNames(): readonly string[] {
    return ['initialState']
  }

  override forward(x: Tensor, context: RNNContext<State> = {}): Tensor {
    return super.forward(x, context)
  }

  protected override compute(x: Tensor, { mask = null, initialState = null }: RNNContext<State>): Tensor {
    const [batch, time, ...rest] = x.shape
    if (time === 0) {
      throw new ShapeError({
        operation: this.label,
        problem: 'needs at least one step, got none.',
        hint: 'leave empty sequences out.',
        shapes: [x.shape],
      })
    }
    let state = initialState ?? this.carried ?? this.cell.zeroState(batch)
    let output: Tensor | null = null
    const outputs: Tensor[] = []
    for (let turn = 0; turn < time; turn++) {
      const t = this.goBackwards ? time - 1 - turn : turn
      const next = this.cell.step(reshape(slice(x, [null, [t, t + 1]]), [batch, ...rest]), state)
      if (mask === null) {
        state = next.state
        output = next.output
      } else {
        const counts = slice(mask, [null, [t, t + 1]])
        state = mapState(next.state, (value, name) => kept(counts, value, state[name]))
        output = kept(counts, next.output, output ?? next.output.mul(0))
      }
      outputs.push(output)
    }
    if (this.stateful)
      this.carried = mapState(state, value => fromCold(value.values(), value.shape, 'float32'))
    return this.returnSequences ? stack(outputs, { axis: 1 }) : outputs[time - 1]
  }

  /** Makes a stateful layer begin anew. */
  override resetState(): void {
    super.resetState()
    this.carried = null
  }

  override maskFor(_x: Tensor, mask: Tensor | null): Tensor | null {
    if (!this.returnSequences || mask === null) return null
    return this.goBackwards ? mask.flip({ axis: 1 }) : mask
  }

  /** @throws ValueError always: a cell is code, which no file can hold */
  override config(): LayerConfig {
    throw new ValueError({
      operation: this.label,
      problem: `cannot be saved: its cell ${this.cell.constructor.name} is code of your own.`,
      hint: 'save the weights: serializeStateDict(model.stateDict()); or extend Layer, with a config() of plain data.',
    })
  }
}

/** `next` where the step counts, else `before`. */
const kept = (counts: Tensor, next: Tensor, before: Tensor): Tensor =>
  where(reshape(counts, [counts.shape[0], ...next.shape.slice(1).map(() => 1)]), next, before)

const mapState = <State extends CellState>(
  state: State,
  map: (value: Tensor, name: string) => Tensor,
): State =>
  Object.fromEntries(Object.entries(state).map(([name, value]) => [name, map(value, name)])) as State

/** An `RNN` layer. */
export const rnn = <State extends CellState>(options: RNNOptions<State>): RNN<State> => new RNN(options)
