import { load } from '../io/load.ts'
import type { Loaded } from '../io/serialize.ts'
import type { Model, ModelResult } from '../train/model.ts'
import type { LoadedModel } from '../io/model-build.ts'
import { Predictor } from '../serve/predictor.ts'
import { type Format, formatOf } from './formats.ts'

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
    case 'tfjs': {
      const { loadTfjsModel } = await import('../formats/tfjs/index.ts')
      return { model: await loadTfjsModel(path), extras: null, details: [] }
    }
    case 'keras': {
      const { loadKeras } = await import('../formats/keras/index.ts')
      return { model: await loadKeras(path), extras: null, details: [] }
    }
    case 'onnx': {
      const { loadOnnx } = await import('../formats/onnx/index.ts')
      return { model: await loadOnnx(path), extras: null, details: [] }
    }
  }
}

/** A model of any kind as a predictor: with its tokenizer, where the format has one. */
export async function openPredictor(path: string): Promise<Predictor> {
  const { model, extras } = await openModel(path, formatOf(path))
  return extras === null ? new Predictor(model) : Predictor.from({ model: model as LoadedModel, ...extras })
}
