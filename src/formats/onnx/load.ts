import { UnsupportedError, ValueError } from '../../errors.ts'
import { openDisk } from '../../io/files.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { ModelResult } from '../../train/model.ts'
import { loadPeer } from '../shared/peer.ts'
import { functionKey, type Graph, readGraph, readOpsets } from './graph.ts'
import { OnnxModel } from './model.ts'
import { isKnown, operatorName } from './operators/table.ts'
import { refuse } from './refuse.ts'
import { type CreateReader, readModelProto } from './wire/read-model.ts'
import { type Trainable, weightsOf } from './weights.ts'

export interface LoadOnnxOptions {
  /**
   * Which floating constants are parameters; by default those with at least one axis that no operator reads as a
   * setting.
   */
  readonly trainable?: Trainable
  /** Most elements that an operator may make out of a shape (Expand, Range …). Default 2²⁸. */
  readonly maximumElements?: number
}

const MOST_ELEMENTS = 2 ** 28

/** The protobuf library's reader; an error that says what to install where it is missing. */
export async function loadReader(operation: string): Promise<CreateReader> {
  const { default: protobuf } = await loadPeer(operation, 'protobufjs', () => import('protobufjs/minimal.js'))
  return bytes => new protobuf.Reader(bytes)
}

/**
 * Reads an ONNX model, from a file or its bytes, into a model that predicts and can be trained further.
 *
 * The weights keep their names in the file. The model is in evaluation mode.
 *
 * @throws FormatError for a damaged file; UnsupportedError naming every operator that there is none of here
 * @example
 * const model = await loadOnnx('classifier.onnx')
 * const probabilities = model.predict(x)
 */
export async function loadOnnx<Result extends ModelResult = Tensor>(
  source: string | URL | Uint8Array | ArrayBuffer,
  options: LoadOnnxOptions = {},
): Promise<OnnxModel<Result>> {
  const bytes = await bytesOf(source)
  return readOnnx(await loadReader('loadOnnx'), bytes, options)
}

async function bytesOf(source: string | URL | Uint8Array | ArrayBuffer): Promise<Uint8Array> {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
  if (typeof source === 'string' || source instanceof URL) {
    const disk = await openDisk('loadOnnx')
    return disk.read(disk.toPath(source))
  }
  if (Object.prototype.toString.call(source) === '[object ArrayBuffer]') return new Uint8Array(source)
  throw new ValueError({
    operation: 'loadOnnx',
    problem: `takes a path or bytes, got ${typeof source}.`,
    argument: 'source',
    received: source,
  })
}

/** Reads a model from bytes with a protobuf reader that is there already. */
export function readOnnx<Result extends ModelResult = Tensor>(
  create: CreateReader,
  bytes: Uint8Array,
  options: LoadOnnxOptions = {},
): OnnxModel<Result> {
  const proto = readModelProto(create, bytes)
  if (proto.graph === undefined)
    return refuse('the model', 'it has no graph', { hint: 'is this an ONNX file?' })
  const opsets = readOpsets(proto.opsetImport)
  if (opsets.size === 0) opsets.set('', 1)
  const functions = new Map(proto.functions.map(entry => [functionKey(entry.domain, entry.name), entry]))
  const graph = readGraph(proto.graph, opsets, functions)
  if (graph.outputs.length === 0) refuse('the graph', 'it has no outputs')
  requireKnown(graph)
  return new OnnxModel(
    graph,
    weightsOf(graph, options.trainable),
    {
      producerName: proto.producerName,
      producerVersion: proto.producerVersion,
      irVersion: proto.irVersion,
      opsets,
      metadata: new Map(proto.metadata.map(({ key, value }) => [key, value])),
    },
    options.maximumElements ?? MOST_ELEMENTS,
  )
}

/** Refuses a graph with operators that there are none of here, naming all of them. */
function requireKnown(graph: Graph): void {
  const unknown = new Map<string, number>()
  const visit = ({ nodes }: Graph): void => {
    for (const node of nodes) {
      if (!isKnown(node)) unknown.set(operatorName(node), (unknown.get(operatorName(node)) ?? 0) + 1)
      for (const inner of node.graphs.values()) visit(inner)
      if (node.body !== null) visit(node.body)
    }
  }
  visit(graph)
  if (unknown.size === 0) return
  const list = [...unknown].map(([name, count]) => (count === 1 ? name : `${name} (${count} times)`))
  throw new UnsupportedError({
    operation: 'loadOnnx',
    problem: `cannot run this graph: no operator ${list.join(', ')}.`,
    hint: 'export the model with other operators, or an older operator set.',
    items: [...unknown.keys()],
  })
}
