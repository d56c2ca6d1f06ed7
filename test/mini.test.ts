import { describe, expect, it } from 'vitest'
import {
  adam,
  binaryAccuracy,
  binaryCrossentropy,
  dense,
  deserializeStateDict,
  embedding,
  lstm,
  manualSeed,
  padSequences,
  progress,
  Sequential,
  sequential,
  serializeStateDict,
  setDevice,
  Tokenizer,
  ValueError,
  zeros,
} from '../src/mini.ts'
import { input } from '../src/nn/graph/symbolic.ts'
import { convolve2d } from '../src/ops/convolve.ts'
import { errorOf, rejection } from './setup/errors.ts'

const texts = ['good', 'very good', 'so good', 'bad', 'very bad', 'so bad']
const labels = Int32Array.of(1, 1, 1, 0, 0, 0)
const compiled = (): Sequential => {
  const model = sequential(dense({ units: 1, activation: 'sigmoid', inputSize: 2 }))
  model.compile({ optimizer: adam(), loss: binaryCrossentropy, metrics: [binaryAccuracy()] })
  return model
}

describe('tensorloom/mini', () => {
  it('trains a classifier of texts, whose weights can be kept', async () => {
    manualSeed(1)
    const tokenizer = new Tokenizer({ oovToken: '<unknown>' })
    tokenizer.fitOnTexts(texts)
    const read = (some: string[]) => padSequences(tokenizer.textsToSequences(some), { maxLength: 3 })
    const network = (): Sequential =>
      new Sequential([
        embedding({ inputDim: tokenizer.vocabularySize, outputDim: 8 }),
        lstm({ units: 8, dropout: 0.1 }),
        dense({ units: 1, activation: 'sigmoid' }),
      ])
    const model = network()
    model.compile({
      optimizer: adam({ learningRate: 0.05 }),
      loss: binaryCrossentropy,
      metrics: [binaryAccuracy()],
    })
    const history = await model.fit(read(texts), labels, { epochs: 40 })
    expect(history.epochs).toHaveLength(40)
    const { loss, binaryAccuracy: share } = await model.evaluate(read(texts), labels)
    expect(loss).toBeLessThan(0.2)
    expect(share).toBe(1)
    const again = network()
    again.predict(read(texts))
    again.loadStateDict(deserializeStateDict(serializeStateDict(model.stateDict())))
    expect(again.predict(read(texts)).toArray()).toEqual(model.predict(read(texts)).toArray())
  })

  it('knows no names in compile, and says what to pass', () => {
    const model = compiled()
    const loss = binaryCrossentropy
    for (const [options, hint] of [
      [{ optimizer: 'adam', loss }, /adam\(\) itself, or import from 'tensorloom'/],
      [{ optimizer: adam(), loss: 'binaryCrossentropy' }, /binaryCrossentropy itself/],
      [{ optimizer: adam(), loss, metrics: ['accuracy'] }, /binaryAccuracy\(\) itself/],
    ] as const) {
      const error = errorOf(() => model.compile(options))
      expect(error).toBeInstanceOf(ValueError)
      expect(error.message).toMatch(/is a name, and 'tensorloom\/mini' knows none/)
      expect(error.message).toMatch(hint)
    }
  })

  it('says what it leaves out', async () => {
    const model = compiled()
    const x = [[0, 1]]
    const y = [[1]]
    const left = /is left out of 'tensorloom\/mini'.*\n.*import from 'tensorloom'/
    for (const options of [
      { checkpoint: { dir: 'nowhere' } },
      { debug: 'nan' },
      { verbose: true },
      { worker: true },
    ] as const) {
      const error = await rejection(model.fit(x, y, options))
      expect(error).toBeInstanceOf(ValueError)
      expect(error.message).toMatch(left)
    }
    expect((await rejection(model.fit([{ x, y }]))).message).toMatch(left)
    for (const body of [
      () => model.summary(),
      () => model.fitEvents(x, y),
      () => dense({ units: 1 }).apply(input({ shape: [2] })),
      () => convolve2d(zeros([1, 4, 4, 1]), zeros([3, 3, 1, 1])),
      () => setDevice('reference'),
    ])
      expect(errorOf(body).message).toMatch(left)
    expect('save' in model).toBe(false)
  })

  it('is silent unless it is handed a progress bar', async () => {
    const lines: string[] = []
    const output = { isTerminal: false, write: (text: string) => void lines.push(text) }
    await compiled().fit([[0, 1]], [[1]], {})
    expect(lines).toEqual([])
    await compiled().fit([[0, 1]], [[1]], { callbacks: [progress(output)] })
    expect(lines.join('')).toMatch(/loss/)
  })
})
