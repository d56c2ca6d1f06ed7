import { describe, expect, it } from 'vitest'
import { bagOfWordsAccuracy } from '../../examples/text-classifier/bag-of-words.ts'
import { type Example, makeCorpus } from '../../examples/text-classifier/corpus/grammar.ts'
import { opposites } from '../../examples/text-classifier/corpus/lexicon.ts'
import { textToWordSequence } from '../../src/text/text-to-words.ts'

const { train, valid } = makeCorpus()
const words = ({ text }: Example) => textToWordSequence(text)
const sentence = (example: Example) => words(example).join(' ')
const bagOf = (example: Example) => words(example).sort().join(' ')
const vocabulary = (examples: readonly Example[]) => new Set(examples.flatMap(words))

/** Label of every review, by bag of words. */
function labelsByBag(examples: readonly Example[]): Map<string, number[]> {
  const labels = new Map<string, number[]>()
  for (const example of examples)
    labels.set(bagOf(example), [...(labels.get(bagOf(example)) ?? []), example.label])
  return labels
}

const isBalanced = (labels: readonly number[]) =>
  labels.filter(label => label === 1).length * 2 === labels.length

describe('the corpus', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(makeCorpus({ seed: 1 })).toEqual({ train, valid })
    expect(makeCorpus({ seed: 2 }).train[0].text).not.toBe(train[0].text)
  })

  it.each([20_000, 1000, 20])('has the size asked for: %i', size => {
    const corpus = makeCorpus({ size })
    expect(corpus.train.length + corpus.valid.length).toBe(size)
    expect(corpus.valid).toHaveLength(size / 5)
  })

  it.each([0, 19, 50.5, Number.NaN, 1e9])('refuses the size %d', size => {
    expect(() => makeCorpus({ size })).toThrow(RangeError)
  })

  it('praises as often as it blames', () => {
    for (const examples of [train, valid]) expect(isBalanced(examples.map(({ label }) => label))).toBe(true)
  })

  it('holds out sentences and templates that training never shows', () => {
    const sentences = new Set(train.map(sentence))
    const templates = new Set(train.map(({ template }) => template))
    expect(valid.filter(example => sentences.has(sentence(example)))).toEqual([])
    expect(valid.filter(({ template }) => templates.has(template))).toEqual([])
    expect(templates.size).toBeGreaterThan(1000)
    expect(new Set(valid.map(({ template }) => template)).size).toBeGreaterThan(300)
  })

  it('says nothing twice', () => {
    expect(new Set([...train, ...valid].map(sentence)).size).toBe(train.length + valid.length)
  })

  it('holds out no word that training never shows', () => {
    const known = vocabulary(train)
    expect([...vocabulary(valid)].filter(word => !known.has(word))).toEqual([])
    expect(known.size).toBeGreaterThan(250)
  })

  it('has for every held-out review a twin: the same words, the opposite label', () => {
    for (const labels of labelsByBag(valid).values()) expect(isBalanced(labels)).toBe(true)
  })

  it('has such twins for three quarters of the training reviews', () => {
    const balanced = [...labelsByBag(train).values()].filter(isBalanced)
    expect(balanced.flat().length).toBeGreaterThanOrEqual(train.length * 0.75)
  })

  it('leaves no slot unfilled and no space doubled', () => {
    for (const { text } of [...train, ...valid])
      expect(text).toMatch(/^[A-Z](?!.*( {2}|[{}[\]|]| [.,:;])).*\.$/)
  })

  it('judges with words that stand on one side only', () => {
    const all = Object.values(opposites).flatMap(({ praise, blame }) => [...praise, ...blame])
    expect(new Set(all).size).toBe(all.length)
    expect(all.length).toBeGreaterThanOrEqual(136)
  })
})

describe('a bag of words', () => {
  it('does no better than a coin on the held-out reviews', () => {
    const { validAccuracy } = bagOfWordsAccuracy(train, valid)
    expect(validAccuracy).toBeLessThanOrEqual(0.6)
  })

  it('does well where words decide, so that the baseline is a fair one', () => {
    const isPlain = ({ template }: Example) => !/\{second\}|not|no |never|hardly|far/.test(template)
    const plain = train.filter(isPlain)
    const half = plain.length >> 1
    expect(plain.length).toBeGreaterThan(400)
    expect(bagOfWordsAccuracy(plain.slice(0, half), plain.slice(half)).validAccuracy).toBeGreaterThan(0.95)
  })

  it('can be one of characters', () => {
    const examples = [{ text: '很好', label: 1 }, { text: '很糟', label: 0 }] // biome-ignore format: a table
    expect(bagOfWordsAccuracy(examples, examples, { wordsOf: Array.from }).validAccuracy).toBe(1)
  })

  it('tells more than two classes apart', () => {
    const examples = ['red rose', 'red brick', 'blue sky', 'blue sea', 'green leaf', 'green grass'].map(
      (text, index) => ({ text, label: index >> 1 }),
    )
    expect(bagOfWordsAccuracy(examples, examples)).toEqual({ trainAccuracy: 1, validAccuracy: 1 })
  })
})
