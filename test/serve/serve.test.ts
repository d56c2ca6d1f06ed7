import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UnsupportedError, ValueError } from '../../src/errors.ts'
import {
  dense,
  embedding,
  flatten,
  input,
  lstm,
  manualSeed,
  model,
  sequential,
  Tokenizer,
} from '../../src/index.ts'
import { createServer, Predictor } from '../../src/serve/index.ts'

const textModel = () => {
  manualSeed(1)
  const tokenizer = new Tokenizer({ oovToken: '?' })
  tokenizer.fitOnTexts(['good film', 'bad film'])
  return {
    tokenizer,
    net: sequential(
      embedding({ inputDim: tokenizer.vocabularySize, outputDim: 4 }),
      lstm({ units: 4 }),
      dense({ units: 1, activation: 'sigmoid' }),
    ),
  }
}

describe('Predictor', () => {
  it('gives each input its own answer, in order', () => {
    const net = sequential(flatten(), dense({ units: 1, inputSize: 4 }))
    const predictor = new Predictor(net)
    const square = [
      [1, 2],
      [3, 4],
    ]
    const answers = predictor.predict([square, 'text', [1, 2, 3, 4], [[1], [2, 3]], [1], square, null])
    expect(answers.map(answer => 'error' in answer)).toEqual([false, true, false, true, true, false, true])
    expect(answers[0]).toEqual(answers[5])
    expect(answers[0]).toEqual({ prediction: [net.predict([square]).data()[0]] })
    expect(answers[6]).toEqual({ error: 'predict needs numbers in arrays, got null.' })
  })

  it('turns texts into names with probabilities, and unknown or empty ones as well', () => {
    const { net, tokenizer } = textModel()
    const predictor = new Predictor(net, { tokenizer, labels: ['no', 'yes'], maxLength: 3 })
    for (const answer of predictor.predict(['good film', '', 'zzz'])) {
      expect(answer).toMatchObject({ prediction: { label: expect.stringMatching(/^(yes|no)$/) } })
    }
    expect(predictor.predict([5])).toEqual([{ error: 'predict needs a text, got number.' }])
    const plain = new Predictor(net, { tokenizer }).predict(['good', ''])
    expect(plain.every(answer => 'prediction' in answer)).toBe(true)
  })

  it('takes models and lists, and says so', () => {
    expect(() => new Predictor(undefined as never)).toThrow(/needs a model, got undefined/)
    expect(() => new Predictor(textModel().net, { tokeniser: null } as never)).toThrow(
      /has no option "tokeniser"/,
    )
    expect(() => new Predictor(textModel().net).predict('text' as never)).toThrow(
      /takes a list of inputs, got string/,
    )
  })

  it('keeps the shape of sequences', () => {
    const net = sequential(lstm({ units: 2, inputSize: 1, returnSequences: true }))
    const [answer] = new Predictor(net).predict([[[1], [2], [3]]])
    expect(answer).toMatchObject({
      prediction: [[expect.any(Number), expect.any(Number)], expect.anything(), expect.anything()],
    })
  })

  it('refuses models with several inputs, and labels that do not fit', () => {
    const [a, b] = [input({ shape: [1] }), input({ shape: [1] })]
    const several = model({ inputs: [a, b], outputs: dense({ units: 1 }).apply(a) })
    expect(() => new Predictor(several as never)).toThrow(UnsupportedError)
    const predictor = new Predictor(sequential(dense({ units: 3, inputSize: 1 })), { labels: ['a'] })
    expect(predictor.predict([[1]])).toEqual([
      { error: 'predict needs a name for each of 3 outputs, got 1 labels.' },
    ])
    expect(() =>
      Predictor.from({ model: several as never, tokenizer: null, metadata: new Map([['labels', '5']]) }),
    ).toThrow(ValueError)
  })
})

describe('createServer', () => {
  let server: FastifyInstance
  beforeAll(async () => {
    const net = sequential(dense({ units: 1, inputSize: 2 }))
    server = await createServer(new Predictor(net), { maxInputs: 3, bodyLimit: 200 })
  })
  afterAll(() => server.close())
  const post = (payload: string, type = 'application/json') =>
    server.inject({ method: 'POST', url: '/predict', payload, headers: { 'content-type': type } })

  it('answers each input, and none', async () => {
    const response = await post('{"input_data": [[1, 2], [3, 4]]}')
    expect(response.statusCode).toBe(200)
    expect(response.json().predictions).toHaveLength(2)
    expect((await post('{"input_data": []}')).json()).toEqual({ predictions: [] })
    expect((await server.inject('/health')).json()).toEqual({ status: 'ok', model: 'sequential' })
  })

  it.each([
    ['no JSON', '{', 400],
    ['another form', '{"inputs": [1]}', 400],
    ['a list', '[1]', 400],
    ['null', 'null', 400],
    ['an input that does not fit', '{"input_data": [[1, 2], [1, 2, 3]]}', 400],
    ['too many inputs', '{"input_data": [[1,2],[1,2],[1,2],[1,2]]}', 413],
    ['a long body', `{"input_data": [${'[1,2],'.repeat(60)}[1,2]]}`, 413],
    ['a polluting key', '{"__proto__": {"input_data": []}}', 400],
  ])('refuses %s', async (_, payload, code) => {
    const response = await post(payload)
    expect(response.statusCode).toBe(code)
    expect(response.json().error).toEqual(expect.any(String))
  })

  it('names the input at fault, refuses other types, and knows no other paths', async () => {
    expect((await post('{"input_data": [[1, 2], "x"]}')).json()).toMatchObject({ index: 1 })
    expect((await post('x', 'text/plain')).statusCode).toBe(415)
    expect((await server.inject('/other')).statusCode).toBe(404)
  })
})
