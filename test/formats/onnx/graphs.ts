import protobuf from 'protobufjs/minimal.js'
import { elementId, type ElementType } from '../../../src/formats/onnx/element-type.ts'
import { readOnnx } from '../../../src/formats/onnx/load.ts'
import type { OnnxModel } from '../../../src/formats/onnx/model.ts'
import { Value } from '../../../src/formats/onnx/value.ts'
import {
  type WrittenAttribute,
  type WrittenGraph,
  type WrittenNode,
  type WrittenTensor,
  writeModel,
} from '../../../src/formats/onnx/wire/write.ts'

export const createReader = (bytes: Uint8Array) => new protobuf.Reader(bytes)

type NodeSpec = readonly [
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes?: Readonly<Record<string, WrittenAttribute>>,
]

/** Nodes from short lists. */
export const nodes = (...specs: readonly NodeSpec[]): WrittenNode[] =>
  specs.map(([opType, inputs, outputs, attributes = {}], i) => ({
    name: `node${i}`,
    opType,
    inputs,
    outputs,
    attributes,
  }))

export function constant(
  name: string,
  numbers: readonly number[],
  type: 'float32' | 'int64',
  dims = [numbers.length],
): WrittenTensor {
  const data = type === 'float32' ? Float32Array.from(numbers) : BigInt64Array.from(numbers, BigInt)
  return { name, dataType: elementId(type), dims, raw: new Uint8Array(data.buffer) }
}

interface GraphSpec {
  readonly nodes: readonly WrittenNode[]
  readonly inputs?: Readonly<Record<string, ElementType>>
  /** Element type of the outputs; float32 by default. */
  readonly outputTypes?: readonly ElementType[]
  readonly outputs: readonly string[]
  readonly initializers?: readonly WrittenTensor[]
  readonly opset?: number
}

export const graphOf = ({
  nodes: list,
  inputs = {},
  outputs,
  outputTypes = [],
  initializers = [],
}: GraphSpec): WrittenGraph => ({
  name: 'test',
  nodes: list,
  initializers,
  inputs: Object.entries(inputs).map(([name, type]) => ({ name, dataType: elementId(type), shape: null })),
  outputs: outputs.map((name, i) => ({
    name,
    dataType: elementId(outputTypes[i] ?? 'float32'),
    shape: null,
  })),
})

/** The bytes of a model with this graph. */
export const modelBytes = (spec: GraphSpec): Uint8Array =>
  writeModel(protobuf.Writer.create(), {
    irVersion: 8,
    opset: spec.opset ?? 21,
    producerName: 'test',
    producerVersion: '',
    graph: graphOf(spec),
    metadata: [],
  })

export const modelOf = (spec: GraphSpec): OnnxModel => readOnnx(createReader, modelBytes(spec))

interface OperatorCase {
  readonly opType: string
  readonly inputs: readonly (Value | null)[]
  readonly attributes?: Readonly<Record<string, WrittenAttribute>>
  /** Number of outputs, called y0, y1 … */
  readonly outputs?: number
  readonly outputTypes?: readonly ElementType[]
  readonly opset?: number
}

/** A model of one operator, with its inputs by name. */
export function operatorModel({
  opType,
  inputs,
  attributes = {},
  outputs = 1,
  outputTypes,
  opset = 21,
}: OperatorCase) {
  const names = inputs.map((value, i) => (value === null ? '' : `x${i}`))
  const results = Array.from({ length: outputs }, (_, i) => `y${i}`)
  const given = new Map(
    names.flatMap((name, i): [string, Value][] => (inputs[i] === null ? [] : [[name, inputs[i]]])),
  )
  const bytes = modelBytes({
    nodes: nodes([opType, names, results, attributes]),
    inputs: Object.fromEntries([...given].map(([name, value]) => [name, value.type])),
    outputs: results,
    outputTypes,
    opset,
  })
  return { bytes, model: readOnnx(createReader, bytes), given }
}

/** Runs one operator on values; gives the numbers and shape of each output. */
export function runOperator(
  opType: string,
  inputs: readonly (Value | null)[],
  options: Omit<OperatorCase, 'opType' | 'inputs'> = {},
): { readonly type: ElementType; readonly shape: readonly number[]; readonly data: number[] }[] {
  const { model, given } = operatorModel({ opType, inputs, ...options })
  return model
    .runValues(given)
    .map(value => ({ type: value.type, shape: value.shape, data: Array.from(value.numbers()) }))
}

export const floats = (numbers: readonly number[], shape = [numbers.length]): Value =>
  Value.ofNumbers(numbers, shape, 'float32')
export const wholes = (numbers: readonly number[], shape = [numbers.length]): Value =>
  Value.ofNumbers(numbers, shape, 'int64')
