import type { Tokenizer as Library } from '@huggingface/tokenizers'
import { FormatError, ValueError } from '../../errors.ts'
import { openDisk } from '../../io/files.ts'
import { show } from '../../io/refuse.ts'
import { refuseUnknown } from '../../nn/options.ts'
import { loadPeer } from '../shared/peer.ts'

/** Longest file that is read. */
const MAXIMUM_BYTES = 200_000_000
const KINDS: readonly string[] = ['WordPiece', 'BPE', 'Unigram', 'WordLevel']

export interface EncodeOptions {
  /** Add what the model expects around a text, such as [CLS] and [SEP]. Default true. */
  readonly addSpecialTokens?: boolean
}

export interface HuggingFaceOptions {
  /** What `tokenizer_config.json` holds, where there is one. */
  readonly config?: object
}

/**
 * A tokenizer of Hugging Face: WordPiece, byte-pair encoding, Unigram and so on, as `tokenizer.json` describes it. Its
 * ids go into `padSequences`, as those of `Tokenizer` do.
 */
export class HuggingFaceTokenizer {
  private readonly library: Library
  /** Every id is below it: the `inputDim` of an Embedding. */
  readonly vocabularySize: number
  /** The id that fills up short sequences, where the file names one, else 0. */
  readonly padId: number

  constructor(library: Library, vocabularySize: number, padId: number) {
    this.library = library
    this.vocabularySize = vocabularySize
    this.padId = padId
  }

  /** @example tokenizer.textsToSequences(['Hello world'])   // [[101, 7592, 2088, 102]] */
  textsToSequences(texts: Iterable<string>, options: EncodeOptions = {}): number[][] {
    refuseUnknown('textsToSequences', options, ['addSpecialTokens'])
    const { addSpecialTokens = true } = options
    return listOf(texts).map(text => [
      ...this.library.encode(text, { add_special_tokens: addSpecialTokens }).ids,
    ])
  }

  /** The tokens themselves, for people to look at. */
  textsToTokens(texts: Iterable<string>): string[][] {
    return listOf(texts).map(text => this.library.tokenize(text))
  }

  /** The texts again, as far as tokens keep them; special tokens are left out. */
  sequencesToTexts(sequences: Iterable<ArrayLike<number>>): string[] {
    return Array.from(sequences, ids => {
      const list = Array.from(ids)
      // Of no ids the library makes an error.
      return list.length === 0 ? '' : this.library.decode(list, { skip_special_tokens: true })
    })
  }
}

/**
 * Reads a `tokenizer.json` of Hugging Face.
 *
 * @param source a path or URL of a file, or what such a file holds
 * @throws FormatError for anything else; DeviceError without the package `@huggingface/tokenizers`
 * @example
 * const tokenizer = await loadTokenizer('bert/tokenizer.json')
 * const x = padSequences(tokenizer.textsToSequences(['Hello world']), { padding: 'post', value: tokenizer.padId })
 */
export async function loadTokenizer(
  source: string | URL | object,
  options: HuggingFaceOptions = {},
): Promise<HuggingFaceTokenizer> {
  refuseUnknown('loadTokenizer', options, ['config'])
  const { Tokenizer } = await loadPeer(
    'loadTokenizer',
    '@huggingface/tokenizers',
    () => import('@huggingface/tokenizers'),
  )
  const description =
    typeof source === 'string' || source instanceof URL ? await read(source) : record(source, 'the tokenizer')
  const { size, padId } = vocabularyOf(description)
  try {
    // The library reads the word for unknown ones from here, the file says it of the model.
    const unknown: unknown = Reflect.get(record(Reflect.get(description, 'model'), 'model'), 'unk_token')
    const library = new Tokenizer(description, {
      ...(typeof unknown === 'string' ? { unk_token: unknown } : {}),
      ...options.config,
    })
    return new HuggingFaceTokenizer(library, size, padId)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FormatError({
      operation: 'loadTokenizer',
      problem: `could not be made from the file: ${reason}.`,
      cause,
    })
  }
}

async function read(source: string | URL): Promise<object> {
  const disk = await openDisk('loadTokenizer')
  const bytes = await disk.read(disk.toPath(source), MAXIMUM_BYTES)
  try {
    return record(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)), 'the file')
  } catch (cause) {
    if (cause instanceof FormatError) throw cause
    throw new FormatError({ operation: 'loadTokenizer', problem: 'is not JSON.', cause })
  }
}

function record(value: unknown, place: string): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new FormatError({
    operation: 'loadTokenizer',
    problem: `needs an object as ${place}.`,
    location: place,
  })
}

/** The number of ids, added ones included, and that of padding. */
function vocabularyOf(description: object): { size: number; padId: number } {
  const model = record(Reflect.get(description, 'model'), 'model')
  const type: unknown = Reflect.get(model, 'type') ?? 'BPE'
  if (typeof type !== 'string' || !KINDS.includes(type)) {
    throw new FormatError({
      operation: 'loadTokenizer',
      problem: `knows models of type ${KINDS.join(', ')}, got ${show(type)}.`,
      location: 'model.type',
    })
  }
  const vocabulary: unknown = Reflect.get(model, 'vocab')
  const added: unknown = Reflect.get(description, 'added_tokens') ?? []
  const padding: unknown = Reflect.get(description, 'padding') ?? {}
  // Unigram has a list of [token, score], the others an object of token → id.
  const ids: unknown[] = Array.isArray(vocabulary)
    ? [...vocabulary.keys()]
    : Object.values(record(vocabulary, 'model.vocab'))
  if (!Array.isArray(added)) {
    throw new FormatError({
      operation: 'loadTokenizer',
      problem: 'needs a list of added_tokens.',
      location: 'added_tokens',
    })
  }
  const padName = isObject(padding) ? Reflect.get(padding, 'pad_token') : undefined
  let padId: unknown = isObject(padding) ? Reflect.get(padding, 'pad_id') : undefined
  for (const token of added) {
    const id: unknown = Reflect.get(record(token, 'added_tokens'), 'id')
    const content: unknown = Reflect.get(record(token, 'added_tokens'), 'content')
    ids.push(id)
    if (padId === undefined && (content === '[PAD]' || content === '<pad>' || content === padName)) padId = id
  }
  let size = 0
  for (const id of ids) {
    if (!Number.isSafeInteger(id) || Number(id) < 0 || Number(id) > 2 ** 31) {
      throw new FormatError({
        operation: 'loadTokenizer',
        problem: `needs whole numbers as ids, got ${show(id)}.`,
        location: 'model.vocab',
      })
    }
    size = Math.max(size, Number(id) + 1)
  }
  return { size, padId: Number.isSafeInteger(padId) ? Number(padId) : 0 }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

function listOf(texts: Iterable<string>): string[] {
  const list: unknown[] = typeof texts === 'string' ? [null] : [...texts]
  if (list.every(text => typeof text === 'string')) return list
  throw new ValueError({
    operation: 'textsToSequences',
    problem: `needs a list of texts, got ${typeof texts === 'string' ? 'a text' : 'something else in it'}.`,
    hint: 'a single text has to be wrapped: [text].',
    argument: 'texts',
    received: texts,
  })
}
