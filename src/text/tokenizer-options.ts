import { ValueError } from '../errors.ts'
import { describe } from './describe.ts'
import { type ResolvedWordOptions, resolveWordOptions, type WordOptions } from './text-to-words.ts'

/** How a Tokenizer cuts texts, and which words it keeps. */
export interface TokenizerOptions extends WordOptions {
  /** Only words with an index below this are used, so `numWords - 1` of them. Default: all. */
  readonly numWords?: number
  /** Every character (code point) is a word; `filters` and `split` are not used. Default: false. */
  readonly charLevel?: boolean
  /** Stands for words that are unknown or beyond `numWords`; without it they are left out. It gets index 1. */
  readonly oovToken?: string
}

/** Tokenizer options with the defaults filled in. */
export interface ResolvedTokenizerOptions extends ResolvedWordOptions {
  readonly numWords: number | undefined
  readonly charLevel: boolean
  readonly oovToken: string | undefined
}

const names = ['numWords', 'filters', 'lower', 'split', 'charLevel', 'oovToken']

/** Fills in the defaults and refuses what cannot work, misspelt names included. */
export function resolveTokenizerOptions(
  options: TokenizerOptions,
  operation: string,
): ResolvedTokenizerOptions {
  for (const name of Object.keys(options))
    if (!names.includes(name))
      throw new ValueError({
        operation,
        problem: `has no option ${describe(name)}.`,
        hint: `the options are ${names.join(', ')}.`,
        argument: name,
      })
  const { numWords, charLevel = false, oovToken } = options
  if (numWords !== undefined && !(Number.isSafeInteger(numWords) && numWords > 0))
    throw new ValueError({
      operation,
      problem: `needs numWords to be a whole number from 1 on, got ${describe(numWords)}.`,
      hint: 'leave numWords out to keep every word.',
      argument: 'numWords',
      received: numWords,
    })
  if (typeof charLevel !== 'boolean')
    throw new ValueError({
      operation,
      problem: `needs charLevel to be true or false, got ${describe(charLevel)}.`,
      argument: 'charLevel',
      received: charLevel,
    })
  if (oovToken !== undefined && typeof oovToken !== 'string')
    throw new ValueError({
      operation,
      problem: `needs oovToken to be a string, got ${describe(oovToken)}.`,
      argument: 'oovToken',
      received: oovToken,
    })
  return { ...resolveWordOptions(options, operation), numWords, charLevel, oovToken }
}
