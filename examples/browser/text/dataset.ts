import { makeCorpus } from '../../text-classifier/corpus/grammar.ts'
import { Generator } from '../../../src/index.ts'

export interface LabelledText {
  /** Place of the label in the list of labels. */
  readonly label: number
  readonly text: string
}

/** Texts to learn from, and others to measure with. */
export interface Dataset {
  readonly labels: readonly string[]
  readonly training: readonly LabelledText[]
  readonly validation: readonly LabelledText[]
  /** Sentences to ask the model about. */
  readonly suggestions: readonly string[]
}

const SENTENCES = [
  'The play began badly but ended superbly.',
  'The play began superbly but ended badly.',
  'It was not boring but moving.',
  'Far from being dull, the film is brilliant.',
]
const CORPUS_SIZE = 5000
const LEAST_TEXTS = 10
const LINE = /^\s*([^,\t]{1,40}?)\s*[,\t]\s*(.*\S)\s*$/

let corpus: Dataset | null = null

/** The synthetic reviews of the text-classifier example. */
export function builtInReviews(): Dataset {
  if (corpus === null) {
    const { train, valid } = makeCorpus({ size: CORPUS_SIZE })
    corpus = { labels: ['blame', 'praise'], training: train, validation: valid, suggestions: SENTENCES }
  }
  return corpus
}

/**
 * Reads lines of `label, text`, and holds out a tenth of them.
 * @throws Error that says what is wrong, for the page
 */
export function readOwnTexts(lines: string): Dataset {
  const found = lines
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, number }) => {
      const match = LINE.exec(line)
      if (match === null) throw new Error(`Line ${number} is not of the form “label, text”.`)
      return { name: match[1], text: match[2] }
    })
  const labels = [...new Set(found.map(({ name }) => name))].sort()
  if (found.length < LEAST_TEXTS)
    throw new Error(`There are ${found.length} texts; it takes at least ${LEAST_TEXTS}.`)
  if (labels.length < 2) throw new Error(`All texts have the label “${labels[0]}”; it takes two or more.`)
  const texts = found.map(({ name, text }) => ({ label: labels.indexOf(name), text }))
  const order = new Generator(1).split('hold out').permutation(texts.length)
  const shuffled = Array.from(order, position => texts[position])
  const held = Math.max(1, Math.floor(texts.length / 10))
  const suggestions = shuffled.slice(0, SENTENCES.length).map(({ text }) => text)
  return { labels, training: shuffled.slice(held), validation: shuffled.slice(0, held), suggestions }
}

export const EXAMPLE_LINES = `warm, the sun is out and the sand is hot
warm, we swam in the sea all afternoon
warm, a bright summer day without a cloud
warm, it is too hot to sleep at night
warm, she sat in the shade with a cold drink
warm, the grass is dry after weeks of sun
cold, snow fell all night on the hills
cold, the lake is frozen and we can skate
cold, he wore two coats against the wind
cold, frost on the window this morning
cold, a grey winter day with icy rain
cold, my fingers are numb from the snow`
