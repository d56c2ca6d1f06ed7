import { DTypeError, GradientError } from '../errors.ts'
import type { GradientRule, GraphNode } from '../tensor/node.ts'
import { defaultGenerator, type GeneratorState } from '../tensor/random.ts'
import { formatShape, sameShape } from '../tensor/shape.ts'
import { Tensor } from '../tensor/tensor.ts'
import { computeGradients } from './backward.ts'
import { asVariable, nested, zerosFor } from './grad.ts'
import { gradMode, requireFunction, userScope } from './mode.ts'
import { spend } from './pass.ts'
import { latestNode, needsRecording, record } from './record.ts'

/** What it takes to run the function again. */
interface Recipe {
  readonly run: (...inputs: Tensor[]) => Tensor
  /** How many of the node's inputs are arguments; the others are tensors that the function met by itself. */
  readonly count: number
  readonly random: GeneratorState
}

/** What a function recorded: its operations, and the tensors from outside that gradients flow to. */
interface Segment {
  readonly nodes: ReadonlySet<GraphNode>
  readonly captured: readonly Tensor[]
}

function segmentBelow(root: Tensor, after: number, leaves: ReadonlySet<Tensor>): Segment {
  const nodes = new Set<GraphNode>()
  const captured = new Set<Tensor>()
  const waiting = [root]
  for (let tensor = waiting.pop(); tensor !== undefined; tensor = waiting.pop()) {
    if (!tensor.requiresGrad || leaves.has(tensor)) continue
    const { node } = tensor
    if (node === null || node.id <= after) captured.add(tensor)
    else if (!nodes.has(node)) {
      nodes.add(node)
      waiting.push(...node.inputs)
    }
  }
  return { nodes, captured: [...captured] }
}

const rule: GradientRule = {
  name: 'checkpoint',
  readsValues: true,
  gradient: (node, [g]) => {
    if (g === null) return []
    let found: ReadonlyMap<number, Tensor> | null = null
    return node.inputs.map((input, i) => {
      if (!input.requiresGrad) return null
      return () => {
        found ??= gradientsOf(node, g)
        // The function may not use an argument.
        return found.get(i) ?? zerosFor(input)
      }
    })
  },
}

/** Runs the function again, as it ran the first time, and goes back through it. */
function gradientsOf(node: GraphNode, g: Tensor): ReadonlyMap<number, Tensor> {
  const { run, count, random } = node.attributes as Recipe
  const createGraph = gradMode.enabled
  const args = node.inputs.slice(0, count).map(input => asArgument(input, createGraph))
  const wanted = [...args, ...node.inputs.slice(count)]
  const generator = defaultGenerator()
  const now = generator.state()
  let value: Tensor
  try {
    generator.restore(random)
    value = userScope(node.inputs, () => nested(() => run(...args)))
  } finally {
    generator.restore(now)
  }
  const [output] = node.outputs
  if (!sameShape(value.shape, output.shape)) {
    throw new GradientError({
      operation: 'backward of checkpoint',
      problem: `ran the function again and got ${formatShape(value.shape)}, where it gave ${formatShape(output.shape)} at first.`,
      hint: 'what a checkpointed function computes must depend on its arguments and the default generator only.',
    })
  }
  const options = { createGraph, stopAtWanted: true }
  const gradients = value.requiresGrad
    ? computeGradients('checkpoint', [value], [g], new Set(wanted), options)
    : new Map<Tensor, Tensor>()
  return new Map(
    wanted.flatMap((tensor, i): [number, Tensor][] => {
      const gradient = gradients.get(tensor)
      return gradient === undefined ? [] : [[i, gradient]]
    }),
  )
}

/** An argument's stand-in; one that needs no gradient is given as it is. */
function asArgument(input: unknown, keepGraph: boolean): Tensor {
  if (!(input instanceof Tensor)) {
    throw new DTypeError({
      operation: 'checkpoint',
      problem: `hands on tensors, got ${input === null ? 'null' : typeof input}.`,
      hint: 'let the function use other values by itself.',
    })
  }
  return input.requiresGrad ? asVariable(input, keepGraph) : input
}

/**
 * f(...inputs) without keeping what its operations saved for their gradients: backward runs f again to get it. It
 * trades a second forward pass for memory, as PyTorch's `torch.utils.checkpoint` does.
 *
 * Gradients flow to the inputs, and to parameters and other tensors that f uses by itself. The default generator is
 * set back for the second run, so dropout drops the same elements. f must not depend on anything else that changes;
 * moving statistics (BatchNormalization) are updated in both runs.
 *
 * @throws GradientError in backward, when the second run gives another shape
 * @example const y = checkpoint(x => block.forward(x), x)
 */
export function checkpoint<T extends readonly Tensor[]>(f: (...inputs: T) => Tensor, ...inputs: T): Tensor {
  requireFunction('checkpoint', f)
  if (!gradMode.enabled) return f(...inputs)
  const random = defaultGenerator().state()
  const after = latestNode()
  const args = inputs.map(input => asArgument(input, false))
  const run = (...all: Tensor[]): Tensor => f(...(all as readonly Tensor[] as T))
  const value = userScope(inputs, () => nested(() => run(...args)))
  const { nodes, captured } = segmentBelow(value, after, new Set(args))
  const output = new Tensor(value.storage, value.shape)
  output.storage.visible = true
  output.storage.holds++
  for (const node of nodes) spend(node)
  output.storage.holds--
  const all = [...inputs, ...captured]
  const recipe: Recipe = { run, count: inputs.length, random }
  if (needsRecording(all)) record(rule, all, [output], recipe, [])
  return output
}
