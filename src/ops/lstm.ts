import { currentEngine } from '../engine/device.ts'
import type { GraphNode } from '../tensor/node.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { at, defineFused } from './define.ts'
import { lstmComposed } from './lstm-composed.ts'
import { toFloat } from './operand.ts'
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

export interface LstmOptions extends SequenceOptions {
  /** Gate activation; `hardSigmoid` is clip(0.2·x + 0.5, 0, 1). Default `sigmoid`. */
  readonly recurrentActivation?: 'sigmoid' | 'hardSigmoid'
}

/** kernel [inputSize, 4·units] and recurrentKernel [units, 4·units], gates i, f, c, o */
export interface LstmInputs extends RecurrentOperands {
  /** [4·units] */
  readonly bias?: Tensor | null
  /** [batch, units]; zeros by default */
  readonly c0?: Tensor | null
}

export interface LstmResult {
  /** h after each step, [batch, time, units] */
  readonly sequence: Tensor
  /** The state after the last step, [batch, units] */
  readonly h: Tensor
  readonly c: Tensor
}

export interface LstmAttributes extends RecurrentAttributes {
  readonly c0: number
  readonly hardSigmoid: boolean
}

const lstmOp = defineFused<LstmAttributes>('lstm', {
  forward: (inputs, attributes, engine, training) => {
    const outputs = outputsFor(inputs, 2)
    const saved = training ? savedFor(engine, inputs, [4, 1]) : []
    const [sequence, h, c] = outputs.map(output => at(engine, output))
    const [gates = 0, cells = 0] = saved.map(storage => engine.pointer(storage))
    engine.kernels.lstmForward({
      ...operandsOf(engine, inputs, attributes),
      bias: optionalOf(engine, inputs, attributes.bias),
      c0: optionalOf(engine, inputs, attributes.c0),
      hardSigmoid: attributes.hardSigmoid,
      out: sequence,
      gates,
      cells,
      hLast: h,
      cLast: c,
    })
    return { outputs, saved }
  },
  gradient: fusedOrReplayed('lstm', lstmComposed, lstmGradients),
})

/** All wanted gradients from one kernel call. */
function lstmGradients(
  node: GraphNode,
  attributes: LstmAttributes,
  outputGradients: readonly (Tensor | null)[],
): (Tensor | null)[] {
  const engine = currentEngine()
  engine.beginOperation('lstm')
  const { results, result, addresses } = gradientTargets(engine, node, attributes, outputGradients)
  const dc = outputGradients[2]
  withGateGradients(engine, node.saved[0], (gates, dGates) => {
    engine.kernels.lstmBackward({
      ...addresses,
      c0: optionalOf(engine, node.inputs, attributes.c0),
      hardSigmoid: attributes.hardSigmoid,
      gates,
      cells: engine.pointer(node.saved[1]),
      dcLast: dc === null ? 0 : at(engine, dc),
      dGates,
      dc0: result(attributes.c0),
    })
  })
  return results
}

/**
 * A whole LSTM layer over a sequence, as one operation (Hochreiter & Schmidhuber 1997, with forget gate):
 *
 *     i, f, g, o = σ, σ, tanh, σ of (xₜ·W + hₜ₋₁·U + b)
 *     cₜ = f ⊙ cₜ₋₁ + i ⊙ g,   hₜ = o ⊙ tanh(cₜ)
 *
 * @throws ShapeError when the sizes do not fit
 */
export function lstm(inputs: LstmInputs, options: LstmOptions = {}): LstmResult {
  const { x, recurrentKernel, bias = null, c0 = null } = inputs
  checkRecurrent('lstm', 4, inputs, options.mask ?? null)
  const units = recurrentKernel.shape[0]
  if (bias !== null) checkShape('lstm', 'a bias', bias, [4 * units])
  if (c0 !== null) checkShape('lstm', 'c0', c0, [x.shape[0], units])
  const { tensors, attributes } = placeOperands(inputs, bias, options)
  const [sequence, h, c] = lstmOp(c0 === null ? tensors : [...tensors, toFloat('lstm', c0)], {
    ...attributes,
    c0: c0 === null ? -1 : tensors.length,
    hardSigmoid: options.recurrentActivation === 'hardSigmoid',
  })
  return { sequence, h, c }
}
