import type { Model, ModelResult } from '../train/model.ts'
import { type SaveOptions, serializeAs } from './serialize.ts'

/** What loading reads of a Blob or File. */
export interface BlobSource {
  readonly size: number
  arrayBuffer(): Promise<ArrayBuffer>
}

export const isBlob = (source: object): source is BlobSource =>
  'arrayBuffer' in source && typeof source.arrayBuffer === 'function'

/**
 * A model as a Blob, to be downloaded, sent, or kept; `load(blob)` gives it back. It holds what
 * `save('….safetensors')` writes.
 *
 * @throws ValueError for models that are no Sequential of layers; BuildError while input sizes are unknown
 * @example
 * const model = sequential(dense({ units: 1, inputSize: 2 }))
 * const { model: again } = await load(modelToBlob(model))
 */
export function modelToBlob(model: Model<ModelResult>, options: SaveOptions = {}): Blob {
  const bytes = serializeAs('modelToBlob', model, options)
  return new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' })
}
