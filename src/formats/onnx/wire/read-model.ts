import type { Reader } from 'protobufjs'
import { FormatError } from '../../../errors.ts'
import { refuse } from '../refuse.ts'
import { FieldReader } from './fields.ts'
import type {
  AttributeProto,
  EntryProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  OperatorSetProto,
  TensorProto,
} from './messages.ts'
import { readTensor, readValueInfo } from './read-tensor.ts'

/** What makes a reader over bytes: `Reader.create` of protobufjs. */
export type CreateReader = (bytes: Uint8Array) => Reader

/** Reads a whole file; whatever the protobuf library throws is a FormatError here. */
function readFile<T>(
  create: CreateReader,
  bytes: Uint8Array,
  what: string,
  read: (fields: FieldReader) => T,
): T {
  try {
    // A Buffer of Node slices differently.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return read(new FieldReader(create(plain), plain.length, 0, what))
  } catch (cause) {
    if (cause instanceof FormatError) throw cause
    return refuse(
      what,
      `the bytes are no protobuf message (${cause instanceof Error ? cause.message : String(cause)})`,
      {
        hint: 'the file is damaged, or no ONNX file.',
        cause,
      },
    )
  }
}

/** @throws FormatError for bytes that are no ModelProto */
export const readModelProto = (create: CreateReader, bytes: Uint8Array): ModelProto =>
  readFile(create, bytes, 'the model', readModel)

/** @throws FormatError for bytes that are no TensorProto */
export const readTensorProto = (create: CreateReader, bytes: Uint8Array): TensorProto =>
  readFile(create, bytes, 'the tensor', readTensor)

function readModel(fields: FieldReader): ModelProto {
  const model: ModelProto = {
    irVersion: 0,
    producerName: '',
    producerVersion: '',
    opsetImport: [],
    functions: [],
    metadata: [],
  }
  fields.each(field => {
    if (field === 1) model.irVersion = fields.int()
    else if (field === 2) model.producerName = fields.text()
    else if (field === 3) model.producerVersion = fields.text()
    else if (field === 7) model.graph = fields.message('the graph', readGraph)
    else if (field === 8) model.opsetImport.push(fields.message('an operator set', readOperatorSet))
    else if (field === 14) model.metadata.push(fields.message('the metadata', readEntry))
    else if (field === 25) model.functions.push(fields.message('a function', readFunction))
    else return false
    return true
  })
  return model
}

function readOperatorSet(fields: FieldReader): OperatorSetProto {
  const set: OperatorSetProto = { domain: '', version: 0 }
  fields.each(field => {
    if (field === 1) set.domain = fields.text()
    else if (field === 2) set.version = fields.int()
    else return false
    return true
  })
  return set
}

function readEntry(fields: FieldReader): EntryProto {
  const entry: EntryProto = { key: '', value: '' }
  fields.each(field => {
    if (field === 1) entry.key = fields.text()
    else if (field === 2) entry.value = fields.text()
    else return false
    return true
  })
  return entry
}

function readGraph(fields: FieldReader): GraphProto {
  const graph: GraphProto = {
    name: '',
    nodes: [],
    initializers: [],
    sparseInitializers: 0,
    inputs: [],
    outputs: [],
  }
  fields.each(field => {
    if (field === 1) graph.nodes.push(fields.message('a node', readNode))
    else if (field === 2) graph.name = fields.text()
    else if (field === 5) graph.initializers.push(fields.message('an initializer', readTensor))
    else if (field === 11) graph.inputs.push(fields.message('an input', readValueInfo))
    else if (field === 12) graph.outputs.push(fields.message('an output', readValueInfo))
    else {
      if (field === 15) graph.sparseInitializers++
      return false
    }
    return true
  })
  return graph
}

function readNode(fields: FieldReader): NodeProto {
  const node: NodeProto = { name: '', opType: '', domain: '', inputs: [], outputs: [], attributes: [] }
  fields.each(field => {
    if (field === 1) node.inputs.push(fields.text())
    else if (field === 2) node.outputs.push(fields.text())
    else if (field === 3) node.name = fields.text()
    else if (field === 4) node.opType = fields.text()
    else if (field === 5) node.attributes.push(fields.message('an attribute', readAttribute))
    else if (field === 7) node.domain = fields.text()
    else return false
    return true
  })
  return node
}

function readFunction(fields: FieldReader): FunctionProto {
  const result: FunctionProto = {
    name: '',
    domain: '',
    inputs: [],
    outputs: [],
    attributes: [],
    defaults: [],
    nodes: [],
    opsetImport: [],
  }
  fields.each(field => {
    if (field === 1) result.name = fields.text()
    else if (field === 4) result.inputs.push(fields.text())
    else if (field === 5) result.outputs.push(fields.text())
    else if (field === 6) result.attributes.push(fields.text())
    else if (field === 7) result.nodes.push(fields.message('a node', readNode))
    else if (field === 9) result.opsetImport.push(fields.message('an operator set', readOperatorSet))
    else if (field === 10) result.domain = fields.text()
    else if (field === 11) result.defaults.push(fields.message('an attribute', readAttribute))
    else return false
    return true
  })
  return result
}

function readAttribute(fields: FieldReader): AttributeProto {
  const attribute: AttributeProto = {
    name: '',
    type: 0,
    reference: '',
    floats: [],
    ints: [],
    strings: [],
    tensors: [],
  }
  fields.each(field => {
    if (field === 1) attribute.name = fields.text()
    else if (field === 2) attribute.float = fields.float()
    else if (field === 3) attribute.int = fields.int()
    else if (field === 4) attribute.string = fields.text()
    else if (field === 5) attribute.tensor = fields.message('a tensor attribute', readTensor)
    else if (field === 6) attribute.graph = fields.message('a graph attribute', readGraph)
    else if (field === 7) fields.floats(attribute.floats)
    else if (field === 8) fields.ints(attribute.ints)
    else if (field === 9) attribute.strings.push(fields.text())
    else if (field === 10) attribute.tensors.push(fields.message('a tensor attribute', readTensor))
    else if (field === 20) attribute.type = fields.int()
    else if (field === 21) attribute.reference = fields.text()
    else return false
    return true
  })
  return attribute
}
