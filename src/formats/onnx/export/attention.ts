import { MultiHeadAttention } from '../../../nn/attention.ts'
import { TransformerDecoderLayer } from '../../../nn/transformer-decoder.ts'
import { TransformerEncoderLayer } from '../../../nn/transformer-encoder.ts'
import type { Edge } from './builder.ts'
import type { Application, EdgeContext, Exporters } from './exporter.ts'
import { addPositions, rotated, timeRange } from './positions.ts'
import { renamed, type Scope } from './scope.ts'

/** Takes the place of −∞ where attention is not allowed: a row without a key then has no NaN. */
const FORBIDDEN = -1e30

/** A mask of any type as bool. */
const asBool = (scope: Scope, edge: Edge): string =>
  edge.type === 'bool' ? edge.name : scope.op('Cast', [edge.name], { to: 9 })

/** bool [time, keys]: a query sees keys up to its own place, the queries being the last ones. */
function causalMask(scope: Scope, queries: string, keys: string): string {
  const rows = timeRange(scope, queries)
  const columns = timeRange(scope, keys)
  const length = (name: string): string =>
    scope.op('Gather', [scope.shapeOf(name), scope.ints(1)], { axis: 0 })
  const offset = scope.op('Sub', [length(keys), length(queries)])
  const last = scope.op('Unsqueeze', [scope.op('Add', [rows, offset]), scope.ints(1)])
  return scope.op('Not', [scope.op('Greater', [scope.op('Unsqueeze', [columns, scope.ints(0)]), last])])
}

/** Which keys a query may see: all conditions together, or null; and what is added to the scores. */
function masksOf(scope: Scope, layer: MultiHeadAttention, x: Edge, key: Edge, context: EdgeContext) {
  const conditions: string[] = []
  const given = context.get('keyMask')
  const isSelf = !context.has('key')
  if (given !== undefined) conditions.push(scope.op('Unsqueeze', [asBool(scope, given), scope.ints(1, 2)]))
  else if (isSelf && x.mask !== null) conditions.push(scope.op('Unsqueeze', [x.mask, scope.ints(1, 2)]))
  const attentionMask = context.get('attentionMask')
  const isBias = attentionMask?.type === 'float32'
  if (attentionMask !== undefined && !isBias) conditions.push(asBool(scope, attentionMask))
  if (layer.config().causal === true) conditions.push(causalMask(scope, x.name, key.name))
  const allowed =
    conditions.length === 0 ? null : conditions.reduce((all, mask) => scope.op('And', [all, mask]))
  return { allowed, bias: isBias ? attentionMask.name : null }
}

/** [batch, time, heads·size] → [batch, heads, time, size], or [batch, heads, size, time] */
function split(scope: Scope, x: string, heads: number, size: number, perm: readonly number[]): string {
  const apart = scope.op('Reshape', [x, scope.ints(0, 0, heads, size)])
  return scope.op('Transpose', [apart], { perm })
}

/** softmax(q·kᵀ/√size + mask)·v in heads: Vaswani et al. 2017. */
function writeAttention(layer: MultiHeadAttention, { inputs, context, scope, write }: Application): Edge {
  const x = scope.plain(inputs[0])
  const key = context.get('key') ?? x
  const value = context.get('value') ?? key
  const { numHeads, rotary } = layer.config()
  const heads = Number(numHeads)
  const { units } = layer.query
  const size = units / heads
  const [q] = write(layer.query, [x], scope.inside('query'))
  const [k] = write(layer.key, [key], scope.inside('key'))
  const [v] = write(layer.value, [value], scope.inside('value'))
  const turned = (edge: Edge): string =>
    rotary === true ? rotated(scope, edge.name, heads, size) : edge.name
  const queries = split(scope, turned(q), heads, size, [0, 2, 1, 3])
  const keys = split(scope, turned(k), heads, size, [0, 2, 3, 1])
  const products = scope.op('MatMul', [queries, keys])
  const scores = scope.op('Mul', [products, scope.float(1 / Math.sqrt(size))])
  const { allowed, bias } = masksOf(scope, layer, x, key, context)
  const biased = bias === null ? scores : scope.op('Add', [scores, bias])
  const weights = maskedSoftmax(scope, biased, allowed)
  const values = split(scope, v.name, heads, size, [0, 2, 1, 3])
  const blocks = scope.op('Transpose', [scope.op('MatMul', [weights, values])], { perm: [0, 2, 1, 3] })
  const merged = scope.op('Reshape', [blocks, scope.ints(0, 0, units)])
  const [y] = write(layer.output, [renamed(q, merged)], scope.inside('output'))
  return { ...y, mask: x.mask }
}

/** A query that may attend nowhere gets zeros. */
function maskedSoftmax(scope: Scope, scores: string, allowed: string | null): string {
  if (allowed === null) return scope.op('Softmax', [scores], { axis: -1 })
  const safe = scope.op('Where', [allowed, scores, scope.float(FORBIDDEN)])
  return scope.op('Where', [allowed, scope.op('Softmax', [safe], { axis: -1 }), scope.float(0)])
}

type Block = TransformerEncoderLayer | TransformerDecoderLayer

/** norm(x + part(x)), or with normFirst x + part(norm(x)) */
function residual(
  layer: Block,
  norm: 'attentionNorm' | 'crossNorm' | 'outputNorm',
  { scope, write }: Application,
  x: Edge,
  part: (x: Edge) => Edge,
): Edge {
  const module =
    norm === 'crossNorm' ? (layer instanceof TransformerDecoderLayer ? layer.crossNorm : null) : layer[norm]
  const normalized = (edge: Edge): Edge =>
    module === null ? edge : write(module, [edge], scope.inside(norm))[0]
  const plus = (y: Edge): Edge => renamed(x, scope.op('Add', [x.name, y.name]))
  if (layer.config().normFirst === true) return plus(part(normalized(x)))
  return normalized(plus(part(x)))
}

const feedForward = (layer: Block, application: Application, x: Edge): Edge => {
  const { scope, write } = application
  return residual(layer, 'outputNorm', application, x, y => {
    const [middle] = write(layer.intermediate, [y], scope.inside('intermediate'))
    return write(layer.output, [middle], scope.inside('output'))[0]
  })
}

/** Part of a call's context, under other names. */
function handed(context: EdgeContext, names: Readonly<Record<string, string>>): EdgeContext {
  const entries = Object.entries(names).flatMap(([from, to]): [string, Edge][] => {
    const edge = context.get(from)
    return edge === undefined ? [] : [[to, edge]]
  })
  return new Map(entries)
}

function writeEncoder(layer: TransformerEncoderLayer, application: Application): Edge {
  const { inputs, context, scope, write } = application
  const own = handed(context, { attentionMask: 'attentionMask' })
  const attended = residual(layer, 'attentionNorm', application, scope.plain(inputs[0]), y => {
    return write(layer.attention, [y], scope.inside('attention'), own)[0]
  })
  return feedForward(layer, application, attended)
}

function writeDecoder(layer: TransformerDecoderLayer, application: Application): Edge {
  const { inputs, context, scope, write } = application
  let x = residual(layer, 'attentionNorm', application, scope.plain(inputs[0]), y => {
    return write(layer.attention, [y], scope.inside('attention'))[0]
  })
  const { crossAttention } = layer
  if (crossAttention !== null) {
    if (!context.has('memory'))
      return scope.refuse('attends to an encoder, and the model gives it no memory.')
    const memory = handed(context, { memory: 'key', memoryMask: 'keyMask' })
    x = residual(layer, 'crossNorm', application, x, y => {
      return write(crossAttention, [y], scope.inside('crossAttention'), memory)[0]
    })
  }
  return feedForward(layer, application, x)
}

export const addAttentionLayers = (exporters: Exporters): Exporters =>
  addPositions(exporters)
    .add(MultiHeadAttention, writeAttention)
    .add(TransformerDecoderLayer, writeDecoder)
    .add(TransformerEncoderLayer, writeEncoder)
