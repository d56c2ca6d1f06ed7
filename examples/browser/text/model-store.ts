import { indexedDbStore, load, type LoadSource, modelToBlob, Sequential } from '../../../src/index.ts'
import type { Classifier } from '../../text-classifier/classifier.ts'

/** The place in this browser where one classifier is kept. */
const store = indexedDbStore('text-classifier')

const beside = ({ tokenizer, maxLength, labels }: Classifier) => ({
  tokenizer,
  metadata: { maxLength: String(maxLength), labels: JSON.stringify(labels) },
})

/** Keeps the classifier in this browser, in the place of an earlier one. */
export const keep = (classifier: Classifier): Promise<void> =>
  classifier.model.save(store, beside(classifier))

export const isKept = async (): Promise<boolean> => (await store.names()).length > 0

/** The classifier that was kept. */
export const kept = (): Promise<Classifier> => open(store)

/** The classifier as a file. */
export const toFile = (classifier: Classifier): Blob => modelToBlob(classifier.model, beside(classifier))

/** @throws Error for a file that is damaged, or holds another kind of model */
export async function open(source: LoadSource): Promise<Classifier> {
  const { model, tokenizer, metadata } = await load(source)
  const maxLength = Number(metadata.get('maxLength'))
  const labels: unknown = JSON.parse(metadata.get('labels') ?? 'null')
  const isList = Array.isArray(labels) && labels.every(label => typeof label === 'string')
  if (!(model instanceof Sequential) || tokenizer === null || !(maxLength >= 1) || !isList)
    throw new Error('This file holds a model, but no text classifier of this page.')
  return { model, tokenizer, maxLength, labels }
}
