import { saveModel } from '../io/save.ts'
import type { Format } from './formats.ts'
import type { OpenedModel } from './open-model.ts'

/** Writes a model in a format; the writers of other formats are loaded when they are wanted. */
export async function writeModel(
  { model, extras }: OpenedModel,
  path: string,
  format: Format,
): Promise<void> {
  switch (format) {
    case 'tensorloom':
      await saveModel(model, path, extras ?? {})
  }
}
