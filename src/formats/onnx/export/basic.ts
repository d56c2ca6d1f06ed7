import { Activation } from '../../../nn/activation.ts'
import type { ActivationName } from '../../../nn/activations.ts'
import { Dense } from '../../../nn/dense.ts'
import { Dropout } from '../../../nn/dropout.ts'
import { Embedding } from '../../../nn/embedding.ts'
import { Flatten } from '../../../nn/flatten.ts'
import { UNKNOWN } from '../../../nn/layer.ts'
import { GaussianNoise, SpatialDropout1D } from '../../../nn/noise.ts'
import { RepeatVector } from '../../../nn/repeat-vector.ts'
import { Permute, Reshape } from '../../../nn/reshape.ts'
import { TimeDistributed } from '../../../nn/time-distributed.ts'
import { type Shape, sizeOf } from '../../../tensor/shape.ts'
import { writeActivation } from './activations.ts'
import type { Edge } from './builder.ts'
import type { Application, Exporters } from './exporter.ts'
import { renamed, type Scope } from './scope.ts'

/** An activation on an edge; only those over the last axis mind where the channels are. */
export function activated(scope: Scope, edge: Edge, name: ActivationName): Edge {
  if (name === 'linear') return edge
  const x = name === 'softmax' || name === 'logSoftmax' ? scope.plain(edge) : edge
  return renamed(x, writeActivation(scope, name, x.name))
}

/** x·kernel + bias: Gemm for rows, MatMul and Add for more axes. */
function writeDense(layer: Dense, { inputs, scope }: Application): Edge {
  const x = scope.plain(inputs[0])
  const kernel = scope.weight('kernel', layer.kernel)
  const bias = layer.bias === null ? null : scope.weight('bias', layer.bias)
  const shape = [...x.shape.slice(0, -1), layer.units]
  let name: string
  if (x.shape.length === 2) name = scope.op('Gemm', bias === null ? [x.name, kernel] : [x.name, kernel, bias])
  else {
    const product = scope.op('MatMul', [x.name, kernel])
    name = bias === null ? product : scope.op('Add', [product, bias])
  }
  return activated(scope, renamed(x, name, shape), layer.activation)
}

function writeEmbedding(layer: Embedding, { inputs, scope }: Application): Edge {
  const [ids] = inputs
  const whole = ids.type === 'float32' ? scope.op('Cast', [ids.name], { to: 6 }) : ids.name
  const name = scope.op('Gather', [scope.weight('embeddings', layer.embeddings), whole], { axis: 0 })
  const { maskZero } = layer.config()
  return {
    name,
    shape: [...ids.shape, layer.embeddings.shape[1]],
    type: 'float32',
    channelsSecond: false,
    mask: maskZero === true ? scope.op('Cast', [whole], { to: 9 }) : null,
  }
}

function writeFlatten({ inputs, scope }: Application): Edge {
  const x = scope.plain(inputs[0])
  const rest = x.shape.slice(1)
  const size = rest.includes(UNKNOWN) ? UNKNOWN : sizeOf(rest)
  return { ...renamed(x, scope.op('Flatten', [x.name], { axis: 1 }), [x.shape[0], size]), mask: null }
}

/** A size of 0 keeps the batch. */
function writeReshape(layer: Reshape, { inputs, scope }: Application): Edge {
  const x = scope.plain(inputs[0])
  const shape = layer.outputShape(x.shape.slice(1))
  const open = shape.filter(size => size === UNKNOWN).length
  if (open > 1) return scope.refuse(`has ${open} open sizes after reshaping, and ONNX takes one.`)
  const name = scope.op('Reshape', [x.name, scope.ints(0, ...shape)])
  return { ...renamed(x, name, [x.shape[0], ...shape]), mask: null }
}

function writePermute(layer: Permute, { inputs, scope }: Application): Edge {
  const x = scope.plain(inputs[0])
  const dims = layer.config().dims as readonly number[]
  const perm = [0, ...dims]
  const name = scope.op('Transpose', [x.name], { perm })
  return {
    ...renamed(
      x,
      name,
      perm.map(axis => x.shape[axis]),
    ),
    mask: null,
  }
}

function writeRepeat(layer: RepeatVector, { inputs, scope }: Application): Edge {
  const x = scope.plain(inputs[0])
  const column = scope.op('Unsqueeze', [x.name, scope.ints(1)])
  const name = scope.op('Tile', [column, scope.ints(1, layer.times, 1)])
  return { ...renamed(x, name, [x.shape[0], layer.times, x.shape[1]]), mask: null }
}

/** Steps and examples become one axis, and two again after the layer. */
function writeTimeDistributed(layer: TimeDistributed, { inputs, scope, write }: Application): Edge {
  const x = scope.plain(inputs[0])
  const [batch, time, ...rest] = x.shape
  if (layer.layer instanceof Dense && rest.length === 1) {
    const [y] = write(layer.layer, [x], scope.inside('layer'))
    return { ...y, mask: x.mask }
  }
  if (rest.includes(UNKNOWN)) return scope.refuse('has steps of an open size.')
  const all = scope.op('Reshape', [x.name, scope.ints(-1, ...rest)])
  const steps: Edge = { ...renamed(x, all, [UNKNOWN, ...rest]), mask: null }
  const [y] = write(layer.layer, [steps], scope.inside('layer'))
  const result = scope.plain(y)
  const after: Shape = result.shape.slice(1)
  const lead = scope.op('Slice', [scope.shapeOf(x.name), scope.ints(0), scope.ints(2)])
  const shape = scope.op('Concat', [lead, scope.ints(...after)], { axis: 0 })
  const name = scope.op('Reshape', [result.name, shape])
  return { ...renamed(result, name, [batch, time, ...after]), mask: x.mask }
}

/** What only training uses lets everything pass. */
const pass = ({ inputs }: Application): Edge => inputs[0]

export const addBasicLayers = (exporters: Exporters): Exporters =>
  exporters
    .add(Activation, (layer, { inputs, scope }) => activated(scope, inputs[0], layer.activation))
    .add(Dense, writeDense)
    .add(Dropout, (_, application) => pass(application))
    .add(Embedding, writeEmbedding)
    .add(Flatten, (_, application) => writeFlatten(application))
    .add(GaussianNoise, (_, application) => pass(application))
    .add(Permute, writePermute)
    .add(RepeatVector, writeRepeat)
    .add(Reshape, writeReshape)
    .add(SpatialDropout1D, (_, application) => pass(application))
    .add(TimeDistributed, writeTimeDistributed)
