import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  dense,
  embedding,
  lstm,
  type Sequential,
  sequential,
  type Tensor,
  tensor,
} from '../../../src/index.ts'
import { fromPyTorch, toPyTorch } from '../../../src/formats/pytorch/index.ts'
import { ids, textClassifier } from '../../io/saved-models.ts'

interface GoldenTensor {
  readonly dtype: 'f32' | 'f64' | 'i32'
  readonly shape: number[]
  readonly b64: string
}

function decode({ dtype, shape, b64 }: GoldenTensor): Tensor {
  const { buffer } = Uint8Array.from(Buffer.from(b64, 'base64'))
  if (dtype === 'i32') return tensor(new Int32Array(buffer), { shape, dtype: 'int32' })
  const values = dtype === 'f32' ? new Float32Array(buffer) : Float32Array.from(new Float64Array(buffer))
  return tensor(values, { shape })
}

const names = { embedding: 'embedding', lstm: 'rnn', dense: 'fc' }

describe('weights of PyTorch', () => {
  it('give PyTorch’s output, with two biases and with their sum', () => {
    const file = JSON.parse(readFileSync(new URL('../../golden/training.json', import.meta.url), 'utf8'))
    const cases = file.cases.filter(({ name }: { name: string }) => name.startsWith('text_lstm'))
    expect(cases.length).toBeGreaterThan(0)
    for (const { attrs, params, batches, outputs } of cases) {
      const entries: [string, GoldenTensor][] = Object.entries(params)
      const weights = new Map(entries.map(([name, value]) => [name, decode(value)]))
      const expected = decode(outputs.first_output).data()
      for (const bias of ['separate', 'single'] as const) {
        const model = sequential(
          embedding({ inputDim: attrs.vocab, outputDim: attrs.embed }),
          lstm({ units: attrs.hidden, bias }),
          dense({ units: 1, activation: 'sigmoid' }),
        )
        model.loadStateDict(fromPyTorch(model, weights, names))
        const output = model.predict(decode(batches[0].x)).data()
        const errors = output.map((value, i) => Math.abs(value - expected[i]))
        expect(Math.max(...errors)).toBeLessThan(1e-5)
        expect(output).toHaveLength(expected.length)
      }
    }
  })

  it('come back from a round trip', () => {
    const model = textClassifier()
    const weights = toPyTorch(model, names)
    expect(weights.get('rnn.weight_ih_l0')?.shape).toEqual([8, 3])
    expect(weights.get('rnn.bias_hh_l0')?.data()).toEqual(new Float32Array(8))
    const before = model.predict(ids(3, 4, 7)).data()
    model.loadStateDict(fromPyTorch(model, weights, names))
    expect(model.predict(ids(3, 4, 7)).data()).toEqual(before)
  })

  it('of a stack name the layer and the direction', () => {
    const model: Sequential = sequential(
      lstm({ units: 2, inputSize: 3, returnSequences: true }),
      lstm({ units: 2, inputSize: 2 }),
    )
    const weights = toPyTorch(model, { lstm: 'rnn l0', lstm_1: 'rnn l1_reverse' })
    expect([...weights.keys()].slice(3, 6)).toEqual([
      'rnn.bias_hh_l0',
      'rnn.weight_ih_l1_reverse',
      'rnn.weight_hh_l1_reverse',
    ])
  })

  it('that do not fit are refused by name', () => {
    const model = textClassifier()
    const weights = toPyTorch(model, names)
    expect(() => fromPyTorch(model, weights, { embedding: 'embedding', lstm: 'rnn' })).toThrow(
      /needs "dense\.weight" for "dense\.kernel"/,
    )
    expect(() => fromPyTorch(model, weights, { ...names, x: 'y' })).toThrow(/"x".*no such layer/)
    expect(() => fromPyTorch(model, weights, { ...names, dense: 'head' })).toThrow(/"head\.weight"/)
    weights.set('extra', tensor([1]))
    expect(() => fromPyTorch(model, weights, names)).toThrow(/no layer for "extra"/)
  })
})
