import { Attributes } from './attributes.ts'
import { Names } from './names.ts'
import { refuse, show } from './refuse.ts'
import { describeInitializer, readTensorData } from './tensor-data.ts'
import { elementTypeOf, type ElementType } from './element-type.ts'
import { UnsupportedError } from '../../errors.ts'
import type { Value } from './value.ts'
import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  NodeProto,
  OperatorSetProto,
  ValueInfoProto,
} from './wire/messages.ts'

/** An operator applied to named values. */
export interface Node {
  /** `Conv "conv1"`, as errors call it. */
  readonly label: string
  readonly opType: string
  /** '' for the standard operators. */
  readonly domain: string
  /** Version of the operator set that the node's domain is imported with. */
  readonly opset: number
  /** Names of values; '' where an optional one is left out. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Attributes
  /** Graphs among the attributes (branches and loop bodies), by attribute name. */
  readonly graphs: ReadonlyMap<string, Graph>
  /** The body, where a function of the model is called. */
  readonly body: Graph | null
}

/** What is known of an input or output. */
export interface Port {
  readonly name: string
  /** null where the file does not say. */
  readonly type: ElementType | null
  /** Sizes, or names of open sizes; null where even the rank is open. */
  readonly shape: readonly (number | string)[] | null
}

/** A graph that can be run: nodes in an order in which every value is there before it is used. */
export interface Graph {
  readonly name: string
  /** Inputs that are no initializers. */
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  readonly initializers: ReadonlyMap<string, Value>
  readonly nodes: readonly Node[]
}

/** Functions of a model by `domain:name`. */
type Functions = ReadonlyMap<string, FunctionProto>

interface Scope {
  readonly opsets: ReadonlyMap<string, number>
  readonly functions: Functions
  /** Attributes of the call, inside a function. */
  readonly arguments: ReadonlyMap<string, AttributeProto>
  /** Names that outer graphs define. */
  readonly outer: Names
  /** Functions being expanded, against recursion. */
  readonly calls: readonly string[]
  /** Counts nodes: functions that call functions multiply. */
  readonly budget: { nodes: number }
}

/** Most nodes of a graph with all function calls expanded. */
const MOST_NODES = 200_000

/** Functions that call functions that call functions … */
const DEEPEST_CALLS = 32

const standardDomain = (domain: string): string => (domain === 'ai.onnx' ? '' : domain)

export const functionKey = (domain: string, name: string): string => `${standardDomain(domain)}:${name}`

export const readOpsets = (sets: readonly OperatorSetProto[]): Map<string, number> =>
  new Map(sets.map(({ domain, version }) => [standardDomain(domain), version]))

/**
 * Reads the main graph of a model.
 * @throws FormatError for a graph that cannot run: undefined or doubly defined values, cycles, bad constants
 */
export function readGraph(
  proto: GraphProto,
  opsets: ReadonlyMap<string, number>,
  functions: Functions,
): Graph {
  return buildGraph(proto, {
    opsets,
    functions,
    arguments: new Map(),
    outer: new Names(),
    calls: [],
    budget: { nodes: 0 },
  })
}

function buildGraph(proto: GraphProto, scope: Scope): Graph {
  if (proto.sparseInitializers > 0) {
    throw new UnsupportedError({
      operation: 'ONNX',
      problem: `cannot read sparse initializers; the graph has ${proto.sparseInitializers}.`,
      hint: 'store them densely.',
      items: ['sparse initializers'],
    })
  }
  const initializers = new Map<string, Value>()
  for (const tensor of proto.initializers) {
    const where = describeInitializer(tensor.name)
    if (initializers.has(tensor.name)) refuse(where, 'there are two of this name')
    initializers.set(tensor.name, readTensorData(tensor, where))
  }
  const inputs = proto.inputs.map(readPort).filter(({ name }) => !initializers.has(name))
  const outputs = proto.outputs.map(readPort)
  const defined = new Names(scope.outer).add(initializers.keys()).add(inputs.map(({ name }) => name))
  const nodes = buildNodes(proto.nodes, defined, scope)
  for (const { name } of outputs) {
    if (!defined.has(name)) refuse(`the output ${show(name)}`, 'no node computes it')
  }
  return { name: proto.name, inputs, outputs, initializers, nodes }
}

const readPort = ({ name, type }: ValueInfoProto): Port => {
  if (type === undefined || type.elementType === 0) return { name, type: null, shape: type?.shape ?? null }
  return { name, type: elementTypeOf(type.elementType, `the value ${show(name)}`), shape: type.shape ?? null }
}

/** Builds nodes in an order in which they can run; `defined` grows by what they compute. */
function buildNodes(protos: readonly NodeProto[], defined: Names, scope: Scope): Node[] {
  const nodes: Node[] = []
  for (const proto of inOrder(protos, defined)) {
    scope.budget.nodes++
    if (scope.budget.nodes > MOST_NODES) refuse('the graph', `it has more than ${MOST_NODES} nodes`)
    nodes.push(buildNode(proto, { ...scope, outer: defined }))
    for (const output of proto.outputs) if (output !== '') defined.add([output])
  }
  return nodes
}

const labelOf = ({ opType, name, outputs }: NodeProto): string =>
  `${opType} ${show(name || (outputs[0] ?? ''))}`

/** Nodes sorted so that each comes after those whose values it reads; files should be sorted, and mostly are. */
function inOrder(protos: readonly NodeProto[], given: Names): NodeProto[] {
  const producers = new Map<string, NodeProto>()
  for (const proto of protos) {
    for (const output of proto.outputs) {
      if (output === '') continue
      if (producers.has(output) || given.has(output)) {
        refuse(labelOf(proto), `its output ${show(output)} is defined twice`)
      }
      producers.set(output, proto)
    }
  }
  const needed = new Map(protos.map(proto => [proto, [...new Set(readNames(proto, new Names()))]]))
  const readers = new Map<NodeProto, NodeProto[]>()
  const waiting = new Map<NodeProto, number>()
  for (const [proto, names] of needed) {
    let count = 0
    for (const name of names) {
      const producer = producers.get(name)
      if (producer === undefined) {
        if (!given.has(name)) refuse(labelOf(proto), `no node, input or initializer is called ${show(name)}`)
        continue
      }
      count++
      const list = readers.get(producer)
      if (list === undefined) readers.set(producer, [proto])
      else list.push(proto)
    }
    waiting.set(proto, count)
  }
  const sorted = protos.filter(proto => waiting.get(proto) === 0)
  for (let i = 0; i < sorted.length; i++) {
    for (const reader of readers.get(sorted[i]) ?? []) {
      const left = (waiting.get(reader) as number) - 1
      waiting.set(reader, left)
      if (left === 0) sorted.push(reader)
    }
  }
  if (sorted.length < protos.length) {
    const stuck = protos.find(proto => (waiting.get(proto) as number) > 0) as NodeProto
    refuse(labelOf(stuck), 'it needs its own output: the graph has a cycle')
  }
  return sorted
}

/** Names that a node reads, those that its branches and bodies read from outside included. */
function readNames(proto: NodeProto, inner: Names): string[] {
  const own = proto.inputs.filter(name => name !== '' && !inner.has(name))
  const below = proto.attributes.flatMap(({ graph }) => {
    if (graph === undefined) return []
    const hidden = new Names(inner)
    for (const { name } of [...graph.inputs, ...graph.initializers]) hidden.add([name])
    for (const { outputs } of graph.nodes) hidden.add(outputs)
    const outputs = graph.outputs.map(({ name }) => name).filter(name => !hidden.has(name))
    return [...outputs, ...graph.nodes.flatMap(node => readNames(node, hidden))]
  })
  return [...own, ...below]
}

function buildNode(proto: NodeProto, scope: Scope): Node {
  const label = labelOf(proto)
  if (proto.opType === '') refuse(label, 'it names no operator')
  const attributes = proto.attributes.flatMap(attribute => resolve(attribute, label, scope))
  const domain = standardDomain(proto.domain)
  const opset = scope.opsets.get(domain)
  const definition = scope.functions.get(functionKey(domain, proto.opType))
  if (opset === undefined && definition === undefined) {
    refuse(label, `the model imports no operator set for the domain ${show(domain || 'ai.onnx')}`)
  }
  const graphs = new Map<string, Graph>()
  for (const { name, graph } of attributes) {
    if (graph !== undefined) graphs.set(name, buildGraph(graph, scope))
  }
  return {
    label,
    opType: proto.opType,
    domain,
    opset: opset ?? 0,
    inputs: proto.inputs,
    outputs: proto.outputs,
    attributes: new Attributes(attributes, label),
    graphs,
    body: definition === undefined ? null : buildBody(definition, attributes, label, scope),
  }
}

/** An attribute, or what it refers to: an attribute of the function call. */
function resolve(attribute: AttributeProto, label: string, scope: Scope): AttributeProto[] {
  if (attribute.name === '') return refuse(label, 'it has an attribute without a name')
  if (attribute.reference === '') return [attribute]
  const argument = scope.arguments.get(attribute.reference)
  return argument === undefined ? [] : [{ ...argument, name: attribute.name }]
}

/** A function's body with the attributes of a call. */
function buildBody(
  definition: FunctionProto,
  attributes: readonly AttributeProto[],
  label: string,
  scope: Scope,
): Graph {
  const key = functionKey(definition.domain, definition.name)
  if (scope.calls.includes(key)) refuse(label, 'the function calls itself')
  if (scope.calls.length === DEEPEST_CALLS)
    refuse(label, `more than ${DEEPEST_CALLS} functions call each other`)
  const given = new Map([...definition.defaults, ...attributes].map(attribute => [attribute.name, attribute]))
  const inner: Scope = {
    opsets: readOpsets(definition.opsetImport),
    functions: scope.functions,
    arguments: given,
    outer: new Names(),
    calls: [...scope.calls, key],
    budget: scope.budget,
  }
  const port = (name: string): ValueInfoProto => ({ name })
  return buildGraph(
    {
      name: definition.name,
      nodes: definition.nodes,
      initializers: [],
      sparseInitializers: 0,
      inputs: definition.inputs.map(port),
      outputs: definition.outputs.map(port),
    },
    inner,
  )
}
