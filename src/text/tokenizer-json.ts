import { FormatError, ValueError } from '../errors.ts'
import { describe } from './describe.ts'
import {
  type ResolvedTokenizerOptions,
  resolveTokenizerOptions,
  type TokenizerOptions,
} from './tokenizer-options.ts'

export const tokenizerFormat = 'tensorloom-tokenizer'
export const tokenizerVersion = 1

/** A tokenizer as plain data. Ids are not stored: they follow from counts and order. */
export interface SavedTokenizer {
  readonly format: typeof tokenizerFormat
  readonly version: number
  readonly options: ResolvedTokenizerOptions
  /** Whether `fitOnTexts` was called. */
  readonly fitted: boolean
  readonly documentCount: number
  /** Word, how often it was seen, in how many texts; in the order of first appearance. */
  readonly words: readonly (readonly [word: string, count: number, documents: number])[]
}

const operation = 'Tokenizer.fromJSON'

/**
 * Reads and checks a saved tokenizer.
 *
 * @throws FormatError when the input is damaged, or written by a newer version
 */
export function parseTokenizer(input: unknown): SavedTokenizer {
  const { format, version, options, fitted, documentCount, words } = record(parse(input), 'the top level')
  if (format !== tokenizerFormat) damaged('format', `"${tokenizerFormat}"`, format)
  if (!isCount(version) || version === 0) damaged('version', 'a whole number from 1 on', version)
  if (version > tokenizerVersion)
    throw new FormatError({
      operation,
      problem: `reads up to version ${tokenizerVersion}, got version ${version}.`,
      hint: 'it was saved by a newer tensorloom; update this one.',
      location: 'version',
    })
  if (typeof fitted !== 'boolean') damaged('fitted', 'true or false', fitted)
  if (!isCount(documentCount)) damaged('documentCount', 'a whole number', documentCount)
  if (!Array.isArray(words)) damaged('words', 'an array', words)
  if (!fitted && (documentCount > 0 || words.length > 0))
    damaged('fitted', `true, as there are ${documentCount} texts and ${words.length} words`, fitted)
  const seen = new Set<string>()
  const checked = words.map((entry, position) => checkWord(entry, `words[${position}]`, documentCount, seen))
  return {
    format: tokenizerFormat,
    version,
    options: checkOptions(record(options, 'options')),
    fitted,
    documentCount,
    words: checked,
  }
}

function checkWord(entry: unknown, location: string, documentCount: number, seen: Set<string>) {
  if (!Array.isArray(entry) || entry.length !== 3) damaged(location, '[word, count, documents]', entry)
  const [word, count, documents]: readonly unknown[] = entry
  if (typeof word !== 'string') damaged(`${location}[0]`, 'a string', word)
  if (!isCount(count) || count === 0) damaged(`${location}[1]`, 'a whole number from 1 on', count)
  const most = Math.min(count, documentCount)
  if (!isCount(documents) || documents === 0 || documents > most)
    damaged(`${location}[2]`, `a whole number from 1 to ${most}`, documents)
  if (seen.has(word)) damaged(`${location}[0]`, 'every word once', word)
  seen.add(word)
  return [word, count, documents] as const
}

function checkOptions(options: TokenizerOptions): ResolvedTokenizerOptions {
  try {
    return resolveTokenizerOptions(options, 'Tokenizer')
  } catch (error) {
    if (!(error instanceof ValueError)) throw error
    throw new FormatError({
      operation,
      problem: `found options that do not work: ${error.operation} ${error.problem}`,
      location: 'options',
      cause: error,
    })
  }
}

function parse(input: unknown): unknown {
  if (typeof input !== 'string') return input
  try {
    return JSON.parse(input)
  } catch (cause) {
    throw new FormatError({
      operation,
      problem: `needs JSON, got ${describe(input)}: ${cause instanceof Error ? cause.message : cause}.`,
      location: 'the top level',
      cause,
    })
  }
}

function record(value: unknown, location: string): { readonly [key: string]: unknown } {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  damaged(location, 'an object', value)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function damaged(location: string, needed: string, received: unknown): never {
  throw new FormatError({
    operation,
    problem: `needs ${needed} in ${location}, got ${describe(received)}.`,
    hint: 'the file is damaged, or was not written by Tokenizer.toJSON.',
    location,
  })
}
