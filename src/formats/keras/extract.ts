import type { Group, h5wasm as Library, Dataset as StoredDataset } from 'h5wasm'
import { widenFloat16 } from '../../io/float16.ts'
import { type Dataset, Damage, type H5Content, type KerasContent, type Limits } from './content.ts'

const DEEPEST = 64
const WEIGHTS = 'model.weights.h5'
const CONFIG = 'config.json'
/** Lists that say in which order Keras 2 wrote layers and weights. */
const LISTS = ['layer_names', 'weight_names']

/** Reads what is used of a `.keras` archive or an HDF5 file. Runs in a worker, which is ended when it takes too long. */
export async function extract(bytes: Uint8Array, limits: Limits): Promise<KerasContent> {
  if (!isZip(bytes)) return { config: null, h5: await readH5(bytes, limits) }
  const files = await unzip(bytes, limits)
  const config = files.get(CONFIG)
  const weights = files.get(WEIGHTS)
  if (config === undefined) throw new Damage(`the archive holds no ${CONFIG}`)
  if (weights === undefined) throw new Damage(`the archive holds no ${WEIGHTS}`)
  return {
    config: new TextDecoder('utf-8', { fatal: true }).decode(config),
    h5: await readH5(weights, limits),
  }
}

/** What an archive's list takes for each file, at least. */
const BYTES_OF_ENTRY = 46
/** Types of numbers, as the HDF5 library calls them: whole ones of 1 to 8 bytes, and those with a point of 2 to 8. */
const NUMBER = /^[<>|]?[bhiqBHIQefd]$/

const isZip = ([a, b, c, d]: Uint8Array): boolean => a === 0x50 && b === 0x4b && c === 3 && d === 4
const isHdf5 = (bytes: Uint8Array): boolean => bytes[0] === 0x89 && bytes[1] === 0x48 && bytes[2] === 0x44

/** The two files that are wanted; others, whatever their paths, are left alone. */
async function unzip(bytes: Uint8Array, limits: Limits): Promise<Map<string, Uint8Array>> {
  const { unzipSync } = await import('fflate')
  let entriesLeft = bytes.length / BYTES_OF_ENTRY
  const files = unzipSync(bytes, {
    filter: ({ name, originalSize }) => {
      // The library believes whatever count it finds, up to 2³².
      if (--entriesLeft < 0) throw new Damage('the archive lists more files than it can hold')
      if (name !== CONFIG && name !== WEIGHTS) return false
      if (originalSize > limits.bytes)
        throw new Damage(`${name} says that it unpacks to ${originalSize} bytes`)
      return true
    },
  })
  return new Map(Object.entries(files))
}

async function readH5(bytes: Uint8Array, limits: Limits): Promise<H5Content> {
  if (!isHdf5(bytes)) throw new Damage('it is neither an HDF5 file nor a .keras archive')
  const { default: h5wasm } = await import('h5wasm')
  // The library's file system is in memory: nothing on the disk can be reached from the file.
  const { FS } = await h5wasm.ready
  FS.writeFile('model.h5', bytes)
  const file = new h5wasm.File('model.h5', 'r')
  try {
    return new Walk(h5wasm, limits, bytes.length).run(file)
  } finally {
    file.close()
    FS.unlink('model.h5')
  }
}

class Walk {
  private readonly attributes = new Map<string, string>()
  private readonly lists = new Map<string, ReadonlyMap<string, readonly string[]>>()
  private readonly datasets = new Map<string, Dataset>()
  private bytesLeft: number
  private objectsLeft: number
  private readonly fileSize: number

  constructor(
    private readonly library: typeof Library,
    limits: Limits,
    fileSize: number,
  ) {
    this.bytesLeft = limits.bytes
    this.objectsLeft = limits.objects
    this.fileSize = fileSize
  }

  run(root: Group): H5Content {
    for (const [name, attribute] of Object.entries(root.attrs)) {
      const value: unknown = attribute.value
      if (typeof value === 'string') this.attributes.set(name, value)
    }
    this.visit(root, '', 0)
    const { attributes, lists, datasets } = this
    return { attributes, lists, datasets }
  }

  private visit(group: Group, path: string, depth: number): void {
    if (depth > DEEPEST) throw new Damage(`its groups are nested deeper than ${DEEPEST} levels`)
    const found = new Map<string, readonly string[]>()
    for (const [name, attribute] of Object.entries(group.attrs)) {
      const list = LISTS.find(wanted => name === wanted || new RegExp(`^${wanted}\\d+$`).test(name))
      if (list === undefined) continue
      const value: unknown = attribute.value
      const names = Array.isArray(value) ? value.map(String) : []
      // Long lists are cut into weight_names0, weight_names1, …
      found.set(list, [...(found.get(list) ?? []), ...names])
    }
    if (found.size > 0) this.lists.set(path, found)
    for (const name of group.keys()) {
      if (--this.objectsLeft < 0) throw new Damage('it holds too many objects')
      const child = group.get(name)
      const place = path === '' ? name : `${path}/${name}`
      if (child === null) throw new Damage(`${place} cannot be read`)
      // Links to other files are left alone.
      if (child instanceof this.library.Group) this.visit(child, place, depth + 1)
      else if (child instanceof this.library.Dataset) this.read(child, place)
    }
  }

  private read(dataset: StoredDataset, place: string): void {
    const { shape, metadata } = dataset
    if (shape === null) return
    const size = shape.reduce((product, length) => product * length, 1)
    const bytes = size * metadata.size
    const isPacked = metadata.chunks !== null
    if (
      !Number.isSafeInteger(size) ||
      size < 0 ||
      bytes > this.bytesLeft ||
      (!isPacked && bytes > this.fileSize)
    ) {
      throw new Damage(`${place} says that it holds ${size} numbers`)
    }
    this.bytesLeft -= bytes
    // Texts and other things are nobody's weights.
    if (typeof dataset.dtype !== 'string' || !NUMBER.test(dataset.dtype)) return
    const value: unknown = size === 0 ? [] : dataset.dtype.endsWith('e') ? halves(dataset) : dataset.value
    const numbers = typeof value === 'number' || typeof value === 'bigint' ? [value] : value
    if (!isNumbers(numbers) || numbers.length !== size) throw new Damage(`${place} cannot be read`)
    this.datasets.set(place, { shape: [...shape], values: Float32Array.from(numbers, Number) })
  }
}

/** Numbers of 16 bits, which the library has no name for: the same bytes, read as whole numbers without a sign. */
function halves(dataset: StoredDataset): Float32Array {
  const { metadata } = dataset
  const stored = Object.create(dataset, {
    metadata: { value: { ...metadata, type: 0, signed: false } },
  }) as StoredDataset
  const { value } = stored
  return widenFloat16(Uint16Array.from(typeof value === 'number' ? [value] : (value as Uint16Array)))
}

const isNumbers = (value: unknown): value is ArrayLike<number | bigint> =>
  ArrayBuffer.isView(value) || Array.isArray(value)
