import type { Pointer } from '../../kernels/kernels.ts'
import { gradMode } from '../autodiff/mode.ts'
import type { Engine } from '../engine/engine.ts'
import { lifetime, withVisibility } from '../engine/lifetime.ts'
import type { Storage } from '../engine/storage.ts'
import type { GraphNode } from '../tensor/node.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { at } from './define.ts'
import type { RecurrentAttributes } from './recurrence.ts'

// What the kernels of the fused recurrent operations are told: sizes and addresses.

const addressOf = (engine: Engine, tensor: Tensor | null | undefined): number =>
  tensor ? at(engine, tensor) : 0

/** What every kernel is told of its operands: sizes, addresses (0 for one that is absent), and which way it goes. */
export function operandsOf(engine: Engine, inputs: readonly Tensor[], attributes: RecurrentAttributes) {
  const [x, kernel, recurrentKernel] = inputs
  const [batch, time, inputSize] = x.shape
  return {
    batch,
    time,
    inputSize,
    units: recurrentKernel.shape[0],
    x: at(engine, x),
    kernel: at(engine, kernel),
    recurrentKernel: at(engine, recurrentKernel),
    h0: optionalOf(engine, inputs, attributes.h0),
    mask: addressOf(engine, attributes.mask),
    reverse: attributes.reverse,
  }
}

/** Address of an operand that may be absent (−1). */
export const optionalOf = (engine: Engine, inputs: readonly Tensor[], index: number): number =>
  addressOf(engine, inputs[index])

/** What every backward kernel is told besides: the output, its gradients, and where those of the operands go. */
export function gradientTargets(
  engine: Engine,
  { inputs, outputs }: GraphNode,
  attributes: RecurrentAttributes,
  [dSequence, dh]: readonly (Tensor | null)[],
) {
  const results = inputs.map(input => (input.requiresGrad ? emptyTensor(input.shape, 'float32') : null))
  const result = (index: number): number => addressOf(engine, results[index])
  const addresses = {
    ...operandsOf(engine, inputs, attributes),
    out: at(engine, outputs[0]),
    dOut: addressOf(engine, dSequence),
    dhLast: addressOf(engine, dh),
    dx: result(0),
    dKernel: result(1),
    dRecurrentKernel: result(2),
    dBias: result(attributes.bias),
    dh0: result(attributes.h0),
  }
  return { results, result, addresses }
}

/** Outputs [batch, time, units] and so many states [batch, units]. */
export function outputsFor([x, , recurrentKernel]: readonly Tensor[], states: number): readonly Tensor[] {
  const [batch, time] = x.shape
  const units = recurrentKernel.shape[0]
  const state = (): Tensor => emptyTensor([batch, units], 'float32')
  return [emptyTensor([batch, time, units], 'float32'), ...Array.from({ length: states }, state)]
}

/** Room for what backward needs of each step: so many numbers per unit. */
export function savedFor(
  engine: Engine,
  [x, , recurrentKernel]: readonly Tensor[],
  perUnit: readonly number[],
): Storage[] {
  const [batch, time] = x.shape
  const size = batch * time * recurrentKernel.shape[0]
  return withVisibility('internal', lifetime.created, () =>
    perUnit.map(count => engine.create('float32', size * count)),
  )
}

/** Gradients of saved gates take their place, unless the graph is to be used again. */
export function withGateGradients(
  engine: Engine,
  saved: Storage,
  run: (gates: Pointer, dGates: Pointer) => void,
): void {
  const gates = engine.pointer(saved)
  if (!gradMode.retainGraph) {
    run(gates, gates)
    return
  }
  const dGates = engine.memory.allocate(saved.length << engine.memory.floatShift)
  run(gates, dGates)
  engine.memory.release(dGates)
}
