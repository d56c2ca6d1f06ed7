import type { Storage } from '../engine/storage.ts'
import type { GradientRule, GraphNode } from '../tensor/node.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { inspection } from './inspection.ts'
import { gradMode } from './mode.ts'
import { trace } from './trace.ts'

let lastNode = 0

/** Sum of the versions of all values a gradient may read; any in-place write changes it. */
export function savedVersions(node: Pick<GraphNode, 'inputs' | 'outputs'>): number {
  let sum = 0
  for (const input of node.inputs) sum += input.storage.version
  for (const output of node.outputs) sum += output.storage.version
  return sum
}

/** Whether an operation on these inputs is recorded now. */
export function needsRecording(inputs: readonly Tensor[]): boolean {
  if (!gradMode.enabled) return false
  for (let i = 0; i < inputs.length; i++) if (inputs[i].requiresGrad) return true
  return false
}

function refer(storage: Storage): void {
  storage.recorded = true
  storage.references++
}

/** Makes `outputs` the results of a recorded operation. */
export function record(
  rule: GradientRule,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  attributes: unknown,
  saved: readonly Storage[],
): void {
  const node: GraphNode = {
    id: ++lastNode,
    rule,
    inputs,
    outputs,
    attributes,
    saved,
    versions: 0,
    spent: false,
    pass: 0,
    active: false,
    gradients: null,
  }
  inspection.inspector?.rememberPlace(node)
  trace.current?.recorded(node)
  if (rule.readsValues) node.versions = savedVersions(node)
  for (let i = 0; i < inputs.length; i++) refer(inputs[i].storage)
  for (let i = 0; i < outputs.length; i++) {
    const output = outputs[i]
    refer(output.storage)
    output.node = node
    output.outputIndex = i
    output.requiresGrad = true
  }
  for (let i = 0; i < saved.length; i++) saved[i].recorded = true
}

/** The number of the operation recorded last: later ones have larger numbers. */
export const latestNode = (): number => lastNode
