import { currentEngine } from '../engine/device.ts'
import type { GraphNode } from '../tensor/node.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { at, defineFused } from './define.ts'
import type { RecurrentResult } from './gru.ts'
import { linear } from './linear.ts'
import {
  addressesOf,
  checkRecurrent,
  checkShape,
  fusedOrReplayed,
  gradientsFor,
  placeOperands,
  type RecurrentAttributes,
  type RecurrentOperands,
  runSteps,
  type SequenceOptions,
  sizesOf,
} from './recurrence.ts'
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
    const { batch, time, inputSize, units } = sizesOf(inputs)
    const { input, given } = addressesOf(engine, inputs)
    const sequence = emptyTensor([batch, time, units], 'float32')
    const h = emptyTensor([batch, units], 'float32')
    engine.kernels.rnnForward({
      ...{ batch, time, inputSize, units },
      x: input(0),
      kernel: input(1),
      recurrentKernel: input(2),
      bias: input(attributes.bias),
      h0: input(attributes.h0),
      mask: given(attributes.mask),
      reverse: attributes.reverse,
      relu: attributes.relu,
      out: at(engine, sequence),
      hLast: at(engine, h),
    })
    return { outputs: [sequence, h], saved: [] }
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
  { inputs, outputs }: GraphNode,
  attributes: RnnAttributes,
  [dSequence, dh]: readonly (Tensor | null)[],
): (Tensor | null)[] {
  const engine = currentEngine()
  engine.beginOperation('rnn')
  const { batch, time, inputSize, units } = sizesOf(inputs)
  const { input, given } = addressesOf(engine, inputs)
  const { results, result } = gradientsFor(engine, inputs)
  const dGates = engine.memory.allocate((batch * time * units) << engine.memory.floatShift)
  engine.kernels.rnnBackward({
    ...{ batch, time, inputSize, units },
    x: input(0),
    kernel: input(1),
    recurrentKernel: input(2),
    h0: input(attributes.h0),
    mask: given(attributes.mask),
    reverse: attributes.reverse,
    relu: attributes.relu,
    out: at(engine, outputs[0]),
    dOut: given(dSequence),
    dhLast: given(dh),
    dGates,
    dx: result(0),
    dKernel: result(1),
    dRecurrentKernel: result(2),
    dBias: result(attributes.bias),
    dh0: result(attributes.h0),
  })
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
