import { describe, expect, it } from 'vitest'
import {
  bidirectional,
  concat,
  dense,
  deserializeModel,
  embedding,
  type GRU,
  gru,
  lstm,
  type Recurrent,
  repeatVector,
  sequential,
  serializeModel,
  ShapeError,
  type SimpleRNN,
  simpleRNN,
  stack,
  type Tensor,
  timeDistributed,
  ValueError,
  zeros,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { errorOf } from '../setup/errors.ts'
import { expectClose, int, leaf, normal } from '../setup/numbers.ts'

const UNITS = 3
const x = normal([2, 4, 5], 1)
const at = (sequence: Tensor, t: number): Tensor =>
  sequence.slice([null, [t, t + 1]]).reshape([sequence.shape[0], sequence.shape[2]])

/** Random weights and biases, so that one that is left out shows. */
function shaken<L extends Recurrent>(layer: L): L {
  for (const [i, parameter] of layer.parameters().entries())
    parameter.assign(normal(parameter.shape, 20 + i).mul(0.5))
  return layer
}

/** One step of a GRU by its definition, in plain operations. */
function gruStep(layer: GRU, xt: Tensor, h: Tensor, resetAfter: boolean): Tensor {
  const part = (z: Tensor, i: number): Tensor => z.slice([null, [i * UNITS, (i + 1) * UNITS]])
  const bias = layer.bias as Tensor
  const row = (i: number): Tensor => (resetAfter ? bias.slice([[i, i + 1]]).reshape([3 * UNITS]) : bias)
  const fromX = xt.matmul(layer.kernel).add(row(0))
  const fromH = resetAfter ? h.matmul(layer.recurrentKernel).add(row(1)) : h.matmul(layer.recurrentKernel)
  const z = part(fromX, 0).add(part(fromH, 0)).sigmoid()
  const r = part(fromX, 1).add(part(fromH, 1)).sigmoid()
  const recurrent = resetAfter ? r.mul(part(fromH, 2)) : r.mul(h).matmul(part(layer.recurrentKernel, 2))
  const candidate = part(fromX, 2).add(recurrent).tanh()
  return z.mul(h).add(candidate.mul(z.neg().add(1)))
}

describe.each(devices)('on %s', device => {
  useDevice(device)

  it.each([true, false])('a GRU follows its definition, with resetAfter %s', resetAfter => {
    const layer = shaken(gru({ units: UNITS, inputSize: 5, resetAfter }) as GRU)
    expect(layer.bias?.shape).toEqual(resetAfter ? [2, 9] : [9])
    let h = zeros([2, UNITS])
    for (let t = 0; t < 4; t++) h = gruStep(layer, at(x, t), h, resetAfter)
    expectClose(layer.forward(x), h, 1e-5)
  })

  it.each(['tanh', 'relu'] as const)('a simple recurrence follows its definition, with %s', activation => {
    const options = { units: UNITS, inputSize: 5, activation, bias: 'separate' } as const
    const layer = shaken(simpleRNN(options) as SimpleRNN)
    let h = zeros([2, UNITS])
    for (let t = 0; t < 4; t++) {
      const sum = at(x, t).matmul(layer.kernel).add(h.matmul(layer.recurrentKernel))
      const z = sum.add(layer.bias as Tensor).add(layer.recurrentBias as Tensor)
      h = activation === 'relu' ? z.relu() : z.tanh()
    }
    expectClose(layer.forward(x), h, 1e-5)
  })

  const kinds: [string, (options?: object) => Recurrent][] = [
    ['LSTM', (options = {}) => shaken(lstm({ units: UNITS, inputSize: 5, ...options }) as Recurrent)],
    ['GRU', (options = {}) => shaken(gru({ units: UNITS, inputSize: 5, ...options }) as Recurrent)],
    [
      'SimpleRNN',
      (options = {}) => shaken(simpleRNN({ units: UNITS, inputSize: 5, ...options }) as Recurrent),
    ],
  ]

  describe.each(kinds)('%s', (_, make) => {
    it('taken step by step gives what forward gives, gradients included', () => {
      const layer = make()
      const input = leaf(x)
      let state = layer.step(at(input, 0))
      for (let t = 1; t < 4; t++) state = layer.step(at(input, t), state)
      expectClose(state.h, layer.forward(x) as Tensor, 1e-5)
      state.h.square().sum().backward()
      const [dx, dKernel] = [input.grad?.clone() as Tensor, layer.kernel.grad?.clone() as Tensor]
      layer.zeroGrad()
      const whole = leaf(x)
      const output = layer.forward(whole) as Tensor
      output.square().sum().backward()
      expectClose(dx, whole.grad as Tensor, 1e-5)
      expectClose(dKernel, layer.kernel.grad as Tensor, 1e-5)
    })

    it('refuses a sequence as a step', () => {
      expect(() => make().step(x)).toThrow(/needs a step \[batch, features\], got \[2, 4, 5\]/)
    })

    it('goes on where the batch before ended, if stateful, until it is reset', () => {
      const layer = make({ stateful: true })
      const halves = [x.slice([null, [0, 2]]), x.slice([null, [2, 4]])]
      const whole = (make().forward(x) as Tensor).clone()
      const first = layer.forward(halves[0]) as Tensor
      expectClose(layer.state?.h as Tensor, first)
      expectClose(layer.forward(halves[1]) as Tensor, whole, 1e-5)
      layer.resetState()
      expect(layer.state).toBeNull()
      expectClose(layer.forward(halves[0]) as Tensor, first)
      const error = errorOf(() => layer.forward(normal([3, 4, 5])))
      expect(error).toBeInstanceOf(ShapeError)
      expect(error.message).toMatch(/remembers a batch of 2, got one of 3/)
    })

    it('sends no gradient into the batch before', () => {
      const layer = make({ stateful: true })
      const input = leaf(x)
      layer.forward(input)
      const second = layer.forward(x) as Tensor
      second.sum().backward()
      expect(input.grad).toBeNull()
    })

    it('gives the state, and the mask of the sequence', () => {
      const layer = make({ returnState: true, returnSequences: true })
      const mask = int([
        [1, 1, 0, 0],
        [1, 1, 1, 0],
      ])
      const [sequence, h] = layer.forward(x, { mask }) as readonly Tensor[]
      expectClose(h, at(sequence, 3))
      expectClose(sequence.slice([[0, 1], [1, 2]]), sequence.slice([[0, 1], [3, 4]])) // biome-ignore format: one line
      expect(layer.maskFor(x, mask)).toBe(mask)
      expect(make().maskFor(x, mask)).toBeNull()
    })

    it.each(['concat', 'sum', 'mul', 'ave', 'none'] as const)('reads both ways, merged by %s', mergeMode => {
      for (const returnSequences of [false, true]) {
        const layer = bidirectional({ layer: make({ returnSequences }), mergeMode })
        shaken(layer.backwardLayer)
        const forward = layer.forwardLayer.forward(x) as Tensor
        const read = layer.backwardLayer.forward(x) as Tensor
        const backward = returnSequences ? read.flip({ axis: 1 }) : read
        const got = layer.forward(x)
        const merged = {
          concat: () => [concat([forward, backward], { axis: -1 })],
          sum: () => [forward.add(backward)],
          mul: () => [forward.mul(backward)],
          ave: () => [forward.add(backward).div(2)],
          none: () => [forward, backward],
        }[mergeMode]()
        const outputs: readonly Tensor[] = 'dtype' in got ? [got] : got
        expect(outputs.length).toBe(merged.length)
        for (const [i, output] of outputs.entries()) expectClose(output, merged[i])
        expect(layer.outputShape([4, 5])).toEqual(outputs[0].shape.slice(1))
      }
    })
  })

  it('a bidirectional layer gives the states of both directions after its output', () => {
    const layer = bidirectional({ layer: lstm({ units: UNITS, inputSize: 5, returnState: true }) })
    const results = layer.forward(x)
    expect(results.map(result => result.shape)).toEqual([[2, 6], [2, 3], [2, 3], [2, 3], [2, 3]]) // biome-ignore format: a list
    expectClose(results[0], concat([results[1], results[3]], { axis: -1 }))
  })

  it('a padded batch gives what the bare one gives, through both directions and layers on top', () => {
    const model = sequential(
      embedding({ inputDim: 9, outputDim: 5, maskZero: true }),
      bidirectional({ layer: gru({ units: 4, returnSequences: true }) }),
      simpleRNN({ units: 3 }),
    )
    const bare = model.forward(int([[3, 1, 4], [2, 7, 1]])) // biome-ignore format: a matrix
    expectClose(model.forward(int([[3, 1, 4, 0, 0], [2, 7, 1, 0, 0]])), bare) // biome-ignore format: a matrix
    expectClose(model.forward(int([[0, 0, 3, 1, 4], [0, 0, 2, 7, 1]])), bare) // biome-ignore format: a matrix
  })

  it('TimeDistributed applies its layer to each step', () => {
    const inner = gru({ units: UNITS })
    const layer = timeDistributed({ layer: inner })
    const pages = normal([2, 3, 4, 5], 2)
    const got = layer.forward(pages)
    expect(got.shape).toEqual([2, 3, UNITS])
    expect([...layer.namedParameters().keys()]).toEqual([
      'layer.kernel',
      'layer.recurrentKernel',
      'layer.bias',
    ])
    const steps = [0, 1, 2].map(t => inner.forward(pages.slice([null, [t, t + 1]]).reshape([2, 4, 5])))
    expectClose(got, stack(steps, { axis: 1 }))
    expect(() => layer.forward(normal([2, 3]))).toThrow(ShapeError)
  })

  it('RepeatVector repeats', () => {
    const vector = normal([2, 3])
    expectClose(
      repeatVector({ times: 4 }).forward(vector),
      stack([vector, vector, vector, vector], { axis: 1 }),
    )
  })
})

describe('saved and loaded again', () => {
  it('recurrent layers, alone and inside others, give the same', () => {
    const model = sequential(
      bidirectional({ layer: gru({ units: 4, returnSequences: true, resetAfter: false }), mergeMode: 'sum' }),
      bidirectional({ layer: lstm({ units: 3, returnSequences: true }) }),
      timeDistributed({ layer: dense({ units: 5, activation: 'tanh' }) }),
      gru({ units: 4 }),
      repeatVector({ times: 3 }),
      simpleRNN({ units: 2, activation: 'relu', bias: 'separate' }),
    )
    const want = model.forward(x)
    expectClose(deserializeModel(serializeModel(model)).model.forward(x), want)
  })

  it('also one layer inside another inside a third', () => {
    const inner = bidirectional({ layer: simpleRNN({ units: 2 }), mergeMode: 'ave' })
    const model = sequential(timeDistributed({ layer: inner }))
    const pages = normal([2, 3, 4, 5], 2)
    const want = model.forward(pages)
    expectClose(deserializeModel(serializeModel(model)).model.forward(pages), want)
  })
})

describe('what does not fit is refused', () => {
  it.each([
    [() => gru({ units: 0 }), /GRU needs units to be a whole number ≥ 1, got 0/],
    [() => gru({ units: 2, resetafter: true } as never), /GRU has no option "resetafter"/],
    [() => gru({ units: 2, recurrentActivation: 'rleu' as never }), /activation "rleu" is unknown/],
    [() => simpleRNN({ units: 2, activation: 'gleu' as never }), /activation "gleu" is unknown/],
    [() => lstm({ units: 2, recurrentDropout: 1 }), /0 ≤ recurrentDropout < 1, got 1/],
    [() => bidirectional({ layer: dense({ units: 2 }) as never }), /Bidirectional needs a recurrent layer/],
    [
      () => bidirectional({ layer: gru({ units: 2, goBackwards: true }) }),
      /needs a layer that reads forwards/,
    ],
    [
      () => bidirectional({ layer: gru({ units: 2 }), mergeMode: 'max' as never }),
      /needs mergeMode to be one of/,
    ],
    [() => timeDistributed({ layer: 3 as never }), /TimeDistributed needs a layer/],
  ])('%s', (make, message) => {
    expect(make).toThrow(ValueError)
    expect(make).toThrow(message)
  })

  it('naming sizes, layer by layer', () => {
    const error = errorOf(() => sequential(gru({ units: 4, inputSize: 5 })).forward(normal([2, 3, 6])))
    expect(error.message).toMatch(/needs \[batch, time, 5\], got \[batch, 3, 6\] \(6 ≠ 5\)/)
  })
})
