/** A dataset of an HDF5 file. */
export interface Dataset {
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** What is used of an HDF5 file. */
export interface H5Content {
  /** Texts among the attributes of the root, such as `model_config`. */
  readonly attributes: ReadonlyMap<string, string>
  /** Lists of names, by the path of their group and by their own name: `model_weights/dense` → `weight_names`. */
  readonly lists: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>
  /** Datasets by their path, `layers/dense/vars/0`. */
  readonly datasets: ReadonlyMap<string, Dataset>
}

/** A `.keras` archive, or an HDF5 file by itself. */
export interface KerasContent {
  /** The text of config.json; null for an HDF5 file. */
  readonly config: string | null
  readonly h5: H5Content
}

/** How much may be read. */
export interface Limits {
  /** Most bytes that all that is unpacked may have. */
  readonly bytes: number
  /** Most groups and datasets. */
  readonly objects: number
}

/** Deflate cannot do better than this, so that nothing honest is refused. */
const MOST_RATIO = 1032

/** What a file of this size may unpack to. */
export const limitsFor = (size: number): Limits => ({
  bytes: (1 << 20) + MOST_RATIO * size,
  objects: 100_000,
})

/** What the reader says of a damaged file; its message goes into the FormatError. */
export class Damage extends Error {}
