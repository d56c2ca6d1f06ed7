import { describe, expect, it } from 'vitest'
import {
  Cell,
  dense,
  input,
  type LSTM,
  lstm,
  manualSeed,
  model,
  ones,
  rnn,
  sequential,
  serializeModel,
  type Tensor,
  ValueError,
  zeros,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { expectClose, int, normal } from '../setup/numbers.ts'

/** An LSTM as a cell, out of the layer's own step. */
class LstmCell extends Cell<{ h: Tensor; c: Tensor }> {
  override readonly stateShape = { h: [3], c: [3] }
  constructor(readonly layer: LSTM) {
    super()
  }
  step(x: Tensor, state: { h: Tensor; c: Tensor }) {
    const next = this.layer.step(x, state)
    return { output: next.h, state: { h: next.h, c: next.c } }
  }
}

/** A running mean, with an output of another shape than its state. */
class Mean extends Cell<{ sum: Tensor; count: Tensor }> {
  readonly head = dense({ units: 2 })
  override readonly stateShape = { sum: [4], count: [1] }
  override outputShape(): number[] {
    return [2]
  }
  step(x: Tensor, { sum, count }: { sum: Tensor; count: Tensor }) {
    const state = { sum: sum.add(x), count: count.add(1) }
    return { output: this.head.forward(state.sum.div(state.count)), state }
  }
}

describe.each(devices)('a cell of the user’s own on %s', device => {
  useDevice(device)

  it.each([
    ['the last step', {}],
    ['all steps', { returnSequences: true }],
    ['from the end', { returnSequences: true, goBackwards: true }],
  ])('gives what the layer gives: %s', (_, options) => {
    manualSeed(1)
    const layer = lstm({ units: 3, inputSize: 4, ...options }) as LSTM
    const wrapped = rnn({ cell: new LstmCell(layer), ...options })
    const x = normal([2, 5, 4], 1)
    const mask = int([1, 1, 0, 1, 0, 0, 1, 1, 1, 1]).reshape([2, 5])
    expectClose(wrapped.forward(x), layer.forward(x).data(), 1e-6)
    expectClose(wrapped.forward(x, { mask }), layer.forward(x, { mask }).data(), 1e-6)
    const initialState = { h: normal([2, 3], 2), c: normal([2, 3], 3) }
    expectClose(wrapped.forward(x, { initialState }), layer.forward(x, { initialState }).data(), 1e-6)
  })

  it('is trained, and goes into graphs with its shape', async () => {
    manualSeed(2)
    const x = input({ shape: [5, 4] })
    const y = rnn({ cell: new Mean(), returnSequences: true }).apply(x)
    expect(y.shape).toEqual([5, 2])
    const net = model({ inputs: x, outputs: y })
    net.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
    const { history } = await net.fit(normal([16, 5, 4], 1), zeros([16, 5, 2]), {
      epochs: 20,
      verbose: false,
    })
    expect(history.loss[19]).toBeLessThan(history.loss[0])
    expect([...net.namedParameters().keys()]).toEqual(['rnn.cell.head.kernel', 'rnn.cell.head.bias'])
  })

  it('goes on from batch to batch, until the model is reset', () => {
    const net = sequential(rnn({ cell: new Mean(), stateful: true }), dense({ units: 1 }))
    const first = net.predict(ones([1, 3, 4]).mul(2)).item()
    net.predict(ones([1, 3, 4]).mul(-7))
    expect(net.predict(ones([1, 3, 4]).mul(2)).item()).not.toBe(first)
    net.resetState()
    expect(net.predict(ones([1, 3, 4]).mul(2)).item()).toBe(first)
  })
})

describe('resetState of a model', () => {
  it('reaches stateful layers however deep', () => {
    manualSeed(3)
    const x = input({ shape: [2, 3] })
    const inner = sequential(lstm({ units: 2, stateful: true, returnSequences: true }))
    const net = model({ inputs: x, outputs: lstm({ units: 2, stateful: true }).apply(inner.apply(x)) })
    const data = normal([2, 2, 3], 1)
    const first = net.predict(data).data()
    expect(net.predict(data).data()).not.toEqual(first)
    net.resetState()
    expect(net.predict(data).data()).toEqual(first)
  })
})

describe('a model with a cell', () => {
  it('says that only its weights can be saved', () => {
    const net = sequential(rnn({ cell: new Mean() }))
    net.predict(ones([1, 3, 4]))
    expect(() => serializeModel(net)).toThrow(/RNN "rnn" cannot be saved: its cell Mean is code/)
    expect(net.stateDict().size).toBe(2)
  })
})

describe('what is no cell', () => {
  it('is refused', () => {
    expect(() => rnn({ cell: lstm({ units: 2 }) as never })).toThrow(ValueError)
    expect(() => rnn({ cell: new Mean() }).forward(zeros([1, 0, 4]))).toThrow(/at least one step/)
  })
})
