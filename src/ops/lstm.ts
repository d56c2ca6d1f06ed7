import { gradMode } from '../autodiff/mode.ts'
import { currentEngine } from '../engine/device.ts'
import { lifetime, withVisibility } from '../engine/lifetime.ts'
import type { Storage } from '../engine/storage.ts'
import type { GraphNode } from '../tensor/node.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { at, defineFused } from './define.ts'
import { lstmComposed } from './lstm-composed.ts'
import { toFloat } from './operand.ts'
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
    const { batch, time, inputSize, units } = sizesOf(inputs)
    const { input, given } = addressesOf(engine, inputs)
    const sequence = emptyTensor([batch, time, units], 'float32')
    const h = emptyTensor([batch, units], 'float32')
    const c = emptyTensor([batch, units], 'float32')
    const saved: Storage[] = training
      ? withVisibility('internal', lifetime.created, () => [
          engine.create('float32', batch * time * 4 * units),
          engine.create('float32', batch * time * units),
        ])
      : []
    engine.kernels.lstmForward({
      ...{ batch, time, inputSize, units },
      x: input(0),
      kernel: input(1),
      recurrentKernel: input(2),
      bias: input(attributes.bias),
      h0: input(attributes.h0),
      c0: input(attributes.c0),
      mask: given(attributes.mask),
      reverse: attributes.reverse,
      hardSigmoid: attributes.hardSigmoid,
      out: at(engine, sequence),
      gates: training ? engine.pointer(saved[0]) : 0,
      cells: training ? engine.pointer(saved[1]) : 0,
      hLast: at(engine, h),
      cLast: at(engine, c),
    })
    return { outputs: [sequence, h, c], saved }
  },
  gradient: fusedOrReplayed('lstm', lstmComposed, lstmGradients),
})

/** All wanted gradients from one kernel call. */
function lstmGradients(
  node: GraphNode,
  attributes: LstmAttributes,
  [dSequence, dh, dc]: readonly (Tensor | null)[],
): (Tensor | null)[] {
  const { inputs, outputs, saved } = node
  const engine = currentEngine()
  engine.beginOperation('lstm')
  const { batch, time, inputSize, units } = sizesOf(inputs)
  const { input, given } = addressesOf(engine, inputs)
  const { results, result } = gradientsFor(engine, inputs)
  const gates = engine.pointer(saved[0])
  // The saved gates are overwritten by their gradients, unless the graph is to be used again.
  const dGates = gradMode.retainGraph
    ? engine.memory.allocate(saved[0].length << engine.memory.floatShift)
    : gates
  engine.kernels.lstmBackward({
    ...{ batch, time, inputSize, units },
    x: input(0),
    kernel: input(1),
    recurrentKernel: input(2),
    h0: input(attributes.h0),
    c0: input(attributes.c0),
    mask: given(attributes.mask),
    reverse: attributes.reverse,
    hardSigmoid: attributes.hardSigmoid,
    out: at(engine, outputs[0]),
    gates,
    cells: engine.pointer(saved[1]),
    dOut: given(dSequence),
    dhLast: given(dh),
    dcLast: given(dc),
    dGates,
    dx: result(0),
    dKernel: result(1),
    dRecurrentKernel: result(2),
    dBias: result(attributes.bias),
    dh0: result(attributes.h0),
    dc0: result(attributes.c0),
  })
  if (dGates !== gates) engine.memory.release(dGates)
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
