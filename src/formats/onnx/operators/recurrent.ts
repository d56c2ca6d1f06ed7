import { concat, stack } from '../../../ops/concat.ts'
import { gru as fusedGru } from '../../../ops/gru.ts'
import { lstm as fusedLstm } from '../../../ops/lstm.ts'
import { rnn as fusedRnn } from '../../../ops/rnn.ts'
import { fromCold, type Tensor } from '../../../tensor/tensor.ts'
import type { Call, Operators } from '../call.ts'
import { refuse } from '../refuse.ts'
import type { Value } from '../value.ts'
import { activationsOf, type Step } from './recurrent-activations.ts'
import { type Cell, gruCell, lstmCell, rnnCell, runCell } from './recurrent-cells.ts'

// RNN, GRU, LSTM: https://onnx.ai/onnx/operators/onnx__LSTM.html
// The fused operations of this library take the usual activations; a loop over the steps takes the others.

/** What one direction of a recurrent node works with; matrices are transposed, gates in ONNX's order. */
export interface Direction {
  /** [batch, time, inputSize] */
  readonly x: Tensor
  /** [inputSize, gates·units] */
  readonly w: Tensor
  /** [units, gates·units] */
  readonly r: Tensor
  /** Of x and of h, [gates·units] each. */
  readonly biases: readonly [Tensor, Tensor] | null
  /** [batch, units] */
  readonly h0: Tensor | null
  readonly c0: Tensor | null
  /** [3·units]: what i, o and f see of c. */
  readonly peepholes: Tensor | null
  /** bool [batch, time] */
  readonly mask: Tensor | null
  readonly reverse: boolean
  readonly units: number
  readonly activations: readonly Step[]
  readonly clip: number
}

interface Outcome {
  readonly sequence: Tensor
  readonly h: Tensor
  readonly c?: Tensor
}

/** Blocks of `units` columns in another order. */
function reordered(t: Tensor, units: number, order: readonly number[]): Tensor {
  if (order.every((block, i) => block === i)) return t
  const lead = t.shape.slice(0, -1).map(() => null)
  return concat(
    order.map(block => t.slice([...lead, [block * units, (block + 1) * units]])),
    { axis: -1 },
  )
}

const isPlain = ({ activations, clip }: Direction, ...names: readonly string[]): boolean =>
  clip === Number.POSITIVE_INFINITY && activations.every((step, i) => step.name === names[i])

/** ONNX's gates are i, o, f, c; ours are i, f, c, o. */
const LSTM_ORDER = [0, 2, 3, 1]

function lstmDirection(call: Call, direction: Direction): Outcome {
  const { units, biases, peepholes } = direction
  const isCoupled = call.attributes.flag('input_forget')
  const usual =
    isPlain(direction, 'Sigmoid', 'Tanh', 'Tanh') || isPlain(direction, 'KerasHardSigmoid', 'Tanh', 'Tanh')
  if (!usual || peepholes !== null || isCoupled) return looped(direction, lstmCell(direction, isCoupled))
  const arranged = (t: Tensor): Tensor => reordered(t, units, LSTM_ORDER)
  return fusedLstm(
    {
      x: direction.x,
      kernel: arranged(direction.w),
      recurrentKernel: arranged(direction.r),
      bias: biases === null ? null : arranged(biases[0].add(biases[1])),
      h0: direction.h0,
      c0: direction.c0,
    },
    {
      ...options(direction),
      recurrentActivation: direction.activations[0].name === 'Sigmoid' ? 'sigmoid' : 'hardSigmoid',
    },
  )
}

function gruDirection(call: Call, direction: Direction): Outcome {
  const { biases } = direction
  const resetAfter = call.attributes.flag('linear_before_reset')
  const usual = isPlain(direction, 'Sigmoid', 'Tanh') || isPlain(direction, 'KerasHardSigmoid', 'Tanh')
  if (!usual) return looped(direction, gruCell(direction, resetAfter))
  let bias: Tensor | null = null
  if (biases !== null) bias = resetAfter ? stack(biases) : biases[0].add(biases[1])
  return fusedGru(
    {
      x: direction.x,
      kernel: direction.w,
      recurrentKernel: direction.r,
      bias,
      h0: direction.h0,
    },
    {
      ...options(direction),
      resetAfter,
      recurrentActivation: direction.activations[0].name === 'Sigmoid' ? 'sigmoid' : 'hardSigmoid',
    },
  )
}

function rnnDirection(_call: Call, direction: Direction): Outcome {
  const { biases } = direction
  if (!isPlain(direction, 'Tanh') && !isPlain(direction, 'Relu')) return looped(direction, rnnCell(direction))
  return fusedRnn(
    {
      x: direction.x,
      kernel: direction.w,
      recurrentKernel: direction.r,
      bias: biases === null ? null : biases[0].add(biases[1]),
      h0: direction.h0,
    },
    { ...options(direction), activation: direction.activations[0].name === 'Tanh' ? 'tanh' : 'relu' },
  )
}

const options = ({ mask, reverse }: Direction) => ({ mask, reverse })

const looped = (direction: Direction, cell: Cell): Outcome => runCell(direction, cell)

interface Family {
  readonly gates: number
  /** Activations of one direction by default. */
  readonly activations: readonly string[]
  readonly run: (call: Call, direction: Direction) => Outcome
}

/** bool [batch, time] for sequences of these lengths; null where all are whole. */
function maskOf(lengths: readonly number[] | null, time: number): Tensor | null {
  if (lengths === null || lengths.every(length => length >= time)) return null
  const steps = lengths.flatMap(length => Array.from({ length: time }, (_, t) => (t < length ? 1 : 0)))
  return fromCold(Int32Array.from(steps), [lengths.length, time], 'bool')
}

const DIRECTIONS: Readonly<Record<string, readonly boolean[]>> = {
  forward: [false],
  reverse: [true],
  bidirectional: [false, true],
}

function recurrent(call: Call, { gates, activations, run }: Family): readonly (Value | null)[] {
  const { attributes, node } = call
  const isBatchFirst = attributes.int('layout', 0) === 1
  const given = call.float(0)
  const x = isBatchFirst ? given : given.permute([1, 0, 2])
  const [batch, time] = x.shape
  const [w, r] = [call.float(1), call.float(2)]
  const units = r.shape[r.rank - 1]
  const name = attributes.string('direction', 'forward')
  const reversals = Object.hasOwn(DIRECTIONS, name)
    ? DIRECTIONS[name]
    : refuse(node.label, `there is no direction "${name}"`)
  const lengths = call.optionalWholes(4)
  if (
    w.shape[0] !== reversals.length ||
    w.shape[1] !== gates * units ||
    (lengths !== null && lengths.length !== batch)
  ) {
    return refuse(
      node.label,
      `W [${w.shape.join(', ')}], R [${r.shape.join(', ')}] or the lengths do not fit`,
    )
  }
  const mask = maskOf(lengths, time)
  const of = (t: Tensor, direction: number): Tensor =>
    t.slice([[direction, direction + 1]]).squeeze({ axis: 0 })
  /** [directions, batch, units], or with layout 1 [batch, directions, units] */
  const state = (input: number, direction: number): Tensor | null => {
    const t = call.optionalFloat(input)
    return t === null ? null : of(isBatchFirst ? t.permute([1, 0, 2]) : t, direction)
  }
  const outcomes = reversals.map((reverse, i) => {
    const bias = call.optionalFloat(3)
    const row = bias === null ? null : of(bias, i)
    const peepholes = call.optionalFloat(7)
    return run(call, {
      x,
      w: of(w, i).transpose(),
      r: of(r, i).transpose(),
      biases: row === null ? null : [row.slice([[0, gates * units]]), row.slice([[gates * units, null]])],
      h0: state(5, i),
      c0: gates === 4 ? state(6, i) : null,
      peepholes: gates === 4 && peepholes !== null ? of(peepholes, i) : null,
      mask,
      reverse,
      units,
      activations: activationsOf(call, activations, i),
      clip: attributes.float('clip', Number.POSITIVE_INFINITY),
    })
  })
  // Steps after a sequence's end give zeros.
  const sequences = outcomes.map(({ sequence }) =>
    mask === null ? sequence : mask.expandDims({ axis: 2 }).where(sequence, 0),
  )
  const states = (pick: (outcome: Outcome) => Tensor): Value =>
    call.like(stack(outcomes.map(pick), { axis: isBatchFirst ? 1 : 0 }))
  return [
    // [batch, time, units] for each direction → [time, directions, batch, units] or [batch, time, directions, units]
    call.wants(0)
      ? call.like(
          isBatchFirst
            ? stack(sequences, { axis: 2 })
            : stack(
                sequences.map(s => s.permute([1, 0, 2])),
                { axis: 1 },
              ),
        )
      : null,
    call.wants(1) ? states(({ h }) => h) : null,
    gates === 4 && call.wants(2) ? states(({ c, h }) => c ?? h) : null,
  ]
}

export const recurrentOperators: Operators = {
  GRU: call => recurrent(call, { gates: 3, activations: ['Sigmoid', 'Tanh'], run: gruDirection }),
  LSTM: call => recurrent(call, { gates: 4, activations: ['Sigmoid', 'Tanh', 'Tanh'], run: lstmDirection }),
  RNN: call => recurrent(call, { gates: 1, activations: ['Tanh'], run: rnnDirection }),
}
