import { padSequences } from '../../src/text/pad-sequences.ts'
import type { TextMatrix } from '../../src/text/text-matrix.ts'
import { textToWordSequence } from '../../src/text/text-to-words.ts'
import { type Text, Tokenizer } from '../../src/text/tokenizer.ts'
import { Comparison } from './text-compare.ts'

/** What became of a case; `worst` is the largest error in units of the tolerance, Infinity for a wrong structure. */
export interface TextResult {
  readonly name: string
  readonly op: string
  readonly passed: boolean
  readonly worst: number
  readonly problem?: string
}

interface WordConfig {
  readonly filters: string
  readonly lower: boolean
  readonly split: string
}

interface TokenizerCase {
  readonly name: string
  readonly op: 'tokenizer'
  readonly config: WordConfig & {
    readonly num_words: number | null
    readonly char_level: boolean
    readonly oov_token: string | null
  }
  readonly fit_texts: readonly Text[]
  readonly document_count: number
  readonly words_by_index: readonly string[]
  readonly first_index: number
  readonly word_counts: Readonly<Record<string, number>>
  readonly word_docs: Readonly<Record<string, number>>
  readonly probe: readonly Text[]
  readonly sequences: readonly (readonly number[])[]
  readonly sequences_to_texts: readonly string[]
  readonly matrix_probe?: readonly Text[]
  readonly matrix?: Readonly<Record<string, unknown>>
  readonly matrix_freq?: { readonly probe: readonly Text[]; readonly values: unknown }
}

interface WordsCase {
  readonly name: string
  readonly op: 'text_to_word_sequence'
  readonly config: WordConfig
  readonly text: string
  readonly words: readonly string[]
}

interface PadCase {
  readonly name: string
  readonly op: 'pad_sequences'
  readonly config: {
    readonly maxlen: number | null
    readonly padding: 'pre' | 'post'
    readonly truncating: 'pre' | 'post'
    readonly value: number
    readonly dtype?: 'int32' | 'float32'
  }
  readonly sequences: readonly (readonly number[])[]
  readonly padded: unknown
}

/** A case of a golden-text file; README.md beside the golden files says what the fields mean. */
export type TextCase = TokenizerCase | WordsCase | PadCase

/** The cases of a golden-text file, from its text or from parsed JSON. */
export function loadTextCases(json: unknown): TextCase[] {
  const file = typeof json === 'string' ? JSON.parse(json) : json
  if (file?.format !== 'golden-text-1' || !Array.isArray(file.cases))
    throw new Error(`Not a golden-text-1 file: format is ${JSON.stringify(file?.format)}.`)
  return file.cases
}

/** Runs one case and compares everything that it holds; an operation that it does not know fails. */
export function runTextCase(textCase: TextCase): TextResult {
  const { name, op } = textCase
  const comparison = new Comparison()
  try {
    run(textCase, comparison)
  } catch (error) {
    comparison.fail('the call', `a result, got ${error instanceof Error ? error.message : String(error)}`)
  }
  const { worst, problem } = comparison
  return { name, op, passed: problem === undefined, worst, ...(problem === undefined ? {} : { problem }) }
}

function run(textCase: TextCase, comparison: Comparison): void {
  const { op } = textCase
  if (op === 'tokenizer') runTokenizer(textCase, comparison)
  else if (op === 'text_to_word_sequence') runWords(textCase, comparison)
  else if (op === 'pad_sequences') runPad(textCase, comparison)
  else comparison.fail('op', `a known operation, got ${JSON.stringify(op)}`)
}

function runTokenizer(want: TokenizerCase, comparison: Comparison): void {
  const { filters, lower, split, num_words, char_level, oov_token } = want.config
  const tokenizer = new Tokenizer({
    filters,
    lower,
    split,
    charLevel: char_level,
    numWords: num_words ?? undefined,
    oovToken: oov_token ?? undefined,
  })
  tokenizer.fitOnTexts(want.fit_texts)
  compareTokenizer(tokenizer, want, comparison)
  compareTokenizer(Tokenizer.fromJSON(JSON.stringify(tokenizer)), want, comparison)
}

function compareTokenizer(tokenizer: Tokenizer, want: TokenizerCase, comparison: Comparison): void {
  const indices = want.words_by_index.map((word, position) => [word, want.first_index + position])
  comparison.same('document_count', tokenizer.documentCount, want.document_count)
  comparison.same('words_by_index', [...tokenizer.wordIndex], indices)
  comparison.same('word_counts', byWord(tokenizer.wordCounts), byWord(Object.entries(want.word_counts)))
  comparison.same('word_docs', byWord(tokenizer.wordDocs), byWord(Object.entries(want.word_docs)))
  const sequences = tokenizer.textsToSequences(want.probe)
  comparison.same('sequences', sequences, want.sequences)
  comparison.same('sequences_to_texts', tokenizer.sequencesToTexts(want.sequences), want.sequences_to_texts)
  for (const [mode, values] of Object.entries(want.matrix ?? {})) {
    if (mode !== 'binary' && mode !== 'count' && mode !== 'tfidf' && mode !== 'freq')
      comparison.fail('matrix', `a known mode, got ${JSON.stringify(mode)}`)
    else
      comparison.close(
        `matrix.${mode}`,
        rowsOf(tokenizer.textsToMatrix(want.matrix_probe!, { mode })),
        values,
      )
  }
  if (want.matrix_freq !== undefined) {
    const matrix = tokenizer.textsToMatrix(want.matrix_freq.probe, { mode: 'freq' })
    comparison.close('matrix_freq', rowsOf(matrix), want.matrix_freq.values)
  }
}

function runWords({ text, config, words }: WordsCase, comparison: Comparison): void {
  const { filters, lower, split } = config
  comparison.same('words', textToWordSequence(text, { filters, lower, split }), words)
}

function runPad({ sequences, config, padded }: PadCase, comparison: Comparison): void {
  const { maxlen, padding, truncating, value, dtype } = config
  const result = padSequences(sequences, {
    maxLength: maxlen ?? undefined,
    padding,
    truncating,
    value,
    dtype,
  })
  comparison.close('padded', nested([...result.data], result.shape), padded)
}

const byWord = (entries: Iterable<readonly [string, number]>) =>
  [...entries].sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))

const rowsOf = ({ data, shape }: TextMatrix) => nested([...data], shape)

function nested(values: readonly number[], [size, ...rest]: readonly number[]): unknown {
  if (rest.length === 0) return values
  const stride = rest.reduce((product, length) => product * length, 1)
  return Array.from({ length: size }, (_, row) =>
    nested(values.slice(row * stride, (row + 1) * stride), rest),
  )
}
