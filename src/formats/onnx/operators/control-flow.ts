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

/** https://onnx.ai/onnx/operators/onnx__Scan.html, since version 9: state and slices go in, state and slices come out. */
function scan(call: Call): readonly Value[] {
  if (call.opset < 9) return refuse(call.node.label, 'Scan of version 8 is not supported')
  const { attributes } = call
  const sequences = attributes.int('num_scan_inputs', 0)
  const stateCount = call.inputCount - sequences
  if (sequences < 1 || stateCount < 0) return refuse(call.node.label, `it has ${sequences} scan inputs`)
  let state = Array.from({ length: stateCount }, (_, i) => call.input(i))
  const axes = attributes.ints('scan_input_axes')
  const inputReversed = attributes.ints('scan_input_directions')
  const inputs = Array.from({ length: sequences }, (_, i) => {
    const value = call.input(stateCount + i)
    return { value, axis: call.axis(axes?.[i] ?? 0, value.shape), reversed: inputReversed?.[i] === 1 }
  })
  const turns = inputs[0].value.shape[inputs[0].axis]
  const outputs: Value[][] = []
  for (let turn = 0; turn < turns; turn++) {
    const slices = inputs.map(({ value, axis, reversed }) => {
      const at = reversed ? turns - 1 - turn : turn
      return moved([value], ([t]) =>
        t.slice(t.shape.map((_, i) => (i === axis ? [at, at + 1] : null))).squeeze({ axis }),
      )
    })
    const results = call.branch('body', [...state, ...slices])
    state = results.slice(0, stateCount)
    results.slice(stateCount).forEach((value, i) => {
      outputs[i] ??= []
      outputs[i].push(value)
    })
  }
  const outputAxes = attributes.ints('scan_output_axes')
  const outputReversed = attributes.ints('scan_output_directions')
  return [
    ...state,
    ...outputs.map((list, i) => {
      const axis = outputAxes?.[i] ?? 0
      const rank = list[0].rank + 1
      return scanned(outputReversed?.[i] === 1 ? [...list].reverse() : list, axis < 0 ? axis + rank : axis)
    }),
  ]
}

export const controlFlowOperators: Operators = { If: choose, Loop: loop, Scan: scan }
