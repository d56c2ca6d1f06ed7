import { currentEngine } from '../engine/device.ts'
import type { GraphNode } from '../tensor/node.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { at, defineFused } from './define.ts'
import { gruComposed } from './gru-composed.ts'
import { fusedOrReplayed } from './fused-gradient.ts'
import {
  checkRecurrent,
  checkShape,
  placeOperands,
  type RecurrentAttributes,
  type RecurrentOperands,
  type SequenceOptions,
} from './recurrence.ts'
import {
  gradientTargets,
  operandsOf,
  optionalOf,
  outputsFor,
  savedFor,
  withGateGradients,
} from './recurrence-operands.ts'

export interface GruOptions extends SequenceOptions {
  /** Gate activation; `hardSigmoid` is clip(0.2·x + 0.5, 0, 1). Default `sigmoid`. */
  readonly recurrentActivation?: 'sigmoid' | 'hardSigmoid'
  /** The reset gate multiplies h·U_h + c (default) instead of h before the product. */
  readonly resetAfter?: boolean
}

/** kernel [inputSize, 3·units] and recurrentKernel [units, 3·units], gates z, r, h */
export interface GruInputs extends RecurrentOperands {
  /** [2, 3·units], of x and of h, with resetAfter; else [3·units] */
  readonly bias?: Tensor | null
}

export interface RecurrentResult {
  /** h after each step, [batch, time, units] */
  readonly sequence: Tensor
  /** h after the last step, [batch, units] */
  readonly h: Tensor
}

export interface GruAttributes extends RecurrentAttributes {
  readonly hardSigmoid: boolean
  readonly resetAfter: boolean
}

const gruOp = defineFused<GruAttributes>('gru', {
  forward: (inputs, attributes, engine, training) => {
    const outputs = outputsFor(inputs, 1)
    const saved = training ? savedFor(engine, inputs, [4]) : []
    engine.kernels.gruForward({
      ...operandsOf(engine, inputs, attributes),
      bias: optionalOf(engine, inputs, attributes.bias),
      hardSigmoid: attributes.hardSigmoid,
      resetAfter: attributes.resetAfter,
      out: at(engine, outputs[0]),
      gates: training ? engine.pointer(saved[0]) : 0,
      hLast: at(engine, outputs[1]),
    })
    return { outputs, saved }
  },
  gradient: fusedOrReplayed('gru', gruComposed, gruGradients),
})

/** All wanted gradients from one kernel call. */
function gruGradients(
  node: GraphNode,
  attributes: GruAttributes,
  outputGradients: readonly (Tensor | null)[],
): (Tensor | null)[] {
  const engine = currentEngine()
  engine.beginOperation('gru')
  const { results, addresses } = gradientTargets(engine, node, attributes, outputGradients)
  const { hardSigmoid, resetAfter } = attributes
  withGateGradients(engine, node.saved[0], (gates, dGates) => {
    engine.kernels.gruBackward({ ...addresses, hardSigmoid, resetAfter, gates, dGates })
  })
  return results
}

/**
 * A whole GRU layer over a sequence, as one operation (Cho et al. 2014):
 *
 *     z, r = σ of (xₜ·W + b + hₜ₋₁·U + c)
 *     h̃ = tanh(xₜ·Wₕ + bₕ + r ⊙ (hₜ₋₁·Uₕ + cₕ))     (r ⊙ hₜ₋₁)·Uₕ without resetAfter, and no c
 *     hₜ = z ⊙ hₜ₋₁ + (1 − z) ⊙ h̃
 *
 * @throws ShapeError when the sizes do not fit
 */
export function gru(inputs: GruInputs, options: GruOptions = {}): RecurrentResult {
  const { bias = null, recurrentKernel } = inputs
  const { recurrentActivation = 'sigmoid', resetAfter = true, mask = null } = options
  checkRecurrent('gru', 3, inputs, mask)
  const width = 3 * recurrentKernel.shape[0]
  if (bias !== null) checkShape('gru', 'a bias', bias, resetAfter ? [2, width] : [width])
  const { tensors, attributes } = placeOperands(inputs, bias, options)
  const hardSigmoid = recurrentActivation === 'hardSigmoid'
  const [sequence, h] = gruOp(tensors, { ...attributes, hardSigmoid, resetAfter })
  return { sequence, h }
}
