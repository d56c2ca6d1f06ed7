import type { Writer } from 'protobufjs'
import { ATTRIBUTE_TYPE } from './messages.ts'
import { WIRE } from './fields.ts'

// What exporting writes of onnx.proto; see messages.ts.

/** A tensor to be written: little-endian bytes. */
export interface WrittenTensor {
  readonly name: string
  readonly dataType: number
  readonly dims: readonly number[]
  readonly raw: Uint8Array
}

/** An attribute's value; whole numbers that are to be floats are wrapped. */
export type WrittenAttribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly graph: WrittenGraph }

export interface WrittenNode {
  readonly name: string
  readonly opType: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, WrittenAttribute>>
}

/** An input or output of the graph; sizes are numbers or names, null where even the rank is open. */
export interface WrittenPort {
  readonly name: string
  readonly dataType: number
  readonly shape: readonly (number | string)[] | null
}

export interface WrittenGraph {
  readonly name: string
  readonly nodes: readonly WrittenNode[]
  readonly initializers: readonly WrittenTensor[]
  readonly inputs: readonly WrittenPort[]
  readonly outputs: readonly WrittenPort[]
}

export interface WrittenModel {
  readonly irVersion: number
  readonly opset: number
  readonly producerName: string
  readonly producerVersion: string
  readonly graph: WrittenGraph
  readonly metadata: readonly (readonly [key: string, value: string])[]
}

const tag = (writer: Writer, field: number, wire: number): Writer => writer.uint32(field * 8 + wire)

const text = (writer: Writer, field: number, value: string): void => {
  tag(writer, field, WIRE.bytes).string(value)
}

const int = (writer: Writer, field: number, value: number): void => {
  tag(writer, field, WIRE.varint).int64(value)
}

/** A message inside a message: its length comes first. */
function message(writer: Writer, field: number, body: (writer: Writer) => void): void {
  tag(writer, field, WIRE.bytes).fork()
  body(writer)
  writer.ldelim()
}

/** The bytes of a ModelProto. */
export function writeModel(writer: Writer, model: WrittenModel): Uint8Array {
  int(writer, 1, model.irVersion)
  text(writer, 2, model.producerName)
  text(writer, 3, model.producerVersion)
  message(writer, 7, part => writeGraph(part, model.graph))
  message(writer, 8, set => {
    text(set, 1, '')
    int(set, 2, model.opset)
  })
  for (const [key, value] of model.metadata) {
    message(writer, 14, entry => {
      text(entry, 1, key)
      text(entry, 2, value)
    })
  }
  return writer.finish()
}

function writeGraph(writer: Writer, graph: WrittenGraph): void {
  for (const node of graph.nodes) message(writer, 1, part => writeNode(part, node))
  text(writer, 2, graph.name)
  for (const tensor of graph.initializers) message(writer, 5, part => writeTensor(part, tensor))
  for (const port of graph.inputs) message(writer, 11, part => writePort(part, port))
  for (const port of graph.outputs) message(writer, 12, part => writePort(part, port))
}

function writeNode(writer: Writer, { name, opType, inputs, outputs, attributes }: WrittenNode): void {
  for (const input of inputs) text(writer, 1, input)
  for (const output of outputs) text(writer, 2, output)
  text(writer, 3, name)
  text(writer, 4, opType)
  for (const [key, value] of Object.entries(attributes)) {
    message(writer, 5, part => {
      text(part, 1, key)
      writeAttribute(part, value)
    })
  }
}

function writeAttribute(writer: Writer, value: WrittenAttribute): void {
  const type = (kind: keyof typeof ATTRIBUTE_TYPE): void => int(writer, 20, ATTRIBUTE_TYPE[kind])
  if (typeof value === 'number') {
    int(writer, 3, value)
    type('int')
  } else if (typeof value === 'string') {
    text(writer, 4, value)
    type('string')
  } else if ('float' in value) {
    tag(writer, 2, WIRE.fixed32).float(value.float)
    type('float')
  } else if ('floats' in value) {
    for (const item of value.floats) tag(writer, 7, WIRE.fixed32).float(item)
    type('floats')
  } else if ('graph' in value) {
    message(writer, 6, part => writeGraph(part, value.graph))
    type('graph')
  } else if (value.every(item => typeof item === 'string')) {
    for (const item of value) text(writer, 9, item)
    type('strings')
  } else {
    for (const item of value) int(writer, 8, Number(item))
    type('ints')
  }
}

function writeTensor(writer: Writer, { name, dataType, dims, raw }: WrittenTensor): void {
  for (const size of dims) int(writer, 1, size)
  int(writer, 2, dataType)
  text(writer, 8, name)
  tag(writer, 9, WIRE.bytes).bytes(raw)
}

function writePort(writer: Writer, { name, dataType, shape }: WrittenPort): void {
  text(writer, 1, name)
  message(writer, 2, type =>
    message(type, 1, tensor => {
      int(tensor, 1, dataType)
      if (shape === null) return
      message(tensor, 2, sizes => {
        for (const size of shape) {
          message(sizes, 1, dimension => {
            if (typeof size === 'number') int(dimension, 1, size)
            else text(dimension, 2, size)
          })
        }
      })
    }),
  )
}
