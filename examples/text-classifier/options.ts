import { parseArgs } from 'node:util'
import { InputError } from './input-error.ts'
import type { Level } from './level.ts'

/** What the command line decides. */
export interface Options {
  /** A file of `label<TAB>text` lines; the embedded corpus without it. */
  readonly data?: string
  /** The same for validation; a tenth of `data` without it. */
  readonly valid?: string
  readonly level: Level | 'auto'
  /** Size of the vocabulary. */
  readonly words: number
  /** By default the length that 95 % of the texts fit in. */
  readonly maxLength?: number
  readonly embedding: number
  readonly units: number
  readonly dropout: number
  readonly epochs: number
  readonly patience: number
  readonly batch: number
  readonly learningRate: number
  readonly seed: number
  /** Folder of the saved model. */
  readonly save: string
  readonly help: boolean
}

export const USAGE = `Trains an LSTM that tells classes of texts apart.

  npm start                                            the embedded corpus
  npm start -- --data train.tsv --valid valid.tsv      your own lines of label<TAB>text;
                                                       without --valid a tenth of them is held out

  --level L           what a sequence is made of: words, characters or auto     auto
  --words N           size of the vocabulary                                    10000
  --max-length N      length of a sequence       what 95 % of the texts fit in, at most 100
  --embedding N       length of a word's vector                                 64
  --units N           size of the LSTM's state                                  64
  --dropout P         part of that state that is left out in training           0.5
  --epochs N          most passes over the data                                 20
  --patience N        epochs to wait for a better one                           3
  --batch N           examples per step                                         32
  --learning-rate R   of Adam                                                   0.002
  --seed N            of weights, order and split                               1
  --save DIR          folder of the model                                       models/text-classifier
  --help              this text`

interface Range {
  readonly words: string
  accepts(value: number): boolean
}

const whole = (least: number): Range => ({
  words: `a whole number from ${least} on`,
  accepts: value => Number.isSafeInteger(value) && value >= least,
})
const seed: Range = { words: 'a whole number', accepts: Number.isSafeInteger }
const part: Range = { words: 'a number from 0 to below 1', accepts: value => value >= 0 && value < 1 }
const positive: Range = {
  words: 'a number above 0',
  accepts: value => value > 0 && value < Number.POSITIVE_INFINITY,
}

/**
 * Reads the command line.
 * @throws InputError with exit code 2 for an option that is unknown or out of range
 * @example parseOptions(['--data', 'train.tsv', '--epochs', '3']).epochs   // 3
 */
export function parseOptions(args: readonly string[]): Options {
  const given = readArguments(args)
  const { level = 'auto', data, valid } = given
  if (level !== 'words' && level !== 'characters' && level !== 'auto')
    throw mistake(`--level needs words, characters or auto, got "${level}"`)
  if (valid !== undefined && data === undefined)
    throw mistake('--valid needs --data, as the embedded corpus has a validation set of its own')
  const number = (name: NumberName, range: Range): number | undefined => {
    const text = given[name]
    if (text === undefined) return undefined
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (range.accepts(value)) return value
    throw mistake(`--${name} needs ${range.words}, got "${text}"`)
  }
  return {
    data,
    valid,
    level,
    words: number('words', whole(3)) ?? 10_000,
    maxLength: number('max-length', whole(1)),
    embedding: number('embedding', whole(1)) ?? 64,
    units: number('units', whole(1)) ?? 64,
    dropout: number('dropout', part) ?? 0.5,
    epochs: number('epochs', whole(1)) ?? 20,
    patience: number('patience', whole(1)) ?? 3,
    batch: number('batch', whole(1)) ?? 32,
    learningRate: number('learning-rate', positive) ?? 0.002,
    seed: number('seed', seed) ?? 1,
    save: given.save ?? 'models/text-classifier',
    help: given.help ?? false,
  }
}

const text = { type: 'string' } as const
const NUMBERS = {
  words: text,
  'max-length': text,
  embedding: text,
  units: text,
  dropout: text,
  epochs: text,
  patience: text,
  batch: text,
  'learning-rate': text,
  seed: text,
}
type NumberName = keyof typeof NUMBERS

/** `--seed -3` becomes `--seed=-3`: parseArgs takes -3 for an option of its own. */
function withNegatives(args: readonly string[]): string[] {
  const joined: string[] = []
  for (const arg of args) {
    const last = joined.at(-1)
    if (last !== undefined && /^--[a-z-]+$/.test(last) && /^-[\d.]/.test(arg))
      joined[joined.length - 1] += `=${arg}`
    else joined.push(arg)
  }
  return joined
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: withNegatives(args),
      options: {
        ...NUMBERS,
        data: text,
        valid: text,
        level: text,
        save: text,
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    // Of node's explanation the first sentence: "Unknown option '--epoch'".
    throw mistake(
      error instanceof Error ? error.message.split(/\.\s|\n/)[0].replace(/\.$/, '') : String(error),
    )
  }
}

const mistake = (message: string): InputError => new InputError(`${message}. See npm start -- --help.`, 2)
