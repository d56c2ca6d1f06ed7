import { FormatError } from '../errors.ts'
import { Tokenizer } from '../text/tokenizer.ts'
import { type BlobSource, isBlob } from './blob.ts'
import type { ByteStore } from './byte-store.ts'
import { crc32 } from './checksum.ts'
import { fetchBytes, remoteUrl } from './fetch.ts'
import { type Disk, openDisk } from './files.ts'
import { customClasses } from './layer-table.ts'
import { buildModel, readModelHead } from './model-build.ts'
import { giveOptimizer, takeOptimizer } from './optimizer-part.ts'
import { parseJson, readRecord } from './plain-json.ts'
import { fromSource, refuseModel } from './refuse-model.ts'
import { show } from './refuse.ts'
import { readSafetensors } from './safetensors.ts'
import { isByteStore, MODEL_FILE, TOKENIZER_FILE, WEIGHTS_FILE } from './save.ts'
import { checkLoadOptions, type Loaded, type LoadOptions, readSingleFile } from './serialize.ts'

/** Longest model.json that is read. */
const MAXIMUM_JSON_BYTES = 100_000_000

const sourceOf = (path: string): string => `load ${show(path)}`

/** What `load` reads: a path, a URL, a Blob or File, or a store of files. */
export type LoadSource = string | URL | BlobSource | ByteStore

/** Files that belong together, by name. */
interface Folder {
  /** The place of a file, or of the folder itself, for messages. */
  place(name?: string): string
  has(name: string): Promise<boolean>
  read(name: string, limit?: number): Promise<Uint8Array>
}

/**
 * Loads what `save` wrote: the model in evaluation mode (compiled, if its settings were saved), the tokenizer or
 * null, and the metadata.
 *
 * A URL is fetched, and so is a text that begins with `https:`; in a page every text is an address, relative to the
 * page. An address that ends in `/` is a directory.
 *
 * Custom layers are made by their class' `static fromConfig(config)` where there is one, else by `new Class(config)`.
 *
 * @throws FormatError when something is missing, damaged, does not fit together, was written by a newer version, or
 *   cannot be fetched; DeviceError where a store cannot be read
 * @example
 * const { model, tokenizer } = await load('models/reviews', { layers: { Residual } })
 */
export async function load(source: LoadSource, options: LoadOptions = {}): Promise<Loaded> {
  checkLoadOptions('load', options)
  if (typeof source === 'object') {
    if (isByteStore(source)) return readOne(source.label, await source.read(WEIGHTS_FILE), options)
    if (isBlob(source)) return readOne('the Blob', new Uint8Array(await source.arrayBuffer()), options)
  }
  const url = remoteUrl(source)
  if (url === null) return loadFromDisk(source, options)
  if (url.pathname.endsWith('/')) return loadFolder(urlFolder(url, options), options)
  return readOne(show(url.href), await fetchBytes(url, options), options)
}

function readOne(place: string, bytes: Uint8Array, options: LoadOptions): Loaded {
  return fromSource(`load ${place}`, () => readSingleFile('load', bytes, options))
}

async function loadFromDisk(source: string | URL, options: LoadOptions): Promise<Loaded> {
  const disk = await openDisk('load')
  const path = disk.toPath(source)
  const kind = await disk.kind(path)
  if (kind === 'nothing')
    throw new FormatError({
      operation: sourceOf(path),
      problem: 'found neither a file nor a directory there.',
    })
  if (kind === 'directory') return loadFolder(diskFolder(disk, path), options)
  if (disk.extension(path) === '.json') {
    throw new FormatError({
      operation: sourceOf(path),
      problem: 'takes a .safetensors file or a directory, got a JSON file.',
      hint: 'pass the directory that holds it.',
    })
  }
  return readOne(show(path), await disk.read(path), options)
}

const diskFolder = (disk: Disk, directory: string): Folder => ({
  place: name => (name === undefined ? directory : disk.join(directory, name)),
  has: async name => (await disk.kind(disk.join(directory, name))) !== 'nothing',
  read: (name, limit) => disk.read(disk.join(directory, name), limit),
})

/** Servers say that a file is missing when it is read, in their own words. */
const urlFolder = (directory: URL, { fetch }: LoadOptions): Folder => ({
  place: name => (name === undefined ? directory : new URL(name, directory)).href,
  has: async () => true,
  read: (name, limit) => fetchBytes(new URL(name, directory), { fetch, limit }),
})

async function loadFolder(folder: Folder, options: LoadOptions): Promise<Loaded> {
  const classes = customClasses('load', options.layers)
  const modelPlace = sourceOf(folder.place(MODEL_FILE))
  if (!(await folder.has(MODEL_FILE))) {
    throw new FormatError({
      operation: sourceOf(folder.place()),
      problem: `found no ${MODEL_FILE} in the directory.`,
      hint: 'it was not written by save, or saving was interrupted.',
    })
  }
  const json = await folder.read(MODEL_FILE, MAXIMUM_JSON_BYTES)
  const { config, files } = fromSource(modelPlace, () => readModelFile(json))
  const weights = await readPart(folder, WEIGHTS_FILE, files)
  const text = files.has(TOKENIZER_FILE) ? await readPart(folder, TOKENIZER_FILE, files) : null
  const file = fromSource(sourceOf(weights.place), () => takeOptimizer(readSafetensors(weights.bytes)))
  return {
    model: fromSource(modelPlace, () =>
      giveOptimizer(buildModel(config, { tensors: file.weights, classes }), file.optimizer),
    ),
    tokenizer:
      text === null ? null : fromSource(sourceOf(text.place), () => Tokenizer.fromJSON(decode(text.bytes))),
    metadata: file.metadata,
  }
}

function readModelFile(json: Uint8Array) {
  const config = readRecord(parseJson(decode(json), 'the model'), 'the model')
  readModelHead(config)
  const files = readRecord(config.get('files'), 'files')
  if (!files.has(WEIGHTS_FILE)) refuseModel('files', `${WEIGHTS_FILE} is not among them`)
  return { config, files }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    return refuseModel('the text', 'it is not valid UTF-8', { cause })
  }
}

/** Reads a file of the directory, which must be the one that was saved together with model.json. */
async function readPart(
  folder: Folder,
  name: string,
  files: ReadonlyMap<string, unknown>,
): Promise<{ readonly place: string; readonly bytes: Uint8Array }> {
  const place = folder.place(name)
  const record = fromSource(sourceOf(folder.place(MODEL_FILE)), () =>
    readRecord(files.get(name), `files[${show(name)}]`),
  )
  const bytes = await folder.read(name)
  const wanted = [record.get('bytes'), record.get('crc32')]
  if (bytes.length === wanted[0] && crc32(bytes) === wanted[1]) return { place, bytes }
  throw new FormatError({
    operation: sourceOf(place),
    problem:
      `is not the file that ${MODEL_FILE} was saved with: expected ${show(wanted[0])} bytes with CRC-32 ` +
      `${show(wanted[1])}, got ${bytes.length} with "${crc32(bytes)}".`,
    hint: 'saving was interrupted, or the file was damaged or exchanged: save the model again.',
  })
}
