import { type Range, slice } from '../../../ops/slice.ts'
import type { Call, Operators } from '../call.ts'
import { refuse } from '../refuse.ts'
import type { Value } from '../value.ts'
import { indexTensor, moved } from './host.ts'
import { padded } from './movement.ts'

type Pads = readonly (readonly [before: number, after: number])[]

/** `pads` is [starts…, ends…]; for some axes only since version 18. */
function padsOf(call: Call, rank: number): Pads {
  const { attributes, opset } = call
  const name = opset < 2 ? 'paddings' : 'pads'
  const list = opset < 11 ? attributes.required(name, attributes.ints(name)) : call.wholes(1)
  const given = opset < 11 ? null : call.optionalWholes(3)
  const axes =
    given?.map(axis => (axis < 0 ? axis + rank : axis)) ?? Array.from({ length: rank }, (_, i) => i)
  if (list.length !== 2 * axes.length)
    return refuse(call.node.label, `it has ${list.length} pads for ${axes.length} axes`)
  return Array.from({ length: rank }, (_, axis) => {
    const i = axes.indexOf(axis)
    return i < 0 ? [0, 0] : [list[i], list[axes.length + i]]
  })
}

/** Which element of an axis stands at `place`, counted from its start, outside of it too. */
const WHERE: Readonly<Record<string, (place: number, size: number) => number>> = {
  edge: (place, size) => Math.min(size - 1, Math.max(0, place)),
  reflect: (place, size) => {
    if (size === 1) return 0
    const period = 2 * (size - 1)
    const rest = ((place % period) + period) % period
    return Math.min(rest, period - rest)
  },
  wrap: (place, size) => ((place % size) + size) % size,
}

/** https://onnx.ai/onnx/operators/onnx__Pad.html: negative pads cut elements off. */
function pad(call: Call): Value {
  const x = call.input(0)
  const pads = padsOf(call, x.rank)
  const mode = call.attributes.string('mode', 'constant')
  call.bounded(x.shape.map((size, i) => size + pads[i][0] + pads[i][1]))
  if (mode === 'constant') {
    const filling =
      call.opset < 11 ? call.attributes.float('value', 0) : (call.optional(2)?.numbers()[0] ?? 0)
    const cuts = pads.map(
      ([before, after], i): Range => [Math.max(0, -before), x.shape[i] - Math.max(0, -after)],
    )
    return padded(
      moved([x], ([t]) => slice(t, cuts)),
      pads.map(([before, after]) => [Math.max(0, before), Math.max(0, after)]),
      filling,
    )
  }
  const source = Object.hasOwn(WHERE, mode) ? WHERE[mode] : null
  if (source === null) return refuse(call.node.label, `there is no mode "${mode}"`)
  return pads.reduce((value, [before, after], axis) => {
    if (before === 0 && after === 0) return value
    const size = value.shape[axis]
    const places = Int32Array.from({ length: size + before + after }, (_, i) => source(i - before, size))
    return moved([value], ([t]) => t.gather(indexTensor(places, [places.length]), { axis }))
  }, x)
}

export const padOperators: Operators = { Pad: pad }
