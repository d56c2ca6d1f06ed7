import { beforeEach, describe, expect, it } from 'vitest'
import { gateTrace } from '../../src/attribution/gate-trace.ts'
import { integratedGradients } from '../../src/attribution/integrated-gradients.ts'
import { occlusion } from '../../src/attribution/occlusion.ts'
import { saliency } from '../../src/attribution/saliency.ts'
import { ShapeError, UnsupportedError, ValueError } from '../../src/errors.ts'
import {
  Add,
  dense,
  dropout,
  embedding,
  flatten,
  Generator,
  input,
  lstm,
  manualSeed,
  Module,
  model as graph,
  sequential,
  type Tensor,
  tensor,
  withDevice,
} from '../../src/index.ts'

const ids = tensor(
  [
    [0, 3, 1, 4],
    [2, 2, 5, 1],
  ],
  { dtype: 'int32' },
)
const textModel = () =>
  sequential(
    embedding({ inputDim: 6, outputDim: 5, maskZero: true, embeddingsInitializer: 'glorotUniform' }),
    lstm({ units: 4 }),
    dropout({ rate: 0.5 }),
    dense({ units: 3, activation: 'softmax' }),
  )
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, value) => total + value, 0)

describe.each(['wasm', 'reference'] as const)('on %s', device => {
  const on = (body: () => void) => () => withDevice(device, body)
  beforeEach(() => manualSeed(1))

  describe('saliency', () => {
    it(
      'of a linear model is weight times input',
      on(() => {
        const model = sequential(dense({ units: 2, inputSize: 3 }))
        const kernel = model.stateDict().get('dense.kernel')
        const weights = kernel?.data() ?? new Float32Array(0)
        const x = [
          [1, -2, 3],
          [4, 5, 6],
        ]
        const { values, shape, targets } = saliency(model, x, { target: [0, 1] })
        expect(shape).toEqual([2, 3])
        expect([...targets]).toEqual([0, 1])
        for (const [i, value] of values.entries()) {
          const row = Math.floor(i / 3)
          expect(value).toBeCloseTo(weights[(i % 3) * 2 + row] * x[row][i % 3], 5)
        }
      }),
    )

    it(
      'of ids is what finite differences along the embedding say',
      on(() => {
        const model = textModel()
        const { values, outputs, targets } = saliency(model, ids, { target: 1 })
        expect([...targets]).toEqual([1, 1])
        expect([...outputs]).toEqual([...model.predict(ids).data()].filter((_, i) => i % 3 === 1))
        // Scaling the vector of an id that occurs once scales what it did: dF/dα at α = 1.
        const scaled = (id: number, factor: number) => {
          const changed = textModel()
          const state = model.stateDict()
          const table = state.get('embedding.embeddings')
          const numbers = (table?.data() ?? new Float32Array(0)).map((value, i) =>
            Math.floor(i / 5) === id ? value * factor : value,
          )
          state.set('embedding.embeddings', tensor(numbers, { shape: [6, 5] }))
          changed.loadStateDict(state)
          return changed.predict(ids).data()[1]
        }
        for (const [place, id] of [
          [1, 3],
          [3, 4],
        ]) {
          expect(values[place]).toBeCloseTo((scaled(id, 1.01) - scaled(id, 0.99)) / 0.02, 3)
        }
        // The mask leaves padding out.
        expect(values[0]).toBe(0)
      }),
    )

    it(
      'takes the likeliest class by default, and the length of the gradient on request',
      on(() => {
        const model = textModel()
        const best = model.predict(ids).argmax({ axis: 1 }).ints()
        expect(saliency(model, ids).targets).toEqual(best)
        const { values } = saliency(model, ids, { kind: 'gradientNorm' })
        expect(values.every(value => value >= 0)).toBe(true)
        expect(values[1]).toBeGreaterThan(0)
      }),
    )

    it(
      'leaves mode, gradients and weights as they were',
      on(() => {
        const model = textModel()
        model.predict(ids)
        model.train()
        const before = model.stateDict()
        saliency(model, ids)
        expect(model.training).toBe(true)
        expect(model.parameters().every(parameter => parameter.grad === null)).toBe(true)
        for (const [name, value] of model.stateDict()) expect(value.data()).toEqual(before.get(name)?.data())
      }),
    )

    it(
      'goes through graphs of layers',
      on(() => {
        const words = input({ shape: [4], dtype: 'int32' })
        const vectors = embedding({ inputDim: 6, outputDim: 5 }).apply(words)
        const net = graph({
          inputs: words,
          outputs: dense({ units: 1 }).apply(lstm({ units: 3 }).apply(vectors)),
        })
        expect(saliency(net, ids).shape).toEqual([2, 4])
      }),
    )

    it(
      'names what cannot be explained',
      on(() => {
        const model = textModel()
        expect(() => saliency(model, ids, { target: 3 })).toThrow(/from 0 to 2, got 3/)
        expect(() => saliency(model, ids, { target: [0] })).toThrow(
          /one target for each of 2 examples, got 1/,
        )
        expect(() => saliency(model, ids, { target: 0.5 })).toThrow(ValueError)
        const sequences = sequential(
          embedding({ inputDim: 6, outputDim: 2 }),
          lstm({ units: 2, returnSequences: true }),
        )
        expect(() => saliency(sequences, ids)).toThrow(ShapeError)
        expect(() => saliency(model, ids, { targets: 1 } as never)).toThrow(/has no option "targets"/)
      }),
    )
  })

  describe('integratedGradients', () => {
    it(
      'adds up to the change of the output',
      on(() => {
        const model = textModel()
        const result = integratedGradients(model, ids, { target: [0, 2] })
        expect(result.isComplete).toBe(true)
        for (const row of [0, 1]) {
          const total = sum(result.values.slice(4 * row, 4 * row + 4))
          const change = result.outputs[row] - result.baselineOutputs[row]
          expect(Math.abs(total - change)).toBeLessThanOrEqual(0.01 * Math.max(Math.abs(change), 1e-3))
          expect(result.errors[row]).toBeCloseTo(total - change, 6)
        }
      }),
    )

    it(
      'is exact for a linear model from any baseline',
      on(() => {
        const model = sequential(dense({ units: 1, inputSize: 3 }))
        const weights = [...(model.stateDict().get('dense.kernel')?.data() ?? [])]
        const { values, steps } = integratedGradients(model, [[1, 2, 3]], { baseline: [[1, 1, 1]], steps: 1 })
        expect(steps).toBe(1)
        for (const [i, value] of values.entries()) expect(value).toBeCloseTo(weights[i] * i, 5)
      }),
    )

    it(
      'takes more points where the path is steep, and says when they do not suffice',
      on(() => {
        const model = sequential(dense({ units: 1, inputSize: 1, activation: 'tanh' }))
        model.loadStateDict(
          new Map([
            ['dense.kernel', tensor([[400]])],
            ['dense.bias', tensor([-200])],
          ]),
        )
        const result = integratedGradients(model, [[1]], { steps: 2 })
        expect(result.steps).toBeGreaterThan(64)
        expect(result.isComplete).toBe(true)
        const strict = integratedGradients(model, [[1]], { steps: 2, tolerance: 0 })
        expect(strict.isComplete).toBe(false)
      }),
    )

    it(
      'names a baseline of another shape',
      on(() => {
        const model = sequential(dense({ units: 1, inputSize: 2 }))
        expect(() => integratedGradients(model, [[1, 2]], { baseline: [[1]] })).toThrow(
          /baseline \[1, 2\], got \[1, 1\]/,
        )
      }),
    )
  })

  describe('occlusion', () => {
    it(
      'is the fall of the output without the part',
      on(() => {
        const model = textModel()
        const { values, outputs } = occlusion(model, ids, { target: 0 })
        const without = tensor(
          [
            [0, 0, 1, 4],
            [2, 0, 5, 1],
          ],
          { dtype: 'int32' },
        )
        const changed = model.predict(without).data()
        expect(values[1]).toBeCloseTo(outputs[0] - changed[0], 6)
        expect(values[5]).toBeCloseTo(outputs[1] - changed[3], 6)
      }),
    )

    it(
      'covers patches of images, all channels at once',
      on(() => {
        const pixels = { data: Float32Array.from({ length: 18 }, (_, i) => i + 1), shape: [1, 3, 3, 2] }
        const image = sequential(flatten(), dense({ units: 1, inputSize: 18 }))
        const patches = occlusion(image, pixels).values
        for (let i = 0; i < 18; i += 2) expect(patches[i + 1]).toBe(patches[i])
        expect(new Set(patches).size).toBe(9)
        const flat = sequential(dense({ units: 1, inputSize: 4 }))
        const { values } = occlusion(flat, [[1, 2, 3, 4]], { window: [3] })
        expect(values[0]).toBe(values[2])
        expect(values[3]).not.toBe(values[0])
        expect(() => occlusion(flat, [[1, 2, 3, 4]], { window: [1, 1] })).toThrow(/window with 1 sizes/)
      }),
    )
  })

  it(
    'refuses models of several inputs or outputs by name, and explains a Module around them',
    on(() => {
      const [a, b] = [input({ shape: [2], name: 'a' }), input({ shape: [2], name: 'b' })]
      const shared = dense({ units: 3 })
      const [p, q] = [shared.apply(a), shared.apply(b)]
      const wide = graph({ inputs: [a, b], outputs: new Add().apply([p, q]) })
      const forked = graph({ inputs: a, outputs: [p, dense({ units: 1, name: 'side' }).apply(p)] })
      const data = [[1, 2]]
      for (const explain of [saliency, integratedGradients, occlusion]) {
        expect(() => explain(wide, data)).toThrow(/several inputs \(a, b\)/)
        // The types refuse it already.
        expect(() => Reflect.apply(explain, null, [forked, data])).toThrow(UnsupportedError)
      }
      class First extends Module {
        readonly model = forked
        forward(x: Tensor): Tensor {
          return this.model.forward(x)[0]
        }
      }
      expect(saliency(new First(), data, { target: 1 }).shape).toEqual([1, 2])
    }),
  )

  describe('gateTrace', () => {
    it(
      'follows the equations of the LSTM to its output',
      on(() => {
        const x = new Generator(1).normal(2 * 3 * 2)
        const model = sequential(
          lstm({ units: 4, inputSize: 2, returnSequences: true }),
          lstm({ units: 3, name: 'top' }),
        )
        const data = { data: x, shape: [2, 3, 2] }
        const trace = gateTrace(model, data)
        expect(trace.shape).toEqual([2, 3, 4])
        for (let i = 0; i < trace.cell.length; i++) {
          const step = Math.floor(i / 4) % 3
          const before = step === 0 ? 0 : trace.cell[i - 4]
          expect(trace.cell[i]).toBeCloseTo(trace.forget[i] * before + trace.input[i] * trace.candidate[i], 5)
          expect(trace.hidden[i]).toBeCloseTo(trace.output[i] * Math.tanh(trace.cell[i]), 5)
        }
        const top = gateTrace(model, data, { layer: 'top' })
        const output = model.predict(data).data()
        for (const row of [0, 1]) {
          expect([...top.hidden.slice(row * 9 + 6, row * 9 + 9)]).toEqual(
            [...output.slice(3 * row, 3 * row + 3)].map(value => expect.closeTo(value, 5)),
          )
        }
      }),
    )

    it(
      'names the LSTMs there are',
      on(() => {
        expect(() => gateTrace(textModel(), ids, { layer: 'x' })).toThrow(/no LSTM "x"\.\n.*there are lstm/)
        expect(() => gateTrace(sequential(dense({ units: 1 })), [[1]])).toThrow(/ran no LSTM/)
      }),
    )
  })
})
