import { currentEngine } from '../engine/device.ts'
import type { GraphNode } from '../tensor/node.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { at, defineFused } from './define.ts'
import type { RecurrentResult } from './gru.ts'
import { linear } from './linear.ts'
import { fusedOrReplayed } from './fused-gradient.ts'
import {
  checkRecurrent,
  checkShape,
  placeOperands,
  type RecurrentAttributes,
  type RecurrentOperands,
  runSteps,
  type SequenceOptions,
} from './recurrence.ts'
import { gradientTargets, operandsOf, optionalOf, outputsFor } from './recurrence-operands.ts'
import { relu, tanh } from './unary.ts'

export interface RnnOptions extends SequenceOptions {
  /** Default `tanh`. */
  readonly activation?: 'tanh' | 'relu'
}

/** kernel [inputSize, units], recurrentKernel [units, units] */
export interface RnnInputs extends RecurrentOperands {
  /** [units] */
  readonly bias?: Tensor | null
}

interface RnnAttributes extends RecurrentAttributes {
  readonly relu: boolean
}

const rnnOp = defineFused<RnnAttributes>('rnn', {
  forward: (inputs, attributes, engine) => {
    const outputs = outputsFor(inputs, 1)
    engine.kernels.rnnForward({
      ...operandsOf(engine, inputs, attributes),
      bias: optionalOf(engine, inputs, attributes.bias),
      relu: attributes.relu,
      out: at(engine, outputs[0]),
      hLast: at(engine, outputs[1]),
    })
    return { outputs, saved: [] }
  },
  gradient: fusedOrReplayed('rnn', rnnComposed, rnnGradients),
})

/** The recurrence step by step, out of ordinary operations. */
function rnnComposed(inputs: readonly Tensor[], attributes: RnnAttributes): readonly Tensor[] {
  const [x, kernel, recurrentKernel] = inputs
  const optional = (index: number): Tensor | null => (index < 0 ? null : inputs[index])
  const activate = attributes.relu ? relu : tanh
  const projected = linear(x, kernel, optional(attributes.bias)) // [batch, time, units]
  const units = recurrentKernel.shape[0]
  return runSteps(projected, optional(attributes.h0), units, attributes, (xt, h) =>
    activate(xt.add(h.matmul(recurrentKernel))),
  )
}

/** All wanted gradients from one kernel call. */
function rnnGradients(
  node: GraphNode,
  attributes: RnnAttributes,
  outputGradients: readonly (Tensor | null)[],
): (Tensor | null)[] {
  const engine = currentEngine()
  engine.beginOperation('rnn')
  const { results, addresses } = gradientTargets(engine, node, attributes, outputGradients)
  const dGates = engine.memory.allocate(node.outputs[0].size << engine.memory.floatShift)
  engine.kernels.rnnBackward({ ...addresses, relu: attributes.relu, dGates })
  engine.memory.release(dGates)
  return results
}

/**
 * A whole simple recurrent layer over a sequence, as one operation (Elman 1990):
 *
 *     hₜ = f(xₜ·W + hₜ₋₁·U + b),  f = tanh or relu
 *
 * @throws ShapeError when the sizes do not fit
 */
export function rnn(inputs: RnnInputs, options: RnnOptions = {}): RecurrentResult {
  const { bias = null, recurrentKernel } = inputs
  checkRecurrent('rnn', 1, inputs, options.mask ?? null)
  if (bias !== null) checkShape('rnn', 'a bias', bias, [recurrentKernel.shape[0]])
  const { tensors, attributes } = placeOperands(inputs, bias, options)
  const [sequence, h] = rnnOp(tensors, { ...attributes, relu: options.activation === 'relu' })
  return { sequence, h }
}
