import { stack } from '../ops/concat.ts'
import { linear } from '../ops/linear.ts'
import { reshape } from '../ops/reshape.ts'
import { slice } from '../ops/slice.ts'
import { where } from '../ops/where.ts'
import { zeros } from '../tensor/creation.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type ActivationName, activate } from './activations.ts'

// The recurrences step by step, for what the fused operations do not know: other activations, and recurrent dropout.

/** A recurrence over a sequence x [batch, time, inputSize]. */
export interface StepsInput {
  readonly x: Tensor
  readonly kernel: Tensor
  readonly recurrentKernel: Tensor
  /** One that is added to x·W, and one that is added to h·U. */
  readonly bias: Tensor | null
  readonly recurrentBias?: Tensor | null
  /** The tensors of the state before the first step; zeros by default. */
  readonly state: readonly Tensor[] | null
  readonly mask: Tensor | null
  readonly reverse: boolean
  /** [batch, units]: what h is multiplied by before it meets the recurrent kernel. */
  readonly keep: Tensor | null
  readonly activation: ActivationName
  readonly recurrentActivation: ActivationName
}

type Step = (projected: Tensor, state: readonly Tensor[]) => readonly Tensor[]

/** Runs the steps: h of each in input order, and the state after the last one. */
function run(input: StepsInput, stateSize: number, step: Step): readonly [Tensor, Tensor, ...Tensor[]] {
  const { x, kernel, bias, mask, reverse, recurrentKernel } = input
  const [batch, time] = x.shape
  const units = recurrentKernel.shape[0]
  const projected = linear(x, kernel, bias) // [batch, time, gates·units]
  const columns = kernel.shape[1]
  let state = input.state ?? Array.from({ length: stateSize }, () => zeros([batch, units]))
  const outputs = new Array<Tensor>(time)
  for (let turn = 0; turn < time; turn++) {
    const t = reverse ? time - 1 - turn : turn
    const next = step(reshape(slice(projected, [null, [t, t + 1]]), [batch, columns]), state)
    if (mask === null) state = next
    else {
      const counts = slice(mask, [null, [t, t + 1]]) // [batch, 1]
      state = next.map((value, i) => where(counts, value, state[i]))
    }
    outputs[t] = state[0]
  }
  const sequence = time === 0 ? zeros([batch, 0, units]) : stack(outputs, { axis: 1 })
  return [sequence, ...state] as readonly Tensor[] as readonly [Tensor, Tensor]
}

/** Columns of gates from … to−1. */
const gatesOf = (z: Tensor, units: number, from: number, to = from + 1): Tensor =>
  slice(z, [null, [from * units, to * units]])

/** h = f(x·W + h·U + b) */
export function simpleSteps(input: StepsInput) {
  const { recurrentKernel, recurrentBias = null, keep, activation } = input
  return run(input, 1, (projected, [h]) => {
    const kept = keep === null ? h : h.mul(keep)
    return [activate(activation, projected.add(linear(kept, recurrentKernel, recurrentBias)))]
  })
}

/** The LSTM; gates i, f, c, o. */
export function lstmSteps(input: StepsInput) {
  const { recurrentKernel, recurrentBias = null, keep, activation, recurrentActivation } = input
  const units = recurrentKernel.shape[0]
  return run(input, 2, (projected, [h, c]) => {
    const kept = keep === null ? h : h.mul(keep)
    const z = projected.add(linear(kept, recurrentKernel, recurrentBias))
    const gate = (index: number): Tensor => activate(recurrentActivation, gatesOf(z, units, index))
    const nextC = gate(1)
      .mul(c)
      .add(gate(0).mul(activate(activation, gatesOf(z, units, 2))))
    return [gate(3).mul(activate(activation, nextC)), nextC]
  })
}

/** The GRU; gates z, r, h. */
export function gruSteps(input: StepsInput, resetAfter: boolean) {
  const { recurrentKernel, recurrentBias = null, keep, activation, recurrentActivation } = input
  const units = recurrentKernel.shape[0]
  return run(input, 1, (projected, [h]) => {
    const kept = keep === null ? h : h.mul(keep)
    const fromH = resetAfter
      ? linear(kept, recurrentKernel, recurrentBias)
      : kept.matmul(gatesOf(recurrentKernel, units, 0, 2))
    const gate = (index: number): Tensor =>
      activate(recurrentActivation, gatesOf(projected, units, index).add(gatesOf(fromH, units, index)))
    const [z, r] = [gate(0), gate(1)]
    const recurrent = resetAfter
      ? r.mul(gatesOf(fromH, units, 2))
      : r.mul(kept).matmul(gatesOf(recurrentKernel, units, 2))
    const candidate = activate(activation, gatesOf(projected, units, 2).add(recurrent))
    return [z.mul(h).add(candidate.sub(z.mul(candidate)))]
  })
}
