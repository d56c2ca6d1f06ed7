import type { Json } from '../../../io/plain-json.ts'
import type { Layer, LayerConfig } from '../../../nn/layer.ts'
import { type Fields, readFields, writeFields } from '../fields.ts'

/** A layer of any kind. */
export type AnyLayer = Layer<never, number | 'same', never>

/** How one class of layers stands in a file. */
export interface LayerFormat {
  /** Makes the layer of a config; errors of the library are the file's fault. */
  read(config: ReadonlyMap<string, unknown>, at: string): object
  /** The config of a layer of this class, from what its `config()` gives; without the name. */
  write(config: LayerConfig): Record<string, Json>
}

/** A layer class by its options. */
export type LayerConstructor = new (options: never) => object

/** The format of a layer whose options are one by one those of the file. */
export const plain = (layer: LayerConstructor, fields: Fields): LayerFormat => ({
  read: (config, at) => new layer(readFields(fields, config, at) as never),
  write: config => writeFields(fields, config),
})
