import { ValueError } from '../errors.ts'
import type { Model, ModelResult } from '../train/model.ts'
import type { ByteStore } from './byte-store.ts'
import { crc32 } from './checksum.ts'
import { remoteUrl } from './fetch.ts'
import { type Disk, openDisk } from './files.ts'
import { describeModel, type ModelConfig } from './model-config.ts'
import { describeOptimizer, NO_OPTIMIZER } from './optimizer-part.ts'
import { checkMetadata, checkSaveOptions, type SaveOptions, serializeAs } from './serialize.ts'
import { rawTensors } from './state-dict.ts'
import { writeSafetensors } from './safetensors-writer.ts'
import { show } from './refuse.ts'

export const WEIGHTS_FILE = 'model.safetensors'
export const TOKENIZER_FILE = 'tokenizer.json'
/** Written last: it names size and checksum of the others, so that a mixture of two saves is noticed. */
export const MODEL_FILE = 'model.json'

/** Size and CRC-32 of a file that belongs to a model.json. */
export interface FileRecord {
  readonly bytes: number
  readonly crc32: string
}

/** The contents of model.json. */
export type SavedDirectory = ModelConfig & {
  readonly files: Readonly<Record<string, FileRecord>>
}

/** Where a model is saved to: a path, a file URL, or a store of files. */
export type SaveTarget = string | URL | ByteStore

export const isByteStore = (place: object): place is ByteStore =>
  'label' in place && 'write' in place && typeof place.write === 'function'

const recordOf = (bytes: Uint8Array): FileRecord => ({ bytes: bytes.length, crc32: crc32(bytes) })

/**
 * Saves a model; `load` gives it back, and it predicts the same bits.
 *
 * A target that ends in `.safetensors` becomes one file; a directory (it need not exist) gets `model.safetensors`,
 * `model.json` and, with a tokenizer, `tokenizer.json`. Weights have the names of `stateDict()`. Optimizer, loss and
 * metrics are saved too, where all of them are built-in and given by name or factory; the optimizer's state is with
 * `{ optimizer: true }`.
 *
 * A store (`indexedDbStore('reviews')` in browsers) gets one file, `model.safetensors`.
 *
 * Custom layers are saved by their `config()` and the class' `static className` (without one, its name in the code).
 *
 * @throws ValueError for models that are no Sequential of layers, and for targets of another kind; BuildError while
 *   input sizes are unknown
 * @example await saveModel(model, 'models/reviews', { tokenizer })
 */
export async function saveModel(
  model: Model<ModelResult>,
  target: SaveTarget,
  options: SaveOptions = {},
): Promise<void> {
  checkSaveOptions('save', options)
  if (typeof target === 'object' && isByteStore(target)) {
    return target.write(WEIGHTS_FILE, serializeAs('save', model, options))
  }
  const url = remoteUrl(target)
  if (url !== null) throw noWriting(url)
  const disk = await openDisk('save')
  const path = disk.toPath(target)
  if (await isDirectory(disk, path)) return saveDirectory(disk, model, path, options)
  return disk.replace([[path, serializeAs('save', model, options)]])
}

const noWriting = ({ href }: URL): ValueError =>
  new ValueError({
    operation: 'save',
    problem: `writes to the disk or to a store, got the address ${show(href)}.`,
    hint:
      "in a page save to indexedDbStore('name'), or make a Blob by modelToBlob(model); " +
      'to send a model, fetch(url, { method: "PUT", body: modelToBlob(model) }).',
    argument: 'target',
    received: href,
  })

async function isDirectory(disk: Disk, path: string): Promise<boolean> {
  const kind = await disk.kind(path)
  const extension = disk.extension(path)
  if (kind === 'directory' || /[/\\]$/.test(path)) return true
  if (extension === '.safetensors') return false
  if (extension === '' && kind === 'nothing' && path !== '') return true
  throw new ValueError({
    operation: 'save',
    problem: `takes a directory or a file that ends in .safetensors, got ${show(path)}${kind === 'file' ? ', a file' : ''}.`,
    hint: "for example 'models/reviews' or 'models/reviews.safetensors'; a new directory whose name has a dot ends in '/'.",
    argument: 'target',
    received: path,
  })
}

async function saveDirectory(
  disk: Disk,
  model: Model<ModelResult>,
  path: string,
  options: SaveOptions,
): Promise<void> {
  const metadata = checkMetadata('save', options.metadata)
  const { config, state } = describeModel('save', model)
  const part = options.optimizer === true ? describeOptimizer('save', model) : NO_OPTIMIZER
  const texts = [...metadata, ...part.metadata]
  const weights = writeSafetensors([...rawTensors(state), ...part.tensors], texts.length > 0 ? texts : null)
  const parts: [string, Uint8Array][] = [[WEIGHTS_FILE, weights]]
  if (options.tokenizer) parts.push([TOKENIZER_FILE, encode(JSON.stringify(options.tokenizer))])
  const files = Object.fromEntries(parts.map(([name, bytes]) => [name, recordOf(bytes)]))
  const saved: SavedDirectory = { ...config, files }
  parts.push([MODEL_FILE, encode(JSON.stringify(saved, null, 2))])
  await disk.replace(parts.map(([name, bytes]) => [disk.join(path, name), bytes]))
  if (!options.tokenizer) await disk.remove(disk.join(path, TOKENIZER_FILE))
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(`${text}\n`)
