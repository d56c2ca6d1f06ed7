import { describe, expect, it } from 'vitest'
import {
  dense,
  embedding,
  type LSTM,
  lstm,
  Module,
  noGrad,
  ones,
  type Sequential,
  sequential,
  ShapeError,
  stack,
  tensor,
  type Tensor,
  zeros,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { errorOf } from '../setup/errors.ts'
import { expectClose, int, leaf, normal } from '../setup/numbers.ts'

const UNITS = 3

/** One step by the definition, in plain operations. */
function stepOf(layer: LSTM, x: Tensor, h: Tensor, c: Tensor, hard = false): { h: Tensor; c: Tensor } {
  let z = x.matmul(layer.kernel).add(h.matmul(layer.recurrentKernel))
  if (layer.bias !== null) z = z.add(layer.bias)
  if (layer.recurrentBias !== null && layer.recurrentBias !== undefined) z = z.add(layer.recurrentBias)
  const gate = (i: number): Tensor => z.slice([null, [i * UNITS, (i + 1) * UNITS]])
  const squash = (t: Tensor): Tensor => (hard ? t.mul(0.2).add(0.5).clip({ min: 0, max: 1 }) : t.sigmoid())
  const next = squash(gate(1))
    .mul(c)
    .add(squash(gate(0)).mul(gate(2).tanh()))
  return { c: next, h: squash(gate(3)).mul(next.tanh()) }
}

/** h of each step, in the order given, and the last state. */
function unrolled(
  layer: LSTM,
  x: Tensor,
  order: readonly number[],
  options: { hard?: boolean; h?: Tensor; c?: Tensor } = {},
): { outputs: Tensor[]; h: Tensor; c: Tensor } {
  const outputs: Tensor[] = []
  const { hard = false, h = zeros([x.shape[0], UNITS]), c = zeros([x.shape[0], UNITS]) } = options
  let state: { h: Tensor; c: Tensor } = { h, c }
  for (const t of order) {
    const xt = x.slice([null, [t, t + 1]]).reshape([x.shape[0], x.shape[2]])
    state = stepOf(layer, xt, state.h, state.c, hard)
    outputs.push(state.h)
  }
  return { outputs, ...state }
}

/** Random biases, so that one that is left out shows. */
function shaken(layer: LSTM): LSTM {
  for (const [i, parameter] of layer.parameters().entries())
    parameter.assign(normal(parameter.shape, 20 + i).mul(0.5))
  return layer
}

describe.each(devices)('LSTM on %s', device => {
  useDevice(device)
  const x = normal([2, 4, 5], 1)
  const forwards = [0, 1, 2, 3]
  const backwards = [3, 2, 1, 0]
  const make = (options: Partial<ConstructorParameters<typeof LSTM>[0]> = {}): LSTM =>
    shaken(lstm({ units: UNITS, inputSize: 5, ...options }) as LSTM)

  it.each(['single', 'separate', 'none'] as const)('follows its definition with bias %s', bias => {
    const layer = make({ bias })
    expectClose(layer.forward(x), unrolled(layer, x, forwards).h, 1e-5)
    expect([...layer.namedParameters().keys()]).toEqual(
      ['kernel', 'recurrentKernel', 'bias', 'recurrentBias'].slice(
        0,
        { single: 3, separate: 4, none: 2 }[bias],
      ),
    )
  })

  it('follows its definition with hardSigmoid', () => {
    const layer = make({ recurrentActivation: 'hardSigmoid' })
    expectClose(layer.forward(x), unrolled(layer, x, forwards, { hard: true }).h, 1e-5)
  })

  it('gives every step with returnSequences', () => {
    const layer = make({ returnSequences: true })
    const y = layer.forward(x)
    expect(y.shape).toEqual([2, 4, UNITS])
    unrolled(layer, x, forwards).outputs.forEach((h, t) => {
      expectClose(y.slice([null, [t, t + 1]]).reshape([2, UNITS]), h, 1e-5)
    })
  })

  it('gives [output, h, c] with returnState', () => {
    const layer = shaken(lstm({ units: UNITS, inputSize: 5, returnState: true }) as never) as never as {
      forward(x: Tensor): readonly [Tensor, Tensor, Tensor]
    } & LSTM
    const [output, h, c] = layer.forward(x)
    const want = unrolled(layer, x, forwards)
    expectClose(h, want.h, 1e-5)
    expectClose(c, want.c, 1e-5)
    expect(output.data()).toEqual(h.data())
  })

  it('starts from initialState, through which gradients flow', () => {
    const layer = make()
    const [h, c] = [leaf(normal([2, UNITS], 7)), leaf(normal([2, UNITS], 8))]
    const y = layer.forward(x, { initialState: { h, c } })
    const want = unrolled(layer, x, forwards, { h, c }).h
    expectClose(y, want, 1e-5)
    y.sum().backward()
    const got = [h.grad?.data(), c.grad?.data()]
    h.grad = null
    c.grad = null
    unrolled(layer, x, forwards, { h, c }).h.sum().backward()
    expectClose(h.grad as never as Tensor, got[0] as Float32Array, 1e-5)
    expectClose(c.grad as never as Tensor, got[1] as Float32Array, 1e-5)
  })

  it('learns no input size from a forward that fails', () => {
    const layer = lstm({ units: UNITS })
    const mask = ones([2, 9]).greater(0)
    expect(() => layer.forward(ones([2, 3, 7]), { mask })).toThrow(/mask/)
    expect(layer.built).toBe(false)
    expect(layer.forward(ones([2, 3, 5])).shape).toEqual([2, UNITS])
  })

  it('refuses an initial state of another shape, naming both', () => {
    const error = errorOf(() => make().forward(x, { initialState: { h: ones([2, 4]), c: ones([2, 3]) } }))
    expect(error).toBeInstanceOf(ShapeError)
    expect(error.message).toMatch(/needs h0 \[2, 3\], got \[2, 4\]/)
  })

  it('reads from the end with goBackwards, and gives the outputs in the order of processing, as Keras does', () => {
    const layer = make({ goBackwards: true, returnSequences: true })
    const y = layer.forward(x)
    unrolled(layer, x, backwards).outputs.forEach((h, i) => {
      expectClose(y.slice([null, [i, i + 1]]).reshape([2, UNITS]), h, 1e-5)
    })
    const last = make({ goBackwards: true })
    expectClose(last.forward(x), unrolled(last, x, backwards).h, 1e-5)
  })

  it('starts its forget gates at 1 unless told not to', () => {
    const biasOf = (layer: LSTM): number[] => [...(layer.bias?.data() ?? [])]
    expect(biasOf(lstm({ units: 2, inputSize: 1 }) as LSTM)).toEqual([0, 0, 1, 1, 0, 0, 0, 0])
    expect(biasOf(lstm({ units: 2, inputSize: 1, unitForgetBias: false }) as LSTM)).toEqual([
      0, 0, 0, 0, 0, 0, 0, 0,
    ])
    const separate = lstm({ units: 2, inputSize: 1, bias: 'separate' })
    expect(separate.recurrentBias?.data()).toEqual(new Float32Array(8))
  })

  it('stacks, and passes gradients through the stack', () => {
    const [a, b] = [make({ returnSequences: true }), shaken(lstm({ units: UNITS, inputSize: UNITS }) as LSTM)]
    const y = sequential(a, b).forward(x)
    const sequence = stack(unrolled(a, x, forwards).outputs, { axis: 1 })
    const want = unrolled(b, sequence, forwards).h
    expectClose(y, want, 1e-5)
    y.sum().backward()
    const got = a.kernel.grad?.data() as Float32Array
    a.zeroGrad()
    want.sum().backward()
    expectClose(a.kernel.grad as never as Tensor, got, 2e-5)
  })

  describe('with masks', () => {
    const build = (
      options: { goBackwards?: boolean; stacked?: boolean; nested?: boolean } = {},
    ): Sequential => {
      const { goBackwards = false, stacked = false, nested = false } = options
      const first = embedding({ inputDim: 9, outputDim: 5, maskZero: true })
      const layers = [
        ...(nested ? [sequential(first)] : [first]),
        ...(stacked ? [make({ returnSequences: true }), dense({ units: 5, inputSize: UNITS })] : []),
        make({ goBackwards }),
        dense({ units: 1, inputSize: UNITS }),
      ]
      return sequential(...layers)
    }
    const plain = int([[3, 1, 4], [2, 7, 1]]) // biome-ignore format: a matrix
    const post = int([[3, 1, 4, 0, 0], [2, 7, 1, 0, 0]]) // biome-ignore format: a matrix
    const pre = int([[0, 0, 3, 1, 4], [0, 0, 2, 7, 1]]) // biome-ignore format: a matrix

    it.each([
      {},
      { goBackwards: true },
      { stacked: true },
      { nested: true },
      { stacked: true, goBackwards: true },
    ])('padding before or after changes neither result nor gradients (%j)', options => {
      const model = build(options)
      const gradientsOf = (ids: Tensor): { y: Tensor; gradients: Float32Array[] } => {
        model.zeroGrad()
        const y = model.forward(ids)
        y.sum().backward()
        return { y, gradients: model.parameters().map(p => p.grad?.data() as Float32Array) }
      }
      const want = gradientsOf(plain)
      for (const ids of [post, pre]) {
        const got = gradientsOf(ids)
        expectClose(got.y, want.y)
        got.gradients.forEach((gradient, i) => {
          // The padding row of the table is read, but no loss depends on it.
          expectClose(tensor(gradient), want.gradients[i], 2e-5)
        })
        expectClose(
          noGrad(() => model.forward(ids)),
          want.y,
        )
      }
    })

    it('repeats the last output on padded steps of a sequence', () => {
      const model = sequential(
        embedding({ inputDim: 9, outputDim: 5, maskZero: true }),
        make({ returnSequences: true }),
      )
      const y = model.forward(int([[3, 1, 0]]))
      expect(y.slice([null, [2, 3]]).data()).toEqual(y.slice([null, [1, 2]]).data())
      expect(
        model
          .forward(int([[0, 3, 1]]))
          .slice([null, [0, 1]])
          .data(),
      ).toEqual(new Float32Array(UNITS))
    })

    it('gives zeros for a row that is all padding', () => {
      const model = sequential(embedding({ inputDim: 9, outputDim: 5, maskZero: true }), make())
      expect(model.forward(int([[0, 0], [1, 2]])).data().slice(0, UNITS)).toEqual(new Float32Array(UNITS)) // biome-ignore format: data
    })

    it('trains with fit', async () => {
      const model = build()
      model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
      const { history } = await model.fit(post, [1, 0], { epochs: 20, verbose: false })
      expect(history.loss[19]).toBeLessThan(history.loss[0])
    })

    it('refuses a mask of numbers that are not whole', () => {
      const error = errorOf(() => make().forward(x, { mask: ones([2, 4]) }))
      expect(error.message).toMatch(/bool or int32 mask, got float32[\s\S]*notEqual\(0\)/)
    })
  })

  it('takes part in a Module that needs its state', () => {
    class Encoder extends Module {
      readonly reader = lstm({ units: UNITS, returnState: true })
      forward(input: Tensor): Tensor {
        const [, h, c] = this.reader.forward(input)
        return h.add(c)
      }
    }
    const encoder = new Encoder()
    expect(encoder.forward(x).shape).toEqual([2, UNITS])
    expect(
      errorOf(() => sequential(lstm({ units: 2, returnState: true }) as never).forward(x)).message,
    ).toMatch(/must return one tensor here, got 3 of them/)
  })

  it('gives the initial state for a sequence of no steps', () => {
    const h = tensor([[1, 2, 3]])
    const y = make().forward(zeros([1, 0, 5]), { initialState: { h, c: h } })
    expect(y.data()).toEqual(h.data())
  })
})
