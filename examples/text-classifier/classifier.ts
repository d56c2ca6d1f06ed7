import {
  dense,
  dropout,
  embedding,
  lstm,
  type PaddedSequences,
  padSequences,
  type Sequential,
  sequential,
  Tokenizer,
} from '../../src/index.ts'
import type { Level } from './level.ts'

/** Everything it takes to get from a text to the probabilities of its classes. */
export interface Classifier {
  readonly model: Sequential
  readonly tokenizer: Tokenizer
  /** Length of every sequence: longer texts lose their beginning. */
  readonly maxLength: number
  /** Names of the classes, in the order of the model's output. */
  readonly labels: readonly string[]
}

export interface ClassifierOptions {
  readonly level: Level
  /** Most words (or characters) in the vocabulary. */
  readonly words: number
  /** By default, what 95 % of the texts fit in, and at most 100. */
  readonly maxLength?: number
  readonly embedding: number
  readonly units: number
  readonly dropout: number
}

/** A new classifier whose vocabulary comes from these texts. */
export function makeClassifier(
  texts: readonly string[],
  labels: readonly string[],
  options: ClassifierOptions,
): Classifier {
  const tokenizer = new Tokenizer({
    numWords: options.words,
    charLevel: options.level === 'characters',
    oovToken: '<unknown>',
  })
  tokenizer.fitOnTexts(texts)
  const maxLength = options.maxLength ?? usualLength(tokenizer.textsToSequences(texts))
  const isBinary = labels.length === 2
  const model = sequential(
    embedding({ inputDim: tokenizer.vocabularySize, outputDim: options.embedding }),
    lstm({ units: options.units }),
    dropout({ rate: options.dropout }),
    isBinary
      ? dense({ units: 1, activation: 'sigmoid' })
      : dense({ units: labels.length, activation: 'softmax' }),
  )
  return { model, tokenizer, maxLength, labels }
}

/** Ids of words, padded and cut to one length: [texts, maxLength]. */
export const encode = (
  { tokenizer, maxLength }: Pick<Classifier, 'tokenizer' | 'maxLength'>,
  texts: readonly string[],
): PaddedSequences => padSequences(tokenizer.textsToSequences(texts), { maxLength })

/** The probability of every class, for each text. */
export function classify(classifier: Classifier, texts: readonly string[]): number[][] {
  const { model, labels } = classifier
  const output = model.predict(encode(classifier, texts)).data()
  if (labels.length === 2) return Array.from(output, probability => [1 - probability, probability])
  return texts.map((_, row) => Array.from(output.slice(row * labels.length, (row + 1) * labels.length)))
}

const LONGEST = 100

/** The 95th percentile of the lengths, from 1 to 100. */
export function usualLength(sequences: readonly (readonly number[])[]): number {
  const lengths = sequences.map(({ length }) => length).sort((left, right) => left - right)
  const percentile = lengths[Math.floor(0.95 * (lengths.length - 1))]
  return Math.min(LONGEST, Math.max(1, percentile))
}
