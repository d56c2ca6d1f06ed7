// What this library reads and writes of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
// Fields that are absent from a file have the defaults of proto2: '' and 0, or undefined where absence means something.

export interface ModelProto {
  irVersion: number
  producerName: string
  producerVersion: string
  opsetImport: OperatorSetProto[]
  graph?: GraphProto
  functions: FunctionProto[]
  metadata: EntryProto[]
}

export interface OperatorSetProto {
  domain: string
  version: number
}

export interface EntryProto {
  key: string
  value: string
}

export interface GraphProto {
  name: string
  nodes: NodeProto[]
  initializers: TensorProto[]
  /** How many initializers are stored in sparse form. */
  sparseInitializers: number
  inputs: ValueInfoProto[]
  outputs: ValueInfoProto[]
}

export interface NodeProto {
  name: string
  opType: string
  domain: string
  inputs: string[]
  outputs: string[]
  attributes: AttributeProto[]
}

export interface FunctionProto {
  name: string
  domain: string
  inputs: string[]
  outputs: string[]
  /** Names of attributes that have no default. */
  attributes: string[]
  /** Attributes with a default. */
  defaults: AttributeProto[]
  nodes: NodeProto[]
  opsetImport: OperatorSetProto[]
}

/** The kinds of attributes, with their numbers in `AttributeProto.AttributeType`. */
export const ATTRIBUTE_TYPE = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
} as const

export interface AttributeProto {
  name: string
  /** A number of `ATTRIBUTE_TYPE`; 0 in files of the first version of the format. */
  type: number
  /** Inside a function: the attribute of the call that this one takes its value from. */
  reference: string
  float?: number
  int?: number
  string?: string
  tensor?: TensorProto
  graph?: GraphProto
  floats: number[]
  ints: number[]
  strings: string[]
  tensors: TensorProto[]
}

export interface TensorProto {
  name: string
  dims: number[]
  dataType: number
  /** Bytes of the file, not copied. */
  raw?: Uint8Array
  floats?: Float32Array
  doubles?: Float64Array
  /** Of int32_data, int64_data and uint64_data. */
  integers?: Float64Array
  hasStrings: boolean
  /** Whether the numbers lie in another file. */
  isExternal: boolean
}

export interface ValueInfoProto {
  name: string
  type?: TensorTypeProto
}

/** The type of a tensor; undefined for sequences, maps and other things. */
export interface TensorTypeProto {
  elementType: number
  /** Sizes, or names of sizes that are open ('' where they have none); undefined where even the rank is open. */
  shape?: (number | string)[]
}
