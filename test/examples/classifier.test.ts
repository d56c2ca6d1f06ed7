import { describe, expect, it } from 'vitest'
import { classify, encode, makeClassifier, usualLength } from '../../examples/text-classifier/classifier.ts'
import { keepBest } from '../../examples/text-classifier/keep-best.ts'
import { guessLevel } from '../../examples/text-classifier/level.ts'
import { dense, History, SGD, sequential, tensor } from '../../src/index.ts'

const options = { level: 'words', words: 100, embedding: 4, units: 3, dropout: 0.5 } as const
const texts = ['a good play', 'a bad play', 'good', 'bad']

describe('the level of texts', () => {
  it.each([
    ['words', ['A good film, a very good one.']],
    ['characters', ['这部电影很好看。', '不好！123']],
    ['characters', ['とても面白い映画でした', '재미있는 영화']],
    ['words', ['I saw 霸王别姬 yesterday evening']],
    ['words', ['Отличный фильм']],
    ['words', ['123 …']],
    ['words', []],
  ])('is %s for %j', (level, examples) => expect(guessLevel(examples)).toBe(level))
})

describe('the usual length', () => {
  const lengths = (...all: number[]): number[][] => all.map(length => Array<number>(length).fill(1))

  it('fits 95 of 100 texts', () => {
    expect(usualLength(lengths(...Array.from({ length: 101 }, (_, i) => i)))).toBe(95)
    expect(usualLength(lengths(5))).toBe(5)
  })

  it('is from 1 to 100', () => {
    expect(usualLength(lengths(0, 0))).toBe(1)
    expect(usualLength(lengths(3000))).toBe(100)
  })
})

describe('a classifier', () => {
  it('keeps the vocabulary it was allowed', () => {
    expect(makeClassifier(texts, ['0', '1'], options).tokenizer.vocabularySize).toBe(6)
    expect(makeClassifier(texts, ['0', '1'], { ...options, words: 3 }).tokenizer.vocabularySize).toBe(3)
  })

  it('pads texts in front, and marks unknown words', () => {
    const classifier = makeClassifier(texts, ['0', '1'], options)
    expect(encode(classifier, ['good zebra'])).toEqual({ data: Int32Array.of(0, 3, 1), shape: [1, 3] })
  })

  it.each([[['no', 'yes']], [['a', 'b', 'c']]])('gives each of the classes %j a probability', labels => {
    const probabilities = classify(makeClassifier(texts, labels, options), texts)
    expect(probabilities).toHaveLength(texts.length)
    for (const row of probabilities) {
      expect(row).toHaveLength(labels.length)
      expect(row.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 6)
    }
  })
})

describe('keepBest', () => {
  const model = sequential(dense({ units: 1, inputSize: 1 }))
  const kernel = (): number => model.parameters()[0].item()
  const setKernel = (value: number): void =>
    model.loadStateDict(
      new Map([
        ['dense.kernel', tensor([[value]])],
        ['dense.bias', tensor([0])],
      ]),
    )

  /** Runs epochs with these figures, epoch n with the kernel n; the epoch after which it stopped, or null. */
  async function run(patience: number, figures: readonly (readonly [accuracy: number, loss: number])[]) {
    const { callback, best } = keepBest(model, { patience })
    let stopped: number | null = null
    for (const [epoch, [valAccuracy, valLoss]] of figures.entries()) {
      setKernel(epoch)
      const stop = (): void => {
        stopped ??= epoch
      }
      await callback.onEpochEnd?.(epoch, { valAccuracy, valLoss }, { stop, optimizer: new SGD([]), model })
    }
    await callback.onTrainEnd?.({}, { reason: 'completed', history: new History() })
    return { best, stopped, kernel: kernel() }
  }

  it('stops when patience is over, and puts the best weights back', async () => {
    const figures = [[0.5, 1], [0.7, 1], [0.6, 0.5], [0.7, 1]] as const // biome-ignore format: a table
    expect(await run(2, figures)).toEqual({
      best: { epoch: 1, accuracy: 0.7, loss: 1 },
      stopped: 3,
      kernel: 1,
    })
  })

  it('takes a lower loss for progress where the accuracy stays', async () => {
    const figures = [[0.7, 0.9], [0.7, 0.8], [0.7, 0.85]] as const // biome-ignore format: a table
    expect(await run(2, figures)).toMatchObject({ stopped: null, kernel: 1 })
  })

  it('leaves the model alone when no epoch ended', async () => {
    setKernel(5)
    expect(await run(1, [])).toMatchObject({ stopped: null, kernel: 5 })
  })
})
