import { describe, expect, it } from 'vitest'
import { BuildError, ValueError } from '../../src/errors.ts'
import { Tokenizer, type Text } from '../../src/text/tokenizer.ts'
import type { TokenizerOptions } from '../../src/text/tokenizer-options.ts'

const oddWords = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', '', 'valueOf', '0', '😀', 'ς']

function fitted(texts: Iterable<Text>, options: TokenizerOptions = {}): Tokenizer {
  const tokenizer = new Tokenizer(options)
  tokenizer.fitOnTexts(texts)
  return tokenizer
}

describe('Tokenizer', () => {
  it('numbers words by falling count, ties by first appearance, and again after more texts', () => {
    const tokenizer = fitted(['b a', 'c a'])
    expect([...tokenizer.wordIndex]).toEqual([['a', 1], ['b', 2], ['c', 3]]) // biome-ignore format: a table
    tokenizer.fitOnTexts(['c c'])
    expect([...tokenizer.wordIndex.keys()]).toEqual(['c', 'a', 'b'])
    expect(tokenizer.documentCount).toBe(3)
    expect(tokenizer.wordDocs.get('c')).toBe(2)
  })

  it('takes generators of texts', () => {
    const texts = function* () {
      yield 'one two'
      yield 'two'
    }
    expect(fitted(texts()).textsToSequences(texts())).toEqual([[2, 1], [1]])
  })

  it('keeps only the words below numWords', () => {
    const texts = ['a a a b b c']
    expect(fitted(texts, { numWords: 3 }).textsToSequences(texts)).toEqual([[1, 1, 1, 2, 2]])
    expect(fitted(texts, { numWords: 3, oovToken: '?' }).textsToSequences(texts)).toEqual([
      [2, 2, 2, 1, 1, 1],
    ])
    expect(fitted(texts, { numWords: 3 }).textsToMatrix(texts, { mode: 'count' })).toEqual({
      data: Float32Array.of(0, 3, 2),
      shape: [1, 3],
    })
  })

  it('cuts Chinese into characters, and emoji into code points', () => {
    const tokenizer = fitted(['好好学习😀'], { charLevel: true, oovToken: '?' })
    expect([...tokenizer.wordIndex.keys()]).toEqual(['?', '好', '学', '习', '😀'])
    expect(tokenizer.textsToSequences(['学好😀!'])).toEqual([[3, 2, 5, 1]])
    expect(tokenizer.sequencesToTexts([[3, 2, 0]])).toEqual(['学 好 ?'])
  })

  it('gives a word that equals the out-of-vocabulary token its own index, as Keras does', () => {
    const tokenizer = fitted([['the', '?', 'the']], { oovToken: '?' })
    expect([...tokenizer.wordIndex]).toEqual([['?', 3], ['the', 2]]) // biome-ignore format: a table
    expect(tokenizer.textsToSequences([['unseen', '?', 'the']])).toEqual([[3, 3, 2]])
    expect(tokenizer.sequencesToTexts([[1, 2, 3]])).toEqual(['? the ?'])
  })

  it('takes any string as a word', () => {
    const tokenizer = fitted([oddWords, ['__proto__']])
    expect(tokenizer.wordCounts.get('__proto__')).toBe(2)
    expect(tokenizer.textsToSequences([oddWords])).toEqual([oddWords.map((_, position) => position + 1)])
    expect(tokenizer.textsToSequences(['isPrototypeOf'])).toEqual([[]])
  })

  it('reads typed arrays of ids back', () => {
    expect(fitted(['a b']).sequencesToTexts([Int32Array.of(0, 2, 1, 99, -1)])).toEqual(['b a'])
  })

  it('learns nothing from texts of which one is bad', () => {
    const tokenizer = fitted(['a'])
    expect(() => tokenizer.fitOnTexts(['b', 7 as never])).toThrow(/got 7 as text 1/)
    expect([...tokenizer.wordCounts]).toEqual([['a', 1]])
    expect(tokenizer.documentCount).toBe(1)
  })

  it('accepts no texts at all', () => {
    expect(fitted([]).textsToSequences(['a'])).toEqual([[]])
    expect(fitted([], { numWords: 2 }).textsToMatrix(['a']).shape).toEqual([1, 2])
  })
})

describe('Tokenizer refuses', () => {
  const options = (bad: object) => () => new Tokenizer(bad)
  const tokenizer = fitted(['a b'])

  it.each([
    ['a name of Keras', options({ num_words: 5 }), /no option "num_words"[\s\S]*numWords/],
    ['numWords 0', options({ numWords: 0 }), /numWords.*from 1 on, got 0/],
    ['numWords 1.5', options({ numWords: 1.5 }), /got 1.5/],
    ['an empty split', options({ split: '' }), /got ""[\s\S]*charLevel/],
    ['filters as a list', options({ filters: ['.'] }), /got an array of 1/],
    ['lower as a word', options({ lower: 'yes' }), /lower.*got "yes"/],
    ['charLevel as a number', options({ charLevel: 1 }), /charLevel.*got 1/],
    ['oovToken as a number', options({ oovToken: 1 }), /oovToken.*got 1/],
    ['a text instead of texts', () => tokenizer.fitOnTexts('a b'), /got "a b"[\s\S]*\[text\]/],
    ['null instead of texts', () => tokenizer.textsToSequences(null as never), /got null/],
    ['an unknown mode', () => tokenizer.textsToMatrix(['a'], { mode: 'x' as 'freq' }), /'tfidf'.*got "x"/],
    [
      'the name of a method as mode',
      () => tokenizer.textsToMatrix([], { mode: 'toString' as 'freq' }),
      /mode/,
    ],
    [
      'an id that is not whole',
      () => tokenizer.sequencesToTexts([[1, 1.5]]),
      /1.5 in sequence 0 at position 1/,
    ],
    ['an unwrapped sequence', () => tokenizer.sequencesToTexts([1] as never), /sequence 0/],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(ValueError)
    expect(call).toThrow(message)
  })

  it.each([
    ['textsToSequences', (bare: Tokenizer) => bare.textsToSequences(['a'])],
    ['sequencesToTexts', (bare: Tokenizer) => bare.sequencesToTexts([[1]])],
    ['textsToMatrix', (bare: Tokenizer) => bare.textsToMatrix(['a'])],
  ])('%s before fitOnTexts', (name, call) => {
    expect(() => call(new Tokenizer())).toThrow(BuildError)
    expect(() => call(new Tokenizer())).toThrow(new RegExp(`Tokenizer.${name} .*not fitted.*\n.*fitOnTexts`))
  })

  it('a matrix whose columns or documents are unknown', () => {
    expect(() => fitted([]).textsToMatrix(['a'])).toThrow(BuildError)
    expect(() => fitted([], { numWords: 3 }).textsToMatrix(['a'], { mode: 'tfidf' })).toThrow(/0 texts/)
  })

  it('knows how many ids an embedding needs', () => {
    const all = new Tokenizer({ oovToken: '<unknown>' })
    all.fitOnTexts(['a b c'])
    expect(all.vocabularySize).toBe(5)
    expect(Math.max(...all.textsToSequences(['a b c d'])[0])).toBe(4)
    const few = new Tokenizer({ numWords: 3 })
    few.fitOnTexts(['a b c'])
    expect(few.vocabularySize).toBe(3)
    expect(Math.max(...few.textsToSequences(['a b c'])[0])).toBe(2)
  })
})
