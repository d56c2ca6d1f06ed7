import { FormatError, TensorloomError } from '../../errors.ts'
import { Call, type Results, type Run } from './call.ts'
import type { Graph, Node } from './graph.ts'
import { operatorFor } from './operators/table.ts'
import { refuse, show } from './refuse.ts'
import { Value } from './value.ts'

/** Values by name, with those of the graph around. */
class Frame {
  private readonly values = new Map<string, Value>()

  constructor(private readonly outer: Frame | null) {}

  set(name: string, value: Value): void {
    this.values.set(name, value)
  }

  get(name: string): Value | undefined {
    return this.values.get(name) ?? this.outer?.get(name)
  }
}

type RunOptions = Pick<Run, 'training' | 'maximumElements'>

/**
 * Runs a graph and gives the values of `wanted`; what they do not need is left out.
 * `bound` holds the inputs and whatever takes the place of an initializer.
 */
export function runGraph(
  graph: Graph,
  bound: ReadonlyMap<string, Value>,
  options: RunOptions,
  wanted: readonly string[] = graph.outputs.map(({ name }) => name),
): Value[] {
  const frame = new Frame(null)
  for (const [name, value] of bound) frame.set(name, value)
  return runIn(graph, frame, options, wanted)
}

function runIn(graph: Graph, frame: Frame, options: RunOptions, wanted: readonly string[]): Value[] {
  for (const [name, value] of graph.initializers) if (frame.get(name) === undefined) frame.set(name, value)
  for (const node of neededFor(graph, wanted)) runNode(node, frame, options)
  return wanted.map(name => frame.get(name) ?? refuse(`the output ${show(name)}`, 'no node computed it'))
}

const kept = new WeakMap<Graph, Map<string, readonly Node[]>>()

/** The nodes that the wanted values need, in order; kept, because every batch asks again. */
function neededFor(graph: Graph, wanted: readonly string[]): readonly Node[] {
  const known = kept.get(graph) ?? new Map<string, readonly Node[]>()
  kept.set(graph, known)
  const key = wanted.join('\n')
  const found = known.get(key)
  if (found !== undefined) return found
  const names = new Set(wanted)
  const needed = [...graph.nodes].reverse().filter(node => {
    if (!node.outputs.some(output => names.has(output))) return false
    for (const name of namesOf(node)) names.add(name)
    return true
  })
  needed.reverse()
  known.set(key, needed)
  return needed
}

/** What a node reads: its inputs, and everything that its branches and bodies mention. */
function namesOf(node: Node): readonly string[] {
  const inner = [...node.graphs.values()].flatMap(({ nodes, outputs }) => [
    ...nodes.flatMap(namesOf),
    ...outputs.map(({ name }) => name),
  ])
  return [...node.inputs, ...inner]
}

function runNode(node: Node, frame: Frame, options: RunOptions): void {
  const results = inNode(node, () => {
    const inputs = node.inputs.map(name => (name === '' ? null : (frame.get(name) ?? null)))
    if (node.body !== null) return callFunction(node, node.body, inputs, options)
    const call = new Call(node, inputs, {
      ...options,
      branch: (graph, given) => runInner(graph, given, new Frame(frame), options),
    })
    return operatorFor(node)(call)
  })
  const list = results instanceof Value ? [results] : results
  node.outputs.forEach((name, i) => {
    if (name === '') return
    const value = list[i] ?? null
    if (value === null) refuse(node.label, `it has no output ${i} here`)
    else frame.set(name, value)
  })
}

/** Runs a branch or a loop's body, which sees the values around it. */
function runInner(graph: Graph, given: readonly Value[], frame: Frame, options: RunOptions): Value[] {
  graph.inputs.forEach(({ name }, i) => {
    if (given[i] !== undefined) frame.set(name, given[i])
  })
  return runIn(
    graph,
    frame,
    options,
    graph.outputs.map(({ name }) => name),
  )
}

/** Runs a function's body, which sees its own inputs only. */
function callFunction(
  node: Node,
  body: Graph,
  inputs: readonly (Value | null)[],
  options: RunOptions,
): readonly Value[] {
  const frame = new Frame(null)
  body.inputs.forEach(({ name }, i) => {
    const value = inputs[i] ?? null
    if (value !== null) frame.set(name, value)
  })
  return runIn(
    body,
    frame,
    options,
    body.outputs.slice(0, node.outputs.length).map(({ name }) => name),
  )
}

/** Runs a node's code; an error gets the node into its path. */
function inNode(node: Node, body: () => Results): Results {
  try {
    return body()
  } catch (error) {
    if (error instanceof TensorloomError) {
      const isOwn = error instanceof FormatError && error.location === node.label
      if (!isOwn) error.enterLayer(node.label)
      throw error
    }
    // Whatever else there is, is a mistake of the library's own.
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error
    return refuse(node.label, `it cannot run (${error.message})`, {
      hint: 'its inputs or attributes are not what the operator takes.',
      cause: error,
    })
  }
}
