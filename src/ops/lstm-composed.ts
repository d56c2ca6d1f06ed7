import type { Tensor } from '../tensor/tensor.ts'
import { zeros } from '../tensor/creation.ts'
import { stack } from './concat.ts'
import { linear } from './linear.ts'
import { hardSigmoidKeras } from './parametric.ts'
import { reshape } from './reshape.ts'
import { type Range, slice } from './slice.ts'
import { sigmoid, tanh } from './unary.ts'
import { where } from './where.ts'
import type { LstmAttributes } from './lstm.ts'

/**
 * The LSTM step by step, out of ordinary operations: what the fused one is differentiated twice by, and its
 * definition in code. Returns h of each step, the last h and the last c.
 */
export function lstmComposed(inputs: readonly Tensor[], attributes: LstmAttributes): readonly Tensor[] {
  const [x, kernel, recurrentKernel] = inputs
  const optional = (index: number): Tensor | null => (index < 0 ? null : inputs[index])
  const [batch, time] = x.shape
  const units = recurrentKernel.shape[0]
  const gate = attributes.hardSigmoid ? hardSigmoidKeras : sigmoid
  let h = optional(attributes.h0) ?? zeros([batch, units])
  let c = optional(attributes.c0) ?? zeros([batch, units])
  const projected = linear(x, kernel, optional(attributes.bias)) // [batch, time, 4·units]
  const outputs = new Array<Tensor>(time)
  for (let step = 0; step < time; step++) {
    const t = attributes.reverse ? time - 1 - step : step
    const all: Range = null
    const z = reshape(slice(projected, [all, [t, t + 1]]), [batch, 4 * units]).add(h.matmul(recurrentKernel))
    const part = (index: number): Tensor => slice(z, [all, [index * units, (index + 1) * units]])
    const i = gate(part(0))
    const f = gate(part(1))
    const g = tanh(part(2))
    const o = gate(part(3))
    const nextC = f.mul(c).add(i.mul(g))
    const nextH = o.mul(tanh(nextC))
    if (attributes.mask === null) {
      c = nextC
      h = nextH
    } else {
      const runs = slice(attributes.mask, [all, [t, t + 1]]) // [batch, 1]
      c = where(runs, nextC, c)
      h = where(runs, nextH, h)
    }
    outputs[t] = h
  }
  const sequence = time === 0 ? zeros([batch, 0, units]) : stack(outputs, { axis: 1 })
  return [sequence, h, c]
}
