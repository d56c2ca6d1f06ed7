import { FormatError } from '../errors.ts'
import { Tokenizer } from '../text/tokenizer.ts'
import { crc32 } from './checksum.ts'
import { type Disk, openDisk } from './files.ts'
import { customClasses } from './layer-table.ts'
import { buildModel, readModelHead } from './model-build.ts'
import { parseJson, readRecord } from './plain-json.ts'
import { fromSource, refuseModel } from './refuse-model.ts'
import { show } from './refuse.ts'
import { readSafetensors } from './safetensors.ts'
import { MODEL_FILE, TOKENIZER_FILE, WEIGHTS_FILE } from './save.ts'
import { type Loaded, type LoadOptions, readSingleFile } from './serialize.ts'

/** Longest model.json that is read. */
const MAXIMUM_JSON_BYTES = 100_000_000

const sourceOf = (path: string): string => `load ${show(path)}`

/**
 * Loads what `save` wrote: the model in evaluation mode (compiled, if its settings were saved), the tokenizer or
 * null, and the metadata.
 *
 * Custom layers are made by their class' `static fromConfig(config)` where there is one, else by `new Class(config)`.
 *
 * @throws FormatError when something is missing, damaged, does not fit together, or was written by a newer version
 * @example
 * const { model, tokenizer } = await load('models/reviews', { layers: { Residual } })
 */
export async function load(source: string | URL, options: LoadOptions = {}): Promise<Loaded> {
  const disk = await openDisk('load')
  const path = disk.toPath(source)
  const kind = await disk.kind(path)
  if (kind === 'nothing')
    throw new FormatError({
      operation: sourceOf(path),
      problem: 'found neither a file nor a directory there.',
    })
  if (kind === 'directory') return loadDirectory(disk, path, options)
  if (disk.extension(path) === '.json') {
    throw new FormatError({
      operation: sourceOf(path),
      problem: 'takes a .safetensors file or a directory, got a JSON file.',
      hint: 'pass the directory that holds it.',
    })
  }
  const bytes = await disk.read(path)
  return fromSource(sourceOf(path), () => readSingleFile('load', bytes, options))
}

async function loadDirectory(disk: Disk, directory: string, options: LoadOptions): Promise<Loaded> {
  const classes = customClasses('load', options.layers)
  const modelPath = disk.join(directory, MODEL_FILE)
  if ((await disk.kind(modelPath)) === 'nothing') {
    throw new FormatError({
      operation: sourceOf(directory),
      problem: `found no ${MODEL_FILE} in the directory.`,
      hint: 'it was not written by save, or saving was interrupted.',
    })
  }
  const json = await disk.read(modelPath, MAXIMUM_JSON_BYTES)
  const { config, files } = fromSource(sourceOf(modelPath), () => readModelFile(json))
  const weights = await readPart(disk, directory, WEIGHTS_FILE, files)
  const text = files.has(TOKENIZER_FILE) ? await readPart(disk, directory, TOKENIZER_FILE, files) : null
  const file = fromSource(sourceOf(weights.path), () => readSafetensors(weights.bytes))
  return {
    model: fromSource(sourceOf(modelPath), () => buildModel(config, { tensors: file.tensors, classes })),
    tokenizer:
      text === null ? null : fromSource(sourceOf(text.path), () => Tokenizer.fromJSON(decode(text.bytes))),
    metadata: new Map(file.metadata),
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
  disk: Disk,
  directory: string,
  name: string,
  files: ReadonlyMap<string, unknown>,
): Promise<{ readonly path: string; readonly bytes: Uint8Array }> {
  const path = disk.join(directory, name)
  const record = fromSource(sourceOf(disk.join(directory, MODEL_FILE)), () =>
    readRecord(files.get(name), `files[${show(name)}]`),
  )
  const bytes = await disk.read(path)
  const wanted = [record.get('bytes'), record.get('crc32')]
  if (bytes.length === wanted[0] && crc32(bytes) === wanted[1]) return { path, bytes }
  throw new FormatError({
    operation: sourceOf(path),
    problem:
      `is not the file that ${MODEL_FILE} was saved with: expected ${show(wanted[0])} bytes with CRC-32 ` +
      `${show(wanted[1])}, got ${bytes.length} with "${crc32(bytes)}".`,
    hint: 'saving was interrupted, or the file was damaged or exchanged: save the model again.',
  })
}
