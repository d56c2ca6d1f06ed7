import { load } from '../../src/index.ts'
import type { Classifier } from './classifier.ts'

/** Writes model, tokenizer, length and class names to a folder; returns its path. */
export async function saveClassifier(classifier: Classifier, folder: string): Promise<string> {
  const { model, tokenizer, maxLength, labels } = classifier
  const metadata = { maxLength: String(maxLength), labels: JSON.stringify(labels) }
  await model.save(folder, { tokenizer, metadata })
  return folder
}

/**
 * The classifier that `saveClassifier` wrote.
 * @throws Error when the folder holds another kind of model
 */
export async function loadClassifier(folder: string): Promise<Classifier> {
  const { model, tokenizer, metadata } = await load(folder)
  const maxLength = Number(metadata.get('maxLength'))
  const labels: unknown = JSON.parse(metadata.get('labels') ?? 'null')
  if (tokenizer === null || !(maxLength >= 1) || !isListOfTexts(labels))
    throw new Error(`${folder}: needs a text classifier that this example saved, got another model.`)
  return { model, tokenizer, maxLength, labels }
}

const isListOfTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every(item => typeof item === 'string')
