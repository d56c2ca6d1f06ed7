import { ValueError } from '../errors.ts'
import { Tokenizer } from '../text/tokenizer.ts'
import { refuseUnknown } from '../nn/options.ts'
import type { Model, ModelResult } from '../train/model.ts'
import type { Fetch } from './fetch.ts'
import { customClasses, type LayerClasses } from './layer-table.ts'
import { buildModel, type LoadedModel } from './model-build.ts'
import { describeModel } from './model-config.ts'
import { describeOptimizer, giveOptimizer, NO_OPTIMIZER, takeOptimizer } from './optimizer-part.ts'
import { parseJson, readRecord } from './plain-json.ts'
import { fromSource, refuseModel } from './refuse-model.ts'
import { readSafetensors } from './safetensors.ts'
import { writeSafetensors } from './safetensors-writer.ts'
import { type Metadata, metadataEntries, rawTensors } from './state-dict.ts'

export interface SaveOptions {
  /** Saved beside the model, so that `load` gives both. */
  readonly tokenizer?: Tokenizer | null
  /** Texts of your own by key (a date, a score); other readers of safetensors see them too. */
  readonly metadata?: Metadata
  /** Saves the optimizer's state, too: the loaded model goes on training as this one would. Default false. */
  readonly optimizer?: boolean
}

export interface LoadOptions {
  /** The classes of custom layers in the model, by their className: `{ Residual }`. */
  readonly layers?: LayerClasses
  /** How a URL is fetched, for headers, credentials or a signal. Default: the global `fetch`. */
  readonly fetch?: Fetch
}

/** @throws ValueError for an option that nobody reads: a tokenizer under a misspelt name would be lost */
export const checkSaveOptions = (operation: string, options: SaveOptions): void =>
  refuseUnknown(operation, options, ['tokenizer', 'metadata', 'optimizer'])

/** @throws ValueError for an option that nobody reads */
export const checkLoadOptions = (operation: string, options: LoadOptions): void =>
  refuseUnknown(operation, options, ['layers', 'fetch'])

/** A saved model, whole. */
export interface Loaded {
  /** In evaluation mode; compiled, if the saved one was with built-in parts only. */
  readonly model: LoadedModel
  /** null where none was saved. */
  readonly tokenizer: Tokenizer | null
  readonly metadata: ReadonlyMap<string, string>
}

/** Keys of the header's metadata that are the library's own. */
const RESERVED = 'tensorloom.'
export const MODEL_KEY = `${RESERVED}model`
export const TOKENIZER_KEY = `${RESERVED}tokenizer`

/** The caller's metadata; the library's own keys are refused. */
export function checkMetadata(operation: string, metadata: Metadata = {}): [string, string][] {
  const entries = metadataEntries(metadata)
  for (const [key, text] of entries) {
    if (typeof text === 'string' && !key.startsWith(RESERVED)) continue
    throw new ValueError({
      operation,
      problem:
        typeof text === 'string'
          ? `cannot write metadata "${key}": keys that begin with "${RESERVED}" are the library's own.`
          : `needs texts as metadata, got ${text === null ? 'null' : typeof text} for "${key}".`,
      hint: typeof text === 'string' ? undefined : 'use JSON.stringify for other values.',
      argument: 'metadata',
      received: text,
    })
  }
  return entries
}

/**
 * A model as the bytes of one safetensors file: weights by name; architecture, compile settings and tokenizer as JSON
 * in the header's metadata. Works in browsers, too. The same model always gives the same bytes.
 *
 * @throws ValueError for a model that cannot be described (see `save`); BuildError while input sizes are unknown
 * @example
 * const bytes = serializeModel(model, { tokenizer })
 * const { model: again } = deserializeModel(bytes)
 */
export function serializeModel(model: Model<ModelResult>, options: SaveOptions = {}): Uint8Array {
  return serializeAs('serializeModel', model, options)
}

export function serializeAs(operation: string, model: Model<ModelResult>, options: SaveOptions): Uint8Array {
  checkSaveOptions(operation, options)
  const metadata = checkMetadata(operation, options.metadata)
  const { config, state } = describeModel(operation, model)
  metadata.push([MODEL_KEY, JSON.stringify(config)])
  if (options.tokenizer) metadata.push([TOKENIZER_KEY, JSON.stringify(options.tokenizer)])
  const part = options.optimizer === true ? describeOptimizer(operation, model) : NO_OPTIMIZER
  return writeSafetensors([...rawTensors(state), ...part.tensors], [...metadata, ...part.metadata])
}

/**
 * The model that `serializeModel` or `save('….safetensors')` wrote. It predicts the same bits.
 *
 * @throws FormatError when the bytes are damaged, not a model, or written by a newer version
 * @example const { model, tokenizer } = deserializeModel(new Uint8Array(await response.arrayBuffer()))
 */
export function deserializeModel(bytes: Uint8Array | ArrayBuffer, options: LoadOptions = {}): Loaded {
  checkLoadOptions('deserializeModel', options)
  return fromSource('deserializeModel', () => readSingleFile('deserializeModel', bytes, options))
}

export function readSingleFile(
  operation: string,
  bytes: Uint8Array | ArrayBuffer,
  options: LoadOptions,
): Loaded {
  const classes = customClasses(operation, options.layers)
  const { weights, metadata, optimizer } = takeOptimizer(readSafetensors(bytes))
  const config = metadata.get(MODEL_KEY)
  const tokenizer = metadata.get(TOKENIZER_KEY)
  if (config === undefined) {
    refuseModel(`metadata "${MODEL_KEY}"`, 'it is missing: the file holds weights, but no model', {
      hint: 'load the directory that it is part of; or model.loadStateDict(deserializeStateDict(bytes)).',
    })
  }
  metadata.delete(MODEL_KEY)
  metadata.delete(TOKENIZER_KEY)
  const description = readRecord(parseJson(config, 'the model'), 'the model')
  return {
    model: giveOptimizer(buildModel(description, { tensors: weights, classes }), optimizer),
    tokenizer: tokenizer === undefined ? null : Tokenizer.fromJSON(tokenizer),
    metadata,
  }
}
