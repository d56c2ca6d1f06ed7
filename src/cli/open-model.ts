import { load } from '../io/load.ts'
import type { Loaded } from '../io/serialize.ts'
import type { Model, ModelResult } from '../train/model.ts'
import type { Format } from './formats.ts'

/** A model of any kind, and what else its file says. */
export interface OpenedModel {
  readonly model: Model<ModelResult>
  /** Tokenizer and metadata, where the format has them. */
  readonly extras: Pick<Loaded, 'tokenizer' | 'metadata'> | null
  /** Lines for people. */
  readonly details: readonly string[]
}

/** Reads a model of a known kind; the readers of other formats are loaded when they are wanted. */
export async function openModel(path: string, format: Format): Promise<OpenedModel> {
  switch (format) {
    case 'tensorloom': {
      const { model, tokenizer, metadata } = await load(path)
      const words = tokenizer === null ? [] : [`tokenizer: ${tokenizer.vocabularySize} ids`]
      const notes = [...metadata].map(([key, value]) => `${key}: ${value}`)
      return { model, extras: { tokenizer, metadata }, details: [...words, ...notes] }
    }
    case 'onnx': {
      const { loadOnnx } = await import('../formats/onnx/index.ts')
      return { model: await loadOnnx(path), extras: null, details: [] }
    }
  }
}
