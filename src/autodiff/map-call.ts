import { GradientError } from '../errors.ts'
import {
  levelOf,
  type MapInput,
  type MapLevel,
  onAllExamples,
  unwrapMapped,
  wrapMapped,
} from '../tensor/mapped.ts'
import type { GradientRule, GraphNode } from '../tensor/node.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { computeGradients } from './backward.ts'
import { calculus } from './calculus.ts'
import { asVariable, nested, zerosFor } from './grad.ts'
import { gradMode } from './mode.ts'
import { needsRecording, record } from './record.ts'

type Several = (inputs: readonly Tensor[]) => readonly Tensor[]

/** Example number `index` of a tensor outside the level. */
function exampleOf({ x, isMapped }: MapInput, index: number): Tensor {
  return isMapped ? x.slice([[index, index + 1]]).reshape(x.shape.slice(1)) : x
}

/** Runs a function once per example and joins the results: for operations without a rule for all at once. */
export function eachExample(inputs: readonly MapInput[], size: number, run: Several): Tensor[] {
  const results = Array.from({ length: size }, (_, index) =>
    run(inputs.map(input => exampleOf(input, index))),
  )
  return results[0].map((_, output) => calculus.stack(results.map(outputs => outputs[output])))
}

function onLevel(level: MapLevel, inputs: readonly Tensor[], run: Several): Tensor[] {
  const args = inputs.map(input => unwrapMapped(input, level))
  const isMapped = args.some(arg => arg.isMapped)
  const outputs = onAllExamples(level, () =>
    isMapped ? eachExample(args, level.size, run) : run(args.map(arg => arg.x)),
  )
  return outputs.map(output => wrapMapped(level, output, isMapped))
}

/** The gradient of a function run once per example: again a function run once per example. */
const ruleOf = (name: string, run: Several): GradientRule => ({
  name,
  readsValues: true,
  gradient: (node, outputGradients) => {
    let found: readonly Tensor[] | null = null
    const find = (): readonly Tensor[] => {
      found ??= gradientsPerExample(name, node, outputGradients, run)
      return found
    }
    return node.inputs.map((input, i) => (input.requiresGrad ? () => find()[i] : null))
  },
})

function gradientsPerExample(
  name: string,
  node: GraphNode,
  outputGradients: readonly (Tensor | null)[],
  run: Several,
): readonly Tensor[] {
  const used = outputGradients.map((_, i) => i).filter(i => outputGradients[i] !== null)
  const seeds = outputGradients.filter(g => g !== null)
  const { inputs } = node
  const back: Several = all => {
    const createGraph = gradMode.enabled
    const leaves = all.slice(0, inputs.length).map(x => asVariable(x, createGraph))
    let outputs: readonly Tensor[] = []
    nested(() => {
      outputs = run(leaves)
      return outputs[used[0]]
    })
    const live = used.map((_, k) => k).filter(k => outputs[used[k]].requiresGrad)
    const gradients = computeGradients(
      name,
      live.map(k => outputs[used[k]]),
      live.map(k => all[inputs.length + k]),
      new Set(leaves),
      { createGraph, stopAtWanted: true },
    )
    return leaves.map(leaf => gradients.get(leaf) ?? zerosFor(leaf))
  }
  return mapCall(`gradient of ${name}`, back, [...inputs, ...seeds])
}

/**
 * A function of tensors of which some stand for all examples of a `vmap`, run once per example; it has gradients of
 * any order where the function has.
 */
export function mapCall(name: string, run: Several, inputs: readonly Tensor[]): readonly Tensor[] {
  const level = levelOf(inputs)
  if (level === null) return run(inputs)
  const outputs = onLevel(level, inputs, run)
  const floats = outputs.filter(output => output.dtype === 'float32')
  if (floats.length > 0 && needsRecording(inputs)) {
    if (floats.length < outputs.length) {
      throw new GradientError({
        operation: `vmap of ${name}`,
        problem: 'gives whole numbers beside its results, and cannot be differentiated inside vmap.',
        hint: 'compute it outside.',
      })
    }
    record(ruleOf(name, run), inputs, outputs, null, [])
  }
  return outputs
}
