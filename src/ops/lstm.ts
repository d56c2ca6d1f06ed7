import { gradMode } from '../autodiff/mode.ts'
import { gradientsByReplay } from '../autodiff/replay.ts'
import { currentEngine } from '../engine/device.ts'
import { lifetime, withVisibility } from '../engine/lifetime.ts'
import type { Storage } from '../engine/storage.ts'
import { DTypeError, ShapeError } from '../errors.ts'
import type { GraphNode, Thunk } from '../tensor/node.ts'
import { formatShape, sameShape, type Shape } from '../tensor/shape.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { at, defineFused } from './define.ts'
import { lstmComposed } from './lstm-composed.ts'
import { reshape } from './reshape.ts'

export interface LstmOptions {
  /** int32 or bool [batch, time]: steps where it is 0 leave the state as it is. */
  readonly mask?: Tensor | null
  /** Runs from the last step to the first; outputs stay in input order. Default false. */
  readonly reverse?: boolean
  /** Gate activation; `hardSigmoid` is clip(0.2·x + 0.5, 0, 1). Default `sigmoid`. */
  readonly recurrentActivation?: 'sigmoid' | 'hardSigmoid'
}

export interface LstmInputs {
  /** [batch, time, inputSize] */
  readonly x: Tensor
  /** [inputSize, 4·units], gates i, f, c, o */
  readonly kernel: Tensor
  /** [units, 4·units] */
  readonly recurrentKernel: Tensor
  /** [4·units] */
  readonly bias?: Tensor | null
  /** [batch, units]; zeros by default */
  readonly h0?: Tensor | null
  readonly c0?: Tensor | null
}

export interface LstmResult {
  /** h after each step, [batch, time, units] */
  readonly sequence: Tensor
  /** The state after the last step, [batch, units] */
  readonly h: Tensor
  readonly c: Tensor
}

/** Which optional inputs follow x, kernel and recurrentKernel, and where. */
export interface LstmAttributes {
  readonly bias: number
  readonly h0: number
  readonly c0: number
  readonly mask: Tensor | null
  readonly reverse: boolean
  readonly hardSigmoid: boolean
}

/** Sizes shared by forward and backward. */
function sizesOf([x, kernel, recurrentKernel]: readonly Tensor[]) {
  const [batch, time, inputSize] = x.shape
  return { batch, time, inputSize, units: recurrentKernel.shape[0], gates: kernel.shape[1] }
}

const lstmOp = defineFused<LstmAttributes>('lstm', {
  forward: (inputs, attributes, engine, training) => {
    const { batch, time, inputSize, units } = sizesOf(inputs)
    const optional = (index: number): number => (index < 0 ? 0 : at(engine, inputs[index]))
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
      batch,
      time,
      inputSize,
      units,
      x: at(engine, inputs[0]),
      kernel: at(engine, inputs[1]),
      recurrentKernel: at(engine, inputs[2]),
      bias: optional(attributes.bias),
      h0: optional(attributes.h0),
      c0: optional(attributes.c0),
      mask: attributes.mask === null ? 0 : at(engine, attributes.mask),
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
  gradient: (node, attributes, outputGradients) => {
    if (gradMode.enabled) {
      const gradients = gradientsByReplay(
        'lstm',
        node.inputs,
        outputGradients,
        inputs => lstmComposed(inputs, attributes),
        x => reshape(x, x.shape),
      )
      return node.inputs.map((_, i): Thunk | null => {
        const gradient = gradients.get(i)
        return gradient === undefined ? null : () => gradient
      })
    }
    const gradients = lstmGradients(node, attributes, outputGradients)
    return gradients.map((gradient): Thunk | null => (gradient === null ? null : () => gradient))
  },
})

/** All wanted gradients from one kernel call. */
function lstmGradients(
  node: GraphNode,
  attributes: LstmAttributes,
  [dSequence, dh, dc]: readonly (Tensor | null)[],
): (Tensor | null)[] {
  const { inputs, outputs, saved } = node
  const engine = currentEngine()
  engine.beginOperation()
  const { batch, time, inputSize, units } = sizesOf(inputs)
  const results = inputs.map(input => (input.requiresGrad ? emptyTensor(input.shape, 'float32') : null))
  const result = (index: number): number => {
    const tensor = index < 0 ? null : results[index]
    return tensor === null ? 0 : at(engine, tensor)
  }
  const input = (index: number): number => (index < 0 ? 0 : at(engine, inputs[index]))
  const given = (tensor: Tensor | null): number => (tensor === null ? 0 : at(engine, tensor))
  const gates = engine.pointer(saved[0])
  // The saved gates are overwritten by their gradients, unless the graph is to be used again.
  const dGates = gradMode.retainGraph
    ? engine.memory.allocate(saved[0].length << engine.memory.floatShift)
    : gates
  engine.kernels.lstmBackward({
    batch,
    time,
    inputSize,
    units,
    x: input(0),
    kernel: input(1),
    recurrentKernel: input(2),
    h0: input(attributes.h0),
    c0: input(attributes.c0),
    mask: attributes.mask === null ? 0 : at(engine, attributes.mask),
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

function check(what: string, tensor: Tensor, wanted: Shape): void {
  if (sameShape(tensor.shape, wanted)) return
  throw new ShapeError({
    operation: 'lstm',
    problem: `needs ${what} ${formatShape(wanted)}, got ${formatShape(tensor.shape)}.`,
    shapes: [tensor.shape, wanted],
  })
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
  const { x, kernel, recurrentKernel, bias = null, h0 = null, c0 = null } = inputs
  if (x.rank !== 3) {
    throw new ShapeError({
      operation: 'lstm',
      problem: `needs x [batch, time, features], got ${formatShape(x.shape)}.`,
      shapes: [x.shape],
    })
  }
  const [batch, time, inputSize] = x.shape
  const units = recurrentKernel.shape[0]
  check('a kernel', kernel, [inputSize, 4 * units])
  check('a recurrentKernel', recurrentKernel, [units, 4 * units])
  if (bias !== null) check('a bias', bias, [4 * units])
  if (h0 !== null) check('h0', h0, [batch, units])
  if (c0 !== null) check('c0', c0, [batch, units])
  const mask = options.mask ?? null
  if (mask !== null) {
    check('a mask', mask, [batch, time])
    if (mask.dtype === 'float32') {
      throw new DTypeError({
        operation: 'lstm',
        problem: 'takes a bool or int32 mask, got float32.',
        hint: 'compare it: mask.notEqual(0).',
        dtypes: [mask.dtype],
      })
    }
  }
  const tensors: Tensor[] = [x, kernel, recurrentKernel]
  const place = (tensor: Tensor | null): number => (tensor === null ? -1 : tensors.push(tensor) - 1)
  const attributes: LstmAttributes = {
    bias: place(bias),
    h0: place(h0),
    c0: place(c0),
    mask,
    reverse: options.reverse ?? false,
    hardSigmoid: options.recurrentActivation === 'hardSigmoid',
  }
  // An input without a gradient: so the graph keeps it until backward has read it.
  place(mask)
  const [sequence, h, c] = lstmOp(tensors, attributes)
  return { sequence, h, c }
}
