import { stack } from '../../../ops/concat.ts'
import { zeros } from '../../../tensor/creation.ts'
import type { Tensor } from '../../../tensor/tensor.ts'
import type { Direction } from './recurrent.ts'

/** The state after a step, from the step's input and the state before; c is absent but for LSTMs. */
export type Cell = (xt: Tensor, h: Tensor, c: Tensor) => { readonly h: Tensor; readonly c: Tensor }

/** The recurrence step by step, out of ordinary operations. */
export function runCell(direction: Direction, cell: Cell) {
  const { x, mask, reverse, units } = direction
  const [batch, time] = x.shape
  let h = direction.h0 ?? zeros([batch, units])
  let c = direction.c0 ?? zeros([batch, units])
  const outputs: Tensor[] = []
  for (let i = 0; i < time; i++) {
    const t = reverse ? time - 1 - i : i
    const next = cell(x.slice([null, [t, t + 1]]).squeeze({ axis: 1 }), h, c)
    const isOn = mask?.slice([null, [t, t + 1]])
    h = isOn === undefined ? next.h : isOn.where(next.h, h)
    c = isOn === undefined ? next.c : isOn.where(next.c, c)
    outputs[t] = h
  }
  return { sequence: stack(outputs, { axis: 1 }), h, c }
}

/** x·W + h·R + biases for some gates, clipped as the node says. */
function preactivation({ w, r, biases, units, clip }: Direction) {
  const columns = (t: Tensor, gate: number): Tensor =>
    t.slice([...t.shape.slice(1).map(() => null), [gate * units, (gate + 1) * units]])
  const bounded = (t: Tensor): Tensor =>
    clip === Number.POSITIVE_INFINITY ? t : t.clip({ min: -clip, max: clip })
  const ofX = (xt: Tensor, gate: number): Tensor => {
    const product = xt.matmul(columns(w, gate))
    return biases === null ? product : product.add(columns(biases[0], gate))
  }
  const ofH = (h: Tensor, gate: number): Tensor => {
    const product = h.matmul(columns(r, gate))
    return biases === null ? product : product.add(columns(biases[1], gate))
  }
  return { ofX, ofH, bounded, columns }
}

/** i, o, f = f(…), c = f ⊙ c + i ⊙ g(…), h = o ⊙ h(c); with peepholes the gates see c too. */
export function lstmCell(direction: Direction, isCoupled: boolean): Cell {
  const { ofX, ofH, bounded, columns } = preactivation(direction)
  const [f, g, last] = direction.activations
  const { peepholes } = direction
  return (xt, h, c) => {
    const sum = (gate: number): Tensor => ofX(xt, gate).add(ofH(h, gate))
    const peep = (state: Tensor, gate: number): Tensor =>
      peepholes === null ? sum(gate) : sum(gate).add(columns(peepholes, gate).mul(state))
    const input = f.apply(bounded(peep(c, 0)))
    const forget = isCoupled ? input.neg().add(1) : f.apply(bounded(peep(c, 2)))
    const next = forget.mul(c).add(input.mul(g.apply(bounded(sum(3)))))
    const output = f.apply(bounded(peep(next, 1)))
    return { c: next, h: output.mul(last.apply(next)) }
  }
}

/** z, r = f(…), h̃ = g(…), h = (1 − z) ⊙ h̃ + z ⊙ h */
export function gruCell(direction: Direction, resetAfter: boolean): Cell {
  const { ofX, ofH, bounded } = preactivation(direction)
  const [f, g] = direction.activations
  return (xt, h, c) => {
    const update = f.apply(bounded(ofX(xt, 0).add(ofH(h, 0))))
    const reset = f.apply(bounded(ofX(xt, 1).add(ofH(h, 1))))
    const past = resetAfter ? reset.mul(ofH(h, 2)) : ofH(reset.mul(h), 2)
    const candidate = g.apply(bounded(ofX(xt, 2).add(past)))
    return { c, h: update.neg().add(1).mul(candidate).add(update.mul(h)) }
  }
}

export function rnnCell(direction: Direction): Cell {
  const { ofX, ofH, bounded } = preactivation(direction)
  const [f] = direction.activations
  return (xt, h, c) => ({ c, h: f.apply(bounded(ofX(xt, 0).add(ofH(h, 0)))) })
}
