import { concat } from '../../../ops/concat.ts'
import { where } from '../../../ops/where.ts'
import { fromCold, type Tensor } from '../../../tensor/tensor.ts'
import type { Call, Operators } from '../call.ts'
import { refuse } from '../refuse.ts'
import type { Value } from '../value.ts'

/** [batch, time, heads·size] → [batch, heads, time, size]; four axes stay as they are. */
function heads(call: Call, x: Tensor, attribute: string): Tensor {
  if (x.rank === 4) return x
  const count = call.attributes.int(attribute, 0)
  const [batch, time, width] = x.shape
  if (x.rank !== 3 || count < 1 || width % count !== 0) {
    return refuse(call.node.label, `${attribute} = ${count} does not fit [${x.shape.join(', ')}]`)
  }
  return x.reshape([batch, time, count, width / count]).permute([0, 2, 1, 3])
}

/** Each head `times` times in a row: several query heads share the head of a key. */
function shared(x: Tensor, times: number): Tensor {
  if (times === 1) return x
  const [batch, count, time, size] = x.shape
  return x
    .reshape([batch, count, 1, time, size])
    .broadcastTo([batch, count, times, time, size])
    .reshape([batch, count * times, time, size])
}

const NEVER = Number.NEGATIVE_INFINITY

/** What is added to the scores [batch, heads, time, keys]: 0 or −∞, or the node's own bias. */
function biasOf(call: Call, batch: number, time: number, keys: number, past: number): Tensor | null {
  const parts: Tensor[] = []
  const given = call.optional(3)
  if (given !== null) {
    const mask = given.tensor()
    const bias = given.type === 'bool' ? where(mask, 0, NEVER) : call.float(3)
    const missing = keys - bias.shape[bias.rank - 1]
    // A mask for fewer keys forbids the others.
    parts.push(
      missing > 0 ? concat([bias, forbidden([...bias.shape.slice(0, -1), missing])], { axis: -1 }) : bias,
    )
  }
  const lengths = call.optionalWholes(6)
  if (call.attributes.flag('is_causal')) {
    parts.push(causal(batch, time, keys, lengths, past))
  }
  if (lengths !== null) {
    const values = lengths.flatMap(length =>
      Array.from({ length: keys }, (_, key) => (key < length ? 0 : NEVER)),
    )
    parts.push(fromCold(Float32Array.from(values), [batch, 1, 1, keys], 'float32'))
  }
  return parts.length === 0 ? null : parts.reduce((sum, part) => sum.add(part))
}

const forbidden = (shape: readonly number[]): Tensor =>
  fromCold(new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(NEVER), shape, 'float32')

/** A query sees keys up to its own place; after a past of `past` steps, or at the end of a cache filled so far. */
function causal(
  batch: number,
  time: number,
  keys: number,
  lengths: readonly number[] | null,
  past: number,
): Tensor {
  const offsets = lengths === null ? [past] : lengths.map(length => length - time)
  const values = offsets.flatMap(offset =>
    Array.from({ length: time * keys }, (_, i) => (i % keys <= Math.floor(i / keys) + offset ? 0 : NEVER)),
  )
  return fromCold(Float32Array.from(values), [lengths === null ? 1 : batch, 1, time, keys], 'float32')
}

/** https://onnx.ai/onnx/operators/onnx__Attention.html */
function attention(call: Call): readonly (Value | null)[] {
  const { attributes } = call
  const q = heads(call, call.float(0), 'q_num_heads')
  const [newKeys, newValues] = [1, 2].map(i => heads(call, call.float(i), 'kv_num_heads'))
  const [pastKeys, pastValues] = [call.optionalFloat(4), call.optionalFloat(5)]
  const keys = pastKeys === null ? newKeys : concat([pastKeys, newKeys], { axis: 2 })
  const values = pastValues === null ? newValues : concat([pastValues, newValues], { axis: 2 })
  const [batch, count, time, size] = q.shape
  const times = count / keys.shape[1]
  if (!Number.isInteger(times))
    return refuse(call.node.label, `${keys.shape[1]} heads of keys do not divide ${count}`)
  const scale = attributes.float('scale', 1 / Math.sqrt(size))
  const bias = biasOf(call, batch, time, keys.shape[2], pastKeys?.shape[2] ?? 0)
  const softcap = attributes.float('softcap', 0)
  const scores = q
    .mul(Math.sqrt(scale))
    .matmul(shared(keys, times).mul(Math.sqrt(scale)), { transposeB: true })
  const capped = softcap > 0 ? scores.div(softcap).tanh().mul(softcap) : scores
  const biased = bias === null ? capped : capped.add(bias)
  const weights = safeSoftmax(biased)
  const y = weights.matmul(shared(values, times))
  const isPacked = call.input(0).rank === 3
  const stages = [scores, capped, biased, weights]
  return [
    call.like(isPacked ? y.permute([0, 2, 1, 3]).reshape([batch, time, count * y.shape[3]]) : y),
    call.wants(1) ? call.like(keys) : null,
    call.wants(2) ? call.like(values) : null,
    call.wants(3) ? call.like(stages[attributes.int('qk_matmul_output_mode', 0)] ?? scores) : null,
  ]
}

/** Softmax over the keys; a query that may attend nowhere gets zeros. */
function safeSoftmax(scores: Tensor): Tensor {
  const best = scores.max({ axis: -1, keepDims: true })
  const isNowhere = best.equal(NEVER)
  return isNowhere.where(0, isNowhere.where(0, scores).softmax())
}

/** https://onnx.ai/onnx/operators/onnx__RotaryEmbedding.html */
function rotaryEmbedding(call: Call): Value {
  const { attributes } = call
  const given = call.float(0)
  const x = heads(call, given, 'num_heads')
  const [batch, count, time, size] = x.shape
  const turned = attributes.int('rotary_embedding_dim', 0) || size
  const half = turned / 2
  const isInterleaved = attributes.flag('interleaved')
  // [max, half] picked by position, or [batch, time, half] as they are.
  const table = (input: number): Tensor => {
    const places = call.optional(3)
    const rows = places === null ? call.float(input) : call.float(input).gather(places.tensor())
    return rows.slice([...rows.shape.slice(0, -1).map(() => null), [0, half]]).reshape([-1, 1, time, half])
  }
  const [cos, sin] = [table(1), table(2)]
  const part = x.slice([null, null, null, [0, turned]])
  const pairs = isInterleaved
    ? part.reshape([batch, count, time, half, 2])
    : part.reshape([batch, count, time, 2, half]).permute([0, 1, 2, 4, 3])
  const [a, b] = [0, 1].map(i => pairs.slice([null, null, null, null, [i, i + 1]]).squeeze({ axis: 4 }))
  const [real, imaginary] = [a.mul(cos).sub(b.mul(sin)), a.mul(sin).add(b.mul(cos))].map(t =>
    t.expandDims({ axis: 4 }),
  )
  const joined = concat([real, imaginary], { axis: 4 })
  const rotated = (isInterleaved ? joined : joined.permute([0, 1, 2, 4, 3])).reshape([
    batch,
    count,
    time,
    turned,
  ])
  const y =
    turned === size ? rotated : concat([rotated, x.slice([null, null, null, [turned, null]])], { axis: 3 })
  return call.like(given.rank === 3 ? y.permute([0, 2, 1, 3]).reshape(given.shape) : y)
}

export const attentionOperators: Operators = { Attention: attention, RotaryEmbedding: rotaryEmbedding }
