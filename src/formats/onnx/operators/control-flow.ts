import { stack } from '../../../ops/concat.ts'
import type { Call, Operators } from '../call.ts'
import { refuse } from '../refuse.ts'
import { Value } from '../value.ts'
import { moved } from './host.ts'

/** https://onnx.ai/onnx/operators/onnx__If.html */
const choose = (call: Call): readonly Value[] =>
  call.branch(call.number(0) !== 0 ? 'then_branch' : 'else_branch')

const MOST_TURNS = 100_000

/** Results of all turns, one after the other along a new axis. */
function scanned(turns: readonly Value[], axis = 0): Value {
  return moved(turns, tensors => stack(tensors, { axis }))
}

/** https://onnx.ai/onnx/operators/onnx__Loop.html: the body takes turn, condition, state; gives condition, state, outputs. */
function loop(call: Call): readonly (Value | null)[] {
  const most = call.optionalNumber(0) ?? Number.POSITIVE_INFINITY
  let goesOn = (call.optionalNumber(1) ?? 1) !== 0
  let state = Array.from({ length: Math.max(0, call.inputCount - 2) }, (_, i) => call.input(i + 2))
  const outputs: Value[][] = []
  for (let turn = 0; turn < most && goesOn; turn++) {
    if (turn === MOST_TURNS) return refuse(call.node.label, `it has not ended after ${MOST_TURNS} turns`)
    const results = call.branch('body', [Value.scalar(turn, 'int64'), Value.scalar(1, 'bool'), ...state])
    goesOn = results[0]?.numbers()[0] !== 0
    const { length } = state
    state = results.slice(1, 1 + length)
    results.slice(1 + length).forEach((value, i) => {
      outputs[i] ??= []
      outputs[i].push(value)
    })
  }
  const wanted = call.node.outputs.length - state.length
  return [
    ...state,
    ...Array.from({ length: wanted }, (_, i) => (outputs[i] === undefined ? null : scanned(outputs[i]))),
  ]
}

/** A sequence that a scan goes through. */
interface Sequence {
  readonly value: Value
  readonly axis: number
  readonly reversed: boolean
}

/** One element of a value along an axis, which goes. */
const elementAt = (value: Value, axis: number, at: number): Value =>
  moved([value], ([t]) =>
    t.slice(t.shape.map((_, i) => (i === axis ? [at, at + 1] : null))).squeeze({ axis }),
  )

/** Runs the body once for each element of the sequences; gives the state, and what each turn gave. */
function runScan(call: Call, first: readonly Value[], sequences: readonly Sequence[], turns: number) {
  let state = first
  const outputs: Value[][] = []
  for (let turn = 0; turn < turns; turn++) {
    const slices = sequences.map(({ value, axis, reversed }) =>
      elementAt(value, axis, reversed ? turns - 1 - turn : turn),
    )
    const results = call.branch('body', [...state, ...slices])
    state = results.slice(0, first.length)
    results.slice(first.length).forEach((value, i) => {
      outputs[i] ??= []
      outputs[i].push(value)
    })
  }
  return { state, outputs }
}

/** https://onnx.ai/onnx/operators/onnx__Scan.html: state and slices go in, state and slices come out. */
function scan(call: Call): readonly Value[] {
  const { attributes } = call
  if (call.opset < 9) return scanBatch(call)
  const count = attributes.int('num_scan_inputs', 0)
  const stateCount = call.inputCount - count
  if (count < 1 || stateCount < 0) return refuse(call.node.label, `it has ${count} scan inputs`)
  const axes = attributes.ints('scan_input_axes')
  const directions = attributes.ints('scan_input_directions')
  const sequences = Array.from({ length: count }, (_, i): Sequence => {
    const value = call.input(stateCount + i)
    return { value, axis: call.axis(axes?.[i] ?? 0, value.shape), reversed: directions?.[i] === 1 }
  })
  const first = Array.from({ length: stateCount }, (_, i) => call.input(i))
  const turns = sequences[0].value.shape[sequences[0].axis]
  const { state, outputs } = runScan(call, first, sequences, turns)
  const outputAxes = attributes.ints('scan_output_axes')
  const outputDirections = attributes.ints('scan_output_directions')
  return [
    ...state,
    ...outputs.map((list, i) => {
      const axis = outputAxes?.[i] ?? 0
      const rank = list[0].rank + 1
      return scanned(outputDirections?.[i] === 1 ? [...list].reverse() : list, axis < 0 ? axis + rank : axis)
    }),
  ]
}

/** Version 8: everything has a batch axis in front, and a first input says how long each sequence is. */
function scanBatch(call: Call): readonly Value[] {
  const count = call.attributes.int('num_scan_inputs', 0)
  const stateCount = call.inputCount - 1 - count
  if (count < 1 || stateCount < 0) return refuse(call.node.label, `it has ${count} scan inputs`)
  const directions = call.attributes.ints('directions')
  const lengths = call.optionalWholes(0)
  const [batch, time] = call.input(1 + stateCount).shape
  const runs = Array.from({ length: batch }, (_, example) => {
    const of = (input: number): Value => elementAt(call.input(1 + input), 0, example)
    const sequences = Array.from(
      { length: count },
      (_, i): Sequence => ({
        value: of(stateCount + i),
        axis: 0,
        reversed: directions?.[i] === 1,
      }),
    )
    const first = Array.from({ length: stateCount }, (_, i) => of(i))
    const { state, outputs } = runScan(call, first, sequences, lengths?.[example] ?? time)
    return [...state, ...outputs.map(list => scanned(list))]
  })
  return runs[0].map((_, i) => scanned(runs.map(results => results[i])))
}

export const controlFlowOperators: Operators = { If: choose, Loop: loop, Scan: scan }
