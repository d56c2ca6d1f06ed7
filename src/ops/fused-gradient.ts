import { gradMode } from '../autodiff/mode.ts'
import { gradientsByReplay } from '../autodiff/replay.ts'
import type { GraphNode, Thunk } from '../tensor/node.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { reshape } from './reshape.ts'

/**
 * The gradient rule of a fused operation: its kernel, or, where the gradient shall be differentiated again, its
 * composed form. Both give a gradient per input, null for those without one.
 */
export const fusedOrReplayed =
  <A>(
    name: string,
    composed: (inputs: readonly Tensor[], attributes: A) => readonly Tensor[],
    fused: (
      node: GraphNode,
      attributes: A,
      outputGradients: readonly (Tensor | null)[],
    ) => readonly (Tensor | null)[],
  ) =>
  (
    node: GraphNode,
    attributes: A,
    outputGradients: readonly (Tensor | null)[],
  ): readonly (Thunk | null)[] => {
    if (outputGradients.every(gradient => gradient === null)) return []
    const thunk = (gradient: Tensor | null | undefined): Thunk | null => (gradient ? () => gradient : null)
    if (!gradMode.enabled) return fused(node, attributes, outputGradients).map(thunk)
    const gradients = gradientsByReplay(
      name,
      node.inputs,
      outputGradients,
      inputs => composed(inputs, attributes),
      x => reshape(x, x.shape),
    )
    return node.inputs.map((_, i) => thunk(gradients.get(i)))
  }
