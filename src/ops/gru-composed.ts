import type { Tensor } from '../tensor/tensor.ts'
import type { GruAttributes } from './gru.ts'
import { linear } from './linear.ts'
import { hardSigmoidKeras } from './parametric.ts'
import { runSteps } from './recurrence.ts'
import { reshape } from './reshape.ts'
import { slice } from './slice.ts'
import { sigmoid, tanh } from './unary.ts'

/**
 * The GRU step by step, out of ordinary operations: what the fused one is differentiated twice by, and its definition
 * in code. Returns h of each step and the last h.
 */
export function gruComposed(inputs: readonly Tensor[], attributes: GruAttributes): readonly Tensor[] {
  const { resetAfter } = attributes
  const [x, kernel, recurrentKernel] = inputs
  const units = recurrentKernel.shape[0]
  const gate = attributes.hardSigmoid ? hardSigmoidKeras : sigmoid
  const bias = attributes.bias < 0 ? null : inputs[attributes.bias]
  const biasOf = (row: number): Tensor | null =>
    bias === null ? null : reshape(slice(bias, [[row, row + 1]]), [3 * units])
  /** Columns of gates from … to−1. */
  const part = (z: Tensor, from: number, to: number): Tensor => slice(z, [null, [from * units, to * units]])
  const candidateKernel = part(recurrentKernel, 2, 3)

  const projected = linear(x, kernel, resetAfter ? biasOf(0) : bias) // [batch, time, 3·units]
  const first = attributes.h0 < 0 ? null : inputs[attributes.h0]
  return runSteps(projected, first, units, attributes, (xt, h) => {
    const fromH = resetAfter ? linear(h, recurrentKernel, biasOf(1)) : h.matmul(part(recurrentKernel, 0, 2))
    const z = gate(part(xt, 0, 1).add(part(fromH, 0, 1)))
    const r = gate(part(xt, 1, 2).add(part(fromH, 1, 2)))
    const recurrent = resetAfter ? r.mul(part(fromH, 2, 3)) : r.mul(h).matmul(candidateKernel)
    const candidate = tanh(part(xt, 2, 3).add(recurrent))
    return z.mul(h).add(candidate.sub(z.mul(candidate)))
  })
}
