import type { GraphNode } from '../tensor/node.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** Who looks at all results and gradients: `detectAnomaly` does. */
export interface Inspector {
  inspectResults(name: string, inputs: readonly Tensor[], outputs: readonly Tensor[]): void
  rememberPlace(node: GraphNode): void
  inspectGradient(node: GraphNode, input: number, gradient: Tensor): void
}

/** The inspector at work, and whether this is inside the gradient of an operation, which is seen as a whole. */
export const inspection: { inspector: Inspector | null; isInGradient: boolean } = {
  inspector: null,
  isInGradient: false,
}
