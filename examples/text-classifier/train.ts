import { adam, type History, type Logs, manualSeed } from '../../src/index.ts'
import type { LabelledText } from './bag-of-words.ts'
import { type Classifier, encode, makeClassifier } from './classifier.ts'
import type { Dataset } from './data.ts'
import { type Best, keepBest } from './keep-best.ts'
import type { Level } from './level.ts'
import type { Options } from './options.ts'

const textsOf = (examples: readonly LabelledText[]): string[] => examples.map(({ text }) => text)
const labelsOf = (examples: readonly LabelledText[]): Float32Array =>
  Float32Array.from(examples, ({ label }) => label)

/** A classifier for the data, not trained yet; the seed decides its weights, and everything random after it. */
export function prepare({ train, labels }: Dataset, level: Level, options: Options): Classifier {
  manualSeed(options.seed)
  const classifier = makeClassifier(textsOf(train), labels, { ...options, level })
  classifier.model.compile({
    optimizer: adam({ learningRate: options.learningRate }),
    loss: labels.length === 2 ? 'binaryCrossentropy' : 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  })
  return classifier
}

export interface Training {
  readonly history: History
  /** The epoch whose weights the model has now. */
  readonly best: Best
  /** Loss and accuracy of these weights on the held-out texts. */
  readonly scores: Logs
}

/** Trains until the held-out accuracy rises no more. */
export async function train(classifier: Classifier, data: Dataset, options: Options): Promise<Training> {
  const { model } = classifier
  const x = encode(classifier, textsOf(data.train))
  const y = labelsOf(data.train)
  const validX = encode(classifier, textsOf(data.valid))
  const validY = labelsOf(data.valid)
  const { callback, best } = keepBest(model, { patience: options.patience })
  const history = await model.fit(x, y, {
    epochs: options.epochs,
    batchSize: options.batch,
    validationData: [validX, validY],
    callbacks: [callback],
  })
  return { history, best, scores: await model.evaluate(validX, validY) }
}
