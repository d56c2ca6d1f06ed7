import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BuildError, FormatError, UnsupportedError, ValueError } from '../../../src/errors.ts'
import { loadTokenizer, toTokenizerJson } from '../../../src/formats/tokenizers/index.ts'
import { Generator, Tokenizer } from '../../../src/index.ts'

/** WordPiece as BERT has it. */
const wordPiece = {
  version: '1.0',
  added_tokens: [
    { id: 0, content: '[PAD]', special: true },
    { id: 1, content: '[UNK]', special: true },
    { id: 2, content: '[CLS]', special: true },
    { id: 3, content: '[SEP]', special: true },
  ],
  normalizer: {
    type: 'BertNormalizer',
    lowercase: true,
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: '[CLS]', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '[SEP]', type_id: 0 } },
    ],
    pair: [],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
    },
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: {
      '[PAD]': 0,
      '[UNK]': 1,
      '[CLS]': 2,
      '[SEP]': 3,
      hello: 4,
      world: 5,
      '##s': 6,
      play: 7,
      '##ing': 8,
      ',': 9,
    },
  },
}

/** Byte-pair encoding with two merges. */
const bytePair = {
  version: '1.0',
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: 'Whitespace' },
  post_processor: null,
  decoder: { type: 'BPEDecoder', suffix: '</w>' },
  model: {
    type: 'BPE',
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    vocab: { l: 0, o: 1, w: 2, lo: 3, low: 4, e: 5, r: 6 },
    merges: ['l o', 'lo w'],
  },
}

describe('loadTokenizer', () => {
  it('reads WordPiece, with its special tokens, from data and from a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tokenizer-'))
    try {
      const path = join(folder, 'tokenizer.json')
      writeFileSync(path, JSON.stringify(wordPiece))
      for (const source of [wordPiece, path]) {
        const tokenizer = await loadTokenizer(source)
        expect(tokenizer.textsToSequences(['Hello worlds, playing', 'xyz'])).toEqual([
          [2, 4, 5, 6, 9, 7, 8, 3],
          [2, 1, 3],
        ])
        expect(tokenizer.textsToSequences(['hello'], { addSpecialTokens: false })).toEqual([[4]])
        expect(tokenizer.textsToTokens(['playing'])).toEqual([['play', '##ing']])
        expect(tokenizer.sequencesToTexts([[2, 4, 5, 6, 3], []])).toEqual(['hello worlds', ''])
        expect(tokenizer.vocabularySize).toBe(10)
        expect(tokenizer.padId).toBe(0)
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('reads byte-pair encoding', async () => {
    const tokenizer = await loadTokenizer(bytePair)
    expect(tokenizer.textsToSequences(['low lower'])).toEqual([[4, 4, 5, 6]])
    expect(tokenizer.vocabularySize).toBe(7)
  })

  it.each([
    ['a list', []],
    ['no model', {}],
    ['an unknown model', { ...bytePair, model: { ...bytePair.model, type: 'Magic' } }],
    ['ids that are no numbers', { ...bytePair, model: { ...bytePair.model, vocab: { a: 'x' } } }],
    ['added tokens that are no list', { ...bytePair, added_tokens: 5 }],
    ['no vocabulary', { ...bytePair, model: { type: 'BPE', merges: [] } }],
  ])('refuses %s', async (_, source) => {
    await expect(loadTokenizer(source)).rejects.toThrow(FormatError)
  })

  it('refuses anything but lists of texts', async () => {
    const tokenizer = await loadTokenizer(bytePair)
    expect(() => tokenizer.textsToSequences('low')).toThrow(ValueError)
    expect(() => tokenizer.textsToSequences([5 as never])).toThrow(ValueError)
  })

  it('survives damaged files with an error of its own', async () => {
    const text = JSON.stringify(wordPiece)
    const generator = new Generator(1)
    let refused = 0
    for (let round = 0; round < 2000; round++) {
      const bytes = Buffer.from(text)
      for (let i = 0; i <= generator.below(3); i++)
        bytes[generator.below(bytes.length)] = generator.below(128)
      let source: unknown
      try {
        source = JSON.parse(bytes.toString('utf8'))
      } catch {
        continue
      }
      try {
        const tokenizer = await loadTokenizer(source as object)
        expect(tokenizer.vocabularySize).toBeGreaterThan(0)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(10)
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})

describe('toTokenizerJson', () => {
  const texts = ['Don’t stop, please! [now] ^-^', 'a-b_c\td\ne  f', 'Ä & ö', 'STOP please']

  it.each([
    {},
    { numWords: 5 },
    { lower: false },
    { filters: '' },
    { charLevel: true },
    { filters: '.,', split: ' ' },
  ])('gives the same ids with %o', async options => {
    const tokenizer = new Tokenizer({ ...options, oovToken: '<unknown>' })
    tokenizer.fitOnTexts(texts)
    const other = await loadTokenizer(JSON.parse(JSON.stringify(toTokenizerJson(tokenizer))))
    const inputs = [...texts, 'never seen', '']
    expect(other.textsToSequences(inputs)).toEqual(tokenizer.textsToSequences(inputs))
  })

  it('refuses what it cannot say', () => {
    const plain = new Tokenizer()
    expect(() => toTokenizerJson(plain)).toThrow(BuildError)
    plain.fitOnTexts(texts)
    expect(() => toTokenizerJson(plain)).toThrow(UnsupportedError)
  })
})
