import { lifetime } from '../engine/lifetime.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { computeGradients } from './backward.ts'

/**
 * Gradients of a fused operation that can themselves be differentiated: its composed form is run again on stand-ins
 * for the inputs, and differentiated with `createGraph`. The second pass then flows through the stand-ins.
 *
 * @param standIn an operation that is the identity (and recorded)
 */
export function gradientsByReplay(
  name: string,
  inputs: readonly Tensor[],
  outputGradients: readonly (Tensor | null)[],
  composed: (inputs: readonly Tensor[]) => readonly Tensor[],
  standIn: (x: Tensor) => Tensor,
): ReadonlyMap<number, Tensor> {
  const outer = lifetime.created
  lifetime.created = null
  try {
    const doubles = inputs.map(standIn)
    const outputs = composed(doubles)
    const used = outputs.map((_, i) => i).filter(i => outputGradients[i] !== null && outputs[i].requiresGrad)
    const wanted = new Set(doubles.filter(double => double.requiresGrad))
    const results = computeGradients(
      name,
      used.map(i => outputs[i]),
      used.map(i => outputGradients[i] ?? undefined),
      wanted,
      { createGraph: true, stopAtWanted: true },
    )
    return new Map(
      doubles.flatMap((double, i): [number, Tensor][] => {
        const gradient = results.get(double)
        return gradient === undefined ? [] : [[i, gradient]]
      }),
    )
  } finally {
    lifetime.created = outer
  }
}
