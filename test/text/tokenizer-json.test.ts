import { describe, expect, it } from 'vitest'
import { FormatError } from '../../src/errors.ts'
import { Tokenizer } from '../../src/text/tokenizer.ts'

const texts = [
  ['__proto__', 'constructor', '', '\ud800', '好', '__proto__'],
  'b a B',
  'a "quoted" text\u2028',
]
const probe = [...texts, 'nothing known', ['toString']]

function example(): Tokenizer {
  const tokenizer = new Tokenizer({ oovToken: '<OOV>', numWords: 6, filters: '!"', split: ' ' })
  tokenizer.fitOnTexts(texts)
  return tokenizer
}

describe('Tokenizer.toJSON and fromJSON', () => {
  it.each([
    ['text', (tokenizer: Tokenizer) => Tokenizer.fromJSON(JSON.stringify(tokenizer))],
    ['data', (tokenizer: Tokenizer) => Tokenizer.fromJSON(tokenizer.toJSON())],
  ])('keep everything through %s', (_, through) => {
    const tokenizer = example()
    const loaded = through(tokenizer)
    expect(loaded.options).toEqual(tokenizer.options)
    expect([...loaded.wordIndex]).toEqual([...tokenizer.wordIndex])
    expect([...loaded.wordCounts]).toEqual([...tokenizer.wordCounts])
    expect(new Map(loaded.wordDocs)).toEqual(new Map(tokenizer.wordDocs))
    expect(loaded.textsToSequences(probe)).toEqual(tokenizer.textsToSequences(probe))
    expect(loaded.textsToMatrix(probe, { mode: 'tfidf' })).toEqual(
      tokenizer.textsToMatrix(probe, { mode: 'tfidf' }),
    )
    expect(JSON.stringify(loaded)).toBe(JSON.stringify(tokenizer))
  })

  it('go on learning after loading as if nothing had happened', () => {
    const [kept, loaded] = [example(), Tokenizer.fromJSON(JSON.stringify(example()))]
    for (const tokenizer of [kept, loaded]) tokenizer.fitOnTexts(['a new text, a last one'])
    expect(JSON.stringify(loaded)).toBe(JSON.stringify(kept))
    expect([...loaded.wordIndex]).toEqual([...kept.wordIndex])
  })

  it('keep the difference between not fitted and fitted on nothing', () => {
    const empty = new Tokenizer()
    expect(() => Tokenizer.fromJSON(JSON.stringify(empty)).textsToSequences([])).toThrow(/not fitted/)
    empty.fitOnTexts([])
    expect(Tokenizer.fromJSON(JSON.stringify(empty)).textsToSequences(['a'])).toEqual([[]])
  })
})

describe('Tokenizer.fromJSON refuses', () => {
  const saved = () => JSON.parse(JSON.stringify(example()))
  const { length } = JSON.stringify(example())

  it.each([
    ['a truncated text', JSON.stringify(example()).slice(0, length / 2), /needs JSON/],
    ['an empty text', '', /needs JSON/],
    ['a list', [], /needs an object in the top level, got an array of 0/],
    ['null', 'null', /got null/],
    ['another format', { ...saved(), format: 'keras' }, /"tensorloom-tokenizer" in format, got "keras"/],
    ['a newer version', { ...saved(), version: 2 }, /up to version 1, got version 2[\s\S]*newer/],
    ['a version that is no number', { ...saved(), version: '1' }, /version, got "1"/],
    ['missing words', { ...saved(), words: undefined }, /words, got undefined/],
    ['a missing document count', { ...saved(), documentCount: undefined }, /documentCount/],
    ['words without fitting', { ...saved(), fitted: false }, /true, as there are 3 texts/],
    ['fitted as a word', { ...saved(), fitted: 'yes' }, /fitted, got "yes"/],
    ['missing options', { ...saved(), options: null }, /an object in options, got null/],
    ['a bad option', { ...saved(), options: { numWords: -1 } }, /numWords.*got -1/],
    ['an unknown option', { ...saved(), options: { stem: true } }, /no option "stem"/],
    ['a pair for a triple', { ...saved(), words: [['a', 1]] }, /words\[0\], got an array of 2/],
    ['a number as word', { ...saved(), words: [[1, 1, 1]] }, /a string in words\[0\]\[0\], got 1/],
    ['a count of 0', { ...saved(), words: [['a', 0, 1]] }, /words\[0\]\[1\], got 0/],
    ['a count that is not whole', { ...saved(), words: [['a', 1.5, 1]] }, /got 1.5/],
    [
      'more documents than words',
      { ...saved(), words: [['a', 1, 2]] },
      /from 1 to 1 in words\[0\]\[2\], got 2/,
    ],
    ['more documents than there are', { ...saved(), words: [['a', 9, 4]] }, /from 1 to 3/],
    ['a word twice', { ...saved(), words: [['a', 1, 1], ['a', 1, 1]] }, /every word once.*got "a"/], // biome-ignore format: one case, one line
  ])('%s', (_, input, message) => {
    const call = () => Tokenizer.fromJSON(input as string | object)
    expect(call).toThrow(FormatError)
    expect(call).toThrow(message)
  })
})
