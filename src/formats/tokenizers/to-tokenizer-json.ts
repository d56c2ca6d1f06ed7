import { BuildError, UnsupportedError } from '../../errors.ts'
import type { Tokenizer } from '../../text/tokenizer.ts'

/**
 * A fitted `Tokenizer` as the content of a `tokenizer.json`, which Hugging Face's libraries read in Python, Rust and
 * JavaScript: the same ids, for the same words.
 *
 * @throws BuildError for a tokenizer that was not fitted; UnsupportedError for one without `oovToken`, since a word-level
 *   model has to have something for unknown words
 * @example
 * const tokenizer = new Tokenizer({ oovToken: '<unknown>' })
 * tokenizer.fitOnTexts(['Hello world'])
 * const text = JSON.stringify(toTokenizerJson(tokenizer))
 */
export function toTokenizerJson(tokenizer: Tokenizer): object {
  const { oovToken, lower, filters, split, charLevel, numWords } = tokenizer.options
  const { wordIndex } = tokenizer
  if (wordIndex.size === 0) {
    throw new BuildError({
      operation: 'toTokenizerJson',
      problem: 'needs a vocabulary, got a tokenizer that was not fitted.',
      hint: 'call fitOnTexts(texts) first.',
    })
  }
  if (oovToken === undefined) {
    throw new UnsupportedError({
      operation: 'toTokenizerJson',
      problem: 'needs a tokenizer with an oovToken: word-level tokenizers do not leave unknown words out.',
      hint: "make it with { oovToken: '<unknown>' }.",
    })
  }
  const kept = [...wordIndex].filter(([, id]) => numWords === undefined || id < numWords)
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      {
        id: wordIndex.get(oovToken),
        content: oovToken,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      },
    ],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        ...(lower ? [{ type: 'Lowercase' }] : []),
        ...(charLevel || filters === ''
          ? []
          : [{ type: 'Replace', pattern: { Regex: characterClass(filters) }, content: split }]),
      ],
    },
    pre_tokenizer: {
      type: 'Split',
      pattern: { Regex: charLevel ? '[\\s\\S]' : literal(split) },
      behavior: charLevel ? 'Isolated' : 'Removed',
      invert: false,
    },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', vocab: Object.fromEntries(kept), unk_token: oovToken },
  }
}

/** Any of these characters, as every dialect of regular expressions reads it. */
const characterClass = (characters: string): string =>
  `[${Array.from(characters, character => (/[\\\]^[&-]/.test(character) ? `\\${character}` : character)).join('')}]`

/** A text that means itself in a regular expression. */
const literal = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
