import { BuildError, ValueError } from '../errors.ts'
import { describe, isArrayLike } from './describe.ts'
import { checkMode, type MatrixMode, sequencesToMatrix, type TextMatrix } from './text-matrix.ts'
import { wordSplitter } from './text-to-words.ts'
import { parseTokenizer, type SavedTokenizer, tokenizerFormat, tokenizerVersion } from './tokenizer-json.ts'
import {
  type ResolvedTokenizerOptions,
  resolveTokenizerOptions,
  type TokenizerOptions,
} from './tokenizer-options.ts'

/** A text, or the words of one that is already cut. */
export type Text = string | readonly string[]

/**
 * Turns texts into sequences of word ids, exactly as Keras' `Tokenizer` does.
 *
 * Id 0 is reserved for padding; the out-of-vocabulary token, if there is one, has id 1; words follow by falling
 * count, ties in the order of first appearance.
 *
 * @example
 * const tokenizer = new Tokenizer({ oovToken: '<unknown>' })
 * tokenizer.fitOnTexts(['the cat', 'the dog'])
 * tokenizer.textsToSequences(['The bird!'])   // [[2, 1]]
 * @example new Tokenizer({ charLevel: true })   // Chinese, character by character
 */
export class Tokenizer {
  readonly options: ResolvedTokenizerOptions

  #split: (text: string) => string[]
  #fitted = false
  #documentCount = 0
  #counts = new Map<string, number>()
  #documents = new Map<string, number>()
  #indices = new Map<string, number>()
  #words = new Map<number, string>()

  /** @throws ValueError when an option is unknown or out of range */
  constructor(options: TokenizerOptions = {}) {
    this.options = resolveTokenizerOptions(options, 'Tokenizer')
    this.#split = wordSplitter(this.options)
  }

  /** Word → id, from 1 on; also of words that `numWords` keeps out of the sequences. */
  get wordIndex(): ReadonlyMap<string, number> {
    return this.#indices
  }

  /** Number of different ids that sequences can hold, padding's 0 included: the `inputDim` of an Embedding. */
  get vocabularySize(): number {
    return Math.min(this.#indices.size + 1, this.options.numWords ?? Number.POSITIVE_INFINITY)
  }

  /** Word → how often it was seen, in the order of first appearance. */
  get wordCounts(): ReadonlyMap<string, number> {
    return this.#counts
  }

  /** Word → in how many texts it was seen. */
  get wordDocs(): ReadonlyMap<string, number> {
    return this.#documents
  }

  /** Number of texts seen. */
  get documentCount(): number {
    return this.#documentCount
  }

  /**
   * Learns the vocabulary; called again, it adds to what it knows and numbers the words anew.
   *
   * @throws ValueError when something is not a text; nothing is learnt then
   */
  fitOnTexts(texts: Iterable<Text>): void {
    const counts = new Map<string, number>()
    const documents = new Map<string, number>()
    let seen = 0
    for (const words of this.#cut(texts, 'Tokenizer.fitOnTexts')) {
      seen++
      for (const word of words) add(counts, word, 1)
      for (const word of new Set(words)) add(documents, word, 1)
    }
    for (const [word, count] of counts) add(this.#counts, word, count)
    for (const [word, count] of documents) add(this.#documents, word, count)
    this.#documentCount += seen
    this.#number()
  }

  /**
   * Texts → lists of ids. Words that are unknown or beyond `numWords` become the out-of-vocabulary id, or are left
   * out when there is none.
   *
   * @throws BuildError before `fitOnTexts`
   * @throws ValueError when something is not a text
   */
  textsToSequences(texts: Iterable<Text>): number[][] {
    this.#needFitted('Tokenizer.textsToSequences')
    const unknown = this.#unknownIndex()
    const sequences: number[][] = []
    for (const words of this.#cut(texts, 'Tokenizer.textsToSequences')) {
      const sequence: number[] = []
      for (const word of words) {
        const index = this.#indices.get(word)
        const known = index !== undefined && this.#isKept(index) ? index : unknown
        if (known !== undefined) sequence.push(known)
      }
      sequences.push(sequence)
    }
    return sequences
  }

  /**
   * Lists of ids → texts, words joined by one space. Ids without a word (0 among them) become the
   * out-of-vocabulary token, or are left out when there is none.
   *
   * @throws BuildError before `fitOnTexts`
   * @throws ValueError when an id is not a whole number
   */
  sequencesToTexts(sequences: Iterable<ArrayLike<number>>): string[] {
    const operation = 'Tokenizer.sequencesToTexts'
    this.#needFitted(operation)
    const unknown = this.#unknownIndex()
    const unknownWord = unknown === undefined ? undefined : this.#words.get(unknown)
    const texts: string[] = []
    for (const sequence of sequences) {
      if (!isArrayLike(sequence))
        throw new ValueError({
          operation,
          problem: `needs an array of ids for each text, got ${describe(sequence)} as sequence ${texts.length}.`,
          hint: 'a single sequence has to be wrapped: sequencesToTexts([ids]).',
          received: sequence,
        })
      const words: string[] = []
      for (let position = 0; position < sequence.length; position++) {
        const index = sequence[position]
        if (!Number.isInteger(index))
          throw new ValueError({
            operation,
            problem:
              `needs whole numbers as ids, got ${describe(index)} ` +
              `in sequence ${texts.length} at position ${position}.`,
            received: index,
          })
        const word = this.#words.get(index)
        const known = word !== undefined && this.#isKept(index) ? word : unknownWord
        if (known !== undefined) words.push(known)
      }
      texts.push(words.join(' '))
    }
    return texts
  }

  /**
   * Texts → one row per text, one column per id below `numWords` (or per id at all).
   *
   * `binary`: 1 where the word occurs; `count`: how often; `freq`: count / words of the text;
   * `tfidf`: (1 + ln count) · ln(1 + documents / (1 + documents with the word)).
   *
   * @throws BuildError before `fitOnTexts`, or without `numWords` when no word was seen
   * @throws ValueError when the mode is unknown or something is not a text
   */
  textsToMatrix(texts: Iterable<Text>, options: { readonly mode?: MatrixMode } = {}): TextMatrix {
    const operation = 'Tokenizer.textsToMatrix'
    const { mode = 'binary' } = options
    checkMode(mode, operation)
    this.#needFitted(operation)
    const { numWords } = this.options
    if (numWords === undefined && this.#indices.size === 0)
      throw new BuildError({
        operation,
        problem: `cannot tell the number of columns: no word was seen in ${this.#documentCount} texts.`,
        hint: 'give numWords, or call fitOnTexts with texts that have words.',
      })
    if (mode === 'tfidf' && this.#documentCount === 0)
      throw new BuildError({
        operation,
        problem: "in mode 'tfidf' needs texts to compare with, got a tokenizer fitted on 0 texts.",
        hint: 'call fitOnTexts with the training texts first.',
      })
    return sequencesToMatrix(
      this.textsToSequences(texts),
      numWords ?? this.#indices.size + 1,
      mode,
      this.#documentCount,
      index => {
        const word = this.#words.get(index)
        return word === undefined ? 0 : (this.#documents.get(word) ?? 0)
      },
    )
  }

  /** All there is to know, as plain data; `JSON.stringify(tokenizer)` uses it. */
  toJSON(): SavedTokenizer {
    const words: [string, number, number][] = []
    for (const [word, count] of this.#counts) words.push([word, count, this.#documents.get(word) ?? 0])
    return {
      format: tokenizerFormat,
      version: tokenizerVersion,
      options: this.options,
      fitted: this.#fitted,
      documentCount: this.#documentCount,
      words,
    }
  }

  /**
   * The tokenizer that `toJSON` described, from its text or from parsed data.
   *
   * @throws FormatError when the input is damaged, or written by a newer version
   * @example Tokenizer.fromJSON(JSON.stringify(tokenizer))
   */
  static fromJSON(saved: string | object): Tokenizer {
    const { options, fitted, documentCount, words } = parseTokenizer(saved)
    const tokenizer = new Tokenizer(options)
    for (const [word, count, documents] of words) {
      tokenizer.#counts.set(word, count)
      tokenizer.#documents.set(word, documents)
    }
    tokenizer.#documentCount = documentCount
    if (fitted) tokenizer.#number()
    return tokenizer
  }

  #number(): void {
    const { oovToken } = this.options
    const byCount = [...this.#counts].sort(([, left], [, right]) => right - left)
    const ordered = byCount.map(([word]) => word)
    if (oovToken !== undefined) ordered.unshift(oovToken)
    // A token that also occurs as a word keeps the word's id, and id 1 stays without a word: so it is in Keras.
    this.#indices = new Map(ordered.map((word, position) => [word, position + 1]))
    this.#words = new Map([...this.#indices].map(([word, index]) => [index, word]))
    this.#fitted = true
  }

  #unknownIndex(): number | undefined {
    const { oovToken } = this.options
    return oovToken === undefined ? undefined : this.#indices.get(oovToken)
  }

  #isKept(index: number): boolean {
    const { numWords } = this.options
    return numWords === undefined || index < numWords
  }

  *#cut(texts: Iterable<Text>, operation: string): Generator<readonly string[]> {
    const { charLevel, lower } = this.options
    if (typeof texts === 'string' || typeof texts?.[Symbol.iterator] !== 'function')
      throw new ValueError({
        operation,
        problem: `needs a list of texts, got ${describe(texts)}.`,
        hint: 'a single text has to be wrapped: [text].',
        argument: 'texts',
        received: texts,
      })
    let position = 0
    for (const text of texts) {
      const where = position++
      if (typeof text === 'string') {
        yield charLevel ? Array.from(lower ? text.toLowerCase() : text) : this.#split(text)
        continue
      }
      if (!Array.isArray(text) || !text.every(word => typeof word === 'string'))
        throw new ValueError({
          operation,
          problem: `needs a string or an array of strings for each text, got ${describe(text)} as text ${where}.`,
          argument: 'texts',
          received: text,
        })
      yield lower ? text.map(word => word.toLowerCase()) : text
    }
  }

  #needFitted(operation: string): void {
    if (this.#fitted) return
    throw new BuildError({
      operation,
      problem: 'needs a vocabulary, got a tokenizer that was not fitted.',
      hint: 'call fitOnTexts(texts) first.',
    })
  }
}

function add(map: Map<string, number>, word: string, amount: number): void {
  map.set(word, (map.get(word) ?? 0) + amount)
}
