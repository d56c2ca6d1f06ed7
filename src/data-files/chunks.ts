import { FormatError, ValueError } from '../errors.ts'
import { builtin } from '../io/files.ts'

/** Where text comes from: a path, a URL, a Blob, or pieces of text or bytes. */
export type TextSource =
  | string
  | URL
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<string | Uint8Array>
  | Iterable<string | Uint8Array>

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'is not there.',
  EISDIR: 'is a folder, not a file.',
  ENOTDIR: 'is a file, not a folder.',
}

/** The error of a file system, as ours. */
export function unreadable(operation: string, cause: unknown): FormatError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
  return new FormatError({ operation, problem: UNREADABLE[code] ?? `cannot be read (${code}).`, cause })
}

/** What a text source is called in errors. */
export const nameOf = (source: TextSource): string =>
  typeof source === 'string' || source instanceof URL ? String(source) : 'the input'

/**
 * The text of a source in pieces, from its beginning; UTF-8, with or without a byte-order mark.
 * @throws FormatError for bytes that are not UTF-8, for files that cannot be read, and for HTTP errors
 */
export async function* textChunks(source: TextSource): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decode = (bytes: Uint8Array | undefined): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })
    } catch (cause) {
      throw new FormatError({ operation: nameOf(source), problem: 'is not UTF-8 text.', cause })
    }
  }
  for await (const piece of await pieces(source)) {
    const text = typeof piece === 'string' ? piece : decode(piece)
    if (text !== '') yield text
  }
  const rest = decode(undefined)
  if (rest !== '') yield rest
}

async function pieces(
  source: TextSource,
): Promise<AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>> {
  if (source instanceof URL && source.protocol !== 'file:') return bytesOf(await fetched(source))
  if (typeof source === 'string' || source instanceof URL) {
    return fileBytes(source)
  }
  if (source instanceof Blob) return bytesOf(source.stream())
  if (typeof source === 'object' && source !== null) {
    if (Symbol.asyncIterator in source || Symbol.iterator in source) return source
    if ('getReader' in source) return bytesOf(source)
  }
  throw new ValueError({
    operation: 'reading',
    problem: `takes a path, a URL, a Blob, a stream or pieces of text, got ${source === null ? 'null' : typeof source}.`,
    received: source,
  })
}

async function* fileBytes(source: string | URL): AsyncGenerator<Uint8Array> {
  const { createReadStream } = await builtin<typeof import('node:fs')>('node:fs')
  try {
    yield* createReadStream(source)
  } catch (cause) {
    throw unreadable(String(source), cause)
  }
}

async function fetched(url: URL): Promise<ReadableStream<Uint8Array>> {
  const response = await fetch(url)
  if (response.ok && response.body !== null) return response.body
  throw new FormatError({
    operation: String(url),
    problem: `answered ${response.status} ${response.statusText}.`,
  })
}

/** Not every browser can iterate a stream. */
async function* bytesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel()
  }
}
