import { GradientError } from '../errors.ts'
import type { GraphNode } from '../tensor/node.ts'
import { formatShape } from '../tensor/shape.ts'

/** The error of an operation that has no gradient, with the reason that it gives. */
export const withoutGradient = (name: string, reason: string): GradientError =>
  new GradientError({ operation: `backward of ${name}`, problem: `has no gradient: ${reason}` })

export const spentGraph = (): GradientError =>
  new GradientError({
    operation: 'backward',
    problem: 'met a part of the graph whose saved values an earlier backward has freed.',
    hint: 'pass {retainGraph: true} to the first backward, or compute the forward pass again.',
  })

export const changedInPlace = (node: GraphNode): GradientError =>
  new GradientError({
    operation: `backward of ${node.rule.name}`,
    problem: `needs values of ${node.inputs.map(t => formatShape(t.shape)).join(', ')} that were changed in place after the forward pass.`,
    hint: 'call backward() before optimizer.step(), assign() or loadStateDict().',
  })
