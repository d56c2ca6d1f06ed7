import { adam, type FitOptions, manualSeed, type TrainingEvent } from '../../../src/index.ts'
import { type Classifier, encode, makeClassifier } from '../../text-classifier/classifier.ts'
import { guessLevel } from '../../text-classifier/level.ts'
import { breathe } from '../page/dom.ts'
import type { Dataset, LabelledText } from './dataset.ts'

/** What the form decides. */
export interface Settings {
  readonly epochs: number
  readonly batchSize: number
  readonly units: number
  readonly learningRate: number
}

const SEED = 1
const WORDS = 10_000
const DROPOUT = 0.3

const textsOf = (examples: readonly LabelledText[]): string[] => examples.map(({ text }) => text)
const labelsOf = (examples: readonly LabelledText[]): Float32Array =>
  Float32Array.from(examples, ({ label }) => label)

/** A classifier for these texts, with random weights. */
export function newClassifier({ labels, training }: Dataset, settings: Settings): Classifier {
  manualSeed(SEED)
  const texts = textsOf(training)
  const { units } = settings
  const classifier = makeClassifier(texts, labels, {
    level: guessLevel(texts),
    words: WORDS,
    embedding: units,
    units,
    dropout: DROPOUT,
  })
  classifier.model.compile({
    optimizer: adam({ learningRate: settings.learningRate, globalClipNorm: 1 }),
    loss: labels.length === 2 ? 'binaryCrossentropy' : 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  })
  return classifier
}

/** Trains it in a worker; leaving the loop over the events, or the signal, ends that. */
export async function* trainInWorker(
  classifier: Classifier,
  { training, validation }: Dataset,
  { epochs, batchSize }: Settings,
  options: Pick<FitOptions, 'signal' | 'callbacks' | 'device'>,
): AsyncGenerator<TrainingEvent> {
  await breathe()
  const x = encode(classifier, textsOf(training))
  await breathe()
  const validationX = encode(classifier, textsOf(validation))
  yield* classifier.model.fitEvents(x, labelsOf(training), {
    ...options,
    epochs,
    batchSize,
    validationData: [validationX, labelsOf(validation)],
    verbose: false,
    worker: true,
  })
}
