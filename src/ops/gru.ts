import { gradMode } from '../autodiff/mode.ts'
import { currentEngine } from '../engine/device.ts'
import { lifetime, withVisibility } from '../engine/lifetime.ts'
import type { Storage } from '../engine/storage.ts'
import type { GraphNode } from '../tensor/node.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { at, defineFused } from './define.ts'
import { gruComposed } from './gru-composed.ts'
import {
  addressesOf,
  checkRecurrent,
  checkShape,
  fusedOrReplayed,
  gradientsFor,
  placeOperands,
  type RecurrentAttributes,
  type RecurrentOperands,
  type SequenceOptions,
  sizesOf,
} from './recurrence.ts'

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
    const { batch, time, inputSize, units } = sizesOf(inputs)
    const { input, given } = addressesOf(engine, inputs)
    const sequence = emptyTensor([batch, time, units], 'float32')
    const h = emptyTensor([batch, units], 'float32')
    const saved: Storage[] = training
      ? withVisibility('internal', lifetime.created, () => [
          engine.create('float32', batch * time * 4 * units),
        ])
      : []
    engine.kernels.gruForward({
      ...{ batch, time, inputSize, units },
      x: input(0),
      kernel: input(1),
      recurrentKernel: input(2),
      bias: input(attributes.bias),
      h0: input(attributes.h0),
      mask: given(attributes.mask),
      reverse: attributes.reverse,
      hardSigmoid: attributes.hardSigmoid,
      resetAfter: attributes.resetAfter,
      out: at(engine, sequence),
      gates: training ? engine.pointer(saved[0]) : 0,
      hLast: at(engine, h),
    })
    return { outputs: [sequence, h], saved }
  },
  gradient: fusedOrReplayed('gru', gruComposed, gruGradients),
})

/** All wanted gradients from one kernel call. */
function gruGradients(
  { inputs, outputs, saved }: GraphNode,
  attributes: GruAttributes,
  [dSequence, dh]: readonly (Tensor | null)[],
): (Tensor | null)[] {
  const engine = currentEngine()
  engine.beginOperation('gru')
  const { batch, time, inputSize, units } = sizesOf(inputs)
  const { input, given } = addressesOf(engine, inputs)
  const { results, result } = gradientsFor(engine, inputs)
  const gates = engine.pointer(saved[0])
  // The saved gates are overwritten by their gradients, unless the graph is to be used again.
  const dGates = gradMode.retainGraph
    ? engine.memory.allocate(saved[0].length << engine.memory.floatShift)
    : gates
  engine.kernels.gruBackward({
    ...{ batch, time, inputSize, units },
    x: input(0),
    kernel: input(1),
    recurrentKernel: input(2),
    h0: input(attributes.h0),
    mask: given(attributes.mask),
    reverse: attributes.reverse,
    hardSigmoid: attributes.hardSigmoid,
    resetAfter: attributes.resetAfter,
    out: at(engine, outputs[0]),
    gates,
    dOut: given(dSequence),
    dhLast: given(dh),
    dGates,
    dx: result(0),
    dKernel: result(1),
    dRecurrentKernel: result(2),
    dBias: result(attributes.bias),
    dh0: result(attributes.h0),
  })
  if (dGates !== gates) engine.memory.release(dGates)
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
