import { textToWordSequence } from '../../src/text/text-to-words.ts'
import { seededRandom, shuffled } from './corpus/random.ts'

/** A text with the number of its class. */
export interface LabelledText {
  readonly label: number
  readonly text: string
}

/** How well a bag of words does on the texts it learnt from, and on others. */
export interface BagOfWordsResult {
  readonly trainAccuracy: number
  readonly validAccuracy: number
}

export interface BagOfWordsOptions {
  /** Times that every text is seen. Default: 30. */
  readonly epochs?: number
  readonly learningRate?: number
  /** How a text becomes words. Default: `textToWordSequence`; `Array.from` makes characters, as Chinese needs. */
  readonly wordsOf?: (text: string) => readonly string[]
}

/**
 * The baseline: softmax regression on which words occur, whatever their order, trained one text at a time with a
 * falling rate. For two classes it is logistic regression.
 *
 * @example bagOfWordsAccuracy(train, valid).validAccuracy   // 0.5 on the embedded corpus: a coin
 */
export function bagOfWordsAccuracy(
  train: readonly LabelledText[],
  valid: readonly LabelledText[],
  { epochs = 30, learningRate = 0.3, wordsOf = text => textToWordSequence(text) }: BagOfWordsOptions = {},
): BagOfWordsResult {
  const vocabulary = new Map<string, number>()
  for (const { text } of train)
    for (const word of wordsOf(text)) if (!vocabulary.has(word)) vocabulary.set(word, vocabulary.size)
  const bag = ({ text }: LabelledText): number[] =>
    [...new Set(wordsOf(text))].flatMap(word => vocabulary.get(word) ?? [])

  const bags = train.map(bag)
  const classes = 1 + [...train, ...valid].reduce((most, { label }) => Math.max(most, label), 0)
  const weights = Array.from({ length: classes }, () => new Float64Array(vocabulary.size))
  const random = seededRandom(1)
  const biases = new Float64Array(classes)
  const scores = (words: readonly number[]): number[] =>
    weights.map((weight, label) => words.reduce((sum, word) => sum + weight[word], biases[label]))

  for (let epoch = 0; epoch < epochs; epoch++) {
    const rate = learningRate / (1 + epoch)
    for (const index of shuffled([...train.keys()], random)) {
      const words = bags[index]
      const probabilities = softmax(scores(words))
      for (let label = 0; label < classes; label++) {
        const gradient = probabilities[label] - (label === train[index].label ? 1 : 0)
        biases[label] -= rate * gradient
        for (const word of words) weights[label][word] -= rate * gradient
      }
    }
  }

  const accuracy = (texts: readonly LabelledText[], of: readonly (readonly number[])[]): number =>
    of.filter((words, index) => largest(scores(words)) === texts[index].label).length / texts.length
  return { trainAccuracy: accuracy(train, bags), validAccuracy: accuracy(valid, valid.map(bag)) }
}

function softmax(scores: readonly number[]): number[] {
  const highest = Math.max(...scores)
  const powers = scores.map(score => Math.exp(score - highest))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map(power => power / sum)
}

const largest = (scores: readonly number[]): number => scores.indexOf(Math.max(...scores))
