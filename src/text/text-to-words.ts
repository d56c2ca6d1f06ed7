import { ValueError } from '../errors.ts'
import { describe } from './describe.ts'

/** What Keras removes by default: punctuation (but not the apostrophe), tabs and line breaks. */
export const defaultFilters = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'

/** How a text becomes words. */
export interface WordOptions {
  /** Characters that are replaced by `split`. Default: `defaultFilters`. */
  readonly filters?: string
  /** Turn the text into lower case first. Default: true. */
  readonly lower?: boolean
  /** What stands between two words. Default: one space. */
  readonly split?: string
}

/** Word options with the defaults filled in. */
export type ResolvedWordOptions = Required<WordOptions>

/** Fills in the defaults and refuses what cannot work. */
export function resolveWordOptions(options: WordOptions, operation: string): ResolvedWordOptions {
  const { filters = defaultFilters, lower = true, split = ' ' } = options
  if (typeof filters !== 'string')
    throw new ValueError({
      operation,
      problem: `needs filters as one string of characters, got ${describe(filters)}.`,
      hint: "give the characters one after the other, such as '.,!?', or '' to keep everything.",
      argument: 'filters',
      received: filters,
    })
  if (typeof lower !== 'boolean')
    throw new ValueError({
      operation,
      problem: `needs lower to be true or false, got ${describe(lower)}.`,
      argument: 'lower',
      received: lower,
    })
  if (typeof split !== 'string' || split === '')
    throw new ValueError({
      operation,
      problem: `needs split to be a string of at least one character, got ${describe(split)}.`,
      hint: 'to split into characters, use a Tokenizer with charLevel: true.',
      argument: 'split',
      received: split,
    })
  return { filters, lower, split }
}

/**
 * Makes the function that splits texts by these options; build it once for many texts.
 *
 * The order is Keras': lower case, then every filtered character becomes `split`, then the text is cut at
 * `split`, and empty words fall away.
 */
export function wordSplitter({ filters, lower, split }: ResolvedWordOptions): (text: string) => string[] {
  // Escaped by number, so that no character has a meaning inside the class; `u` keeps surrogate pairs whole.
  const numbers = Array.from(filters, character => `\\u{${character.codePointAt(0)!.toString(16)}}`)
  const filtered = filters === '' ? undefined : new RegExp(`[${numbers.join('')}]`, 'gu')
  return text => {
    const cased = lower ? text.toLowerCase() : text
    const spaced = filtered === undefined ? cased : cased.replace(filtered, () => split)
    return spaced.split(split).filter(word => word !== '')
  }
}

/**
 * Splits a text into words exactly as Keras' `text_to_word_sequence` does.
 *
 * @throws ValueError when an option or the text is not what it has to be
 * @example textToWordSequence("Don't stop, please!")   // ["don't", 'stop', 'please']
 * @example textToWordSequence('a,b,,C', { filters: '', split: ',' })   // ['a', 'b', 'c']
 */
export function textToWordSequence(text: string, options: WordOptions = {}): string[] {
  const operation = 'textToWordSequence'
  if (typeof text !== 'string')
    throw new ValueError({
      operation,
      problem: `needs a string, got ${describe(text)}.`,
      argument: 'text',
      received: text,
    })
  return wordSplitter(resolveWordOptions(options, operation))(text)
}
