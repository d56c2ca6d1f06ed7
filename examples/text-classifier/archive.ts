import { accessSync, constants, mkdirSync, rmdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { load, Sequential } from '../../src/index.ts'
import type { Classifier } from './classifier.ts'
import { InputError } from './input-error.ts'

/**
 * Tries the folder out, so that a model is not trained in vain. Nothing of it stays: who interrupts the training finds
 * no empty folder.
 * @throws InputError when it cannot be made or written to
 */
export function tryFolder(folder: string): void {
  try {
    const made = mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
    if (made === undefined) return
    // Only folders that were made here, and only as long as they are empty.
    for (let path = resolve(folder); path.length >= resolve(made).length; path = dirname(path))
      rmdirSync(path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new InputError(`--save ${folder}: needs a folder that can be written to (${reason}).`)
  }
}

/** Writes model, tokenizer, length and class names to a folder. */
export async function saveClassifier(classifier: Classifier, folder: string): Promise<void> {
  const { model, tokenizer, maxLength, labels } = classifier
  const metadata = { maxLength: String(maxLength), labels: JSON.stringify(labels) }
  await model.save(folder, { tokenizer, metadata })
}

/**
 * The classifier that `saveClassifier` wrote.
 * @throws Error when the folder holds another kind of model
 */
export async function loadClassifier(folder: string): Promise<Classifier> {
  const { model, tokenizer, metadata } = await load(folder)
  const maxLength = Number(metadata.get('maxLength'))
  const labels: unknown = JSON.parse(metadata.get('labels') ?? 'null')
  if (!(model instanceof Sequential) || tokenizer === null || !(maxLength >= 1) || !isListOfTexts(labels))
    throw new Error(`${folder}: needs a text classifier that this example saved, got another model.`)
  return { model, tokenizer, maxLength, labels }
}

const isListOfTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every(item => typeof item === 'string')
