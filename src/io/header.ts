import { readEntry, type TensorEntry } from './entry.ts'
import { isObject, isWellFormed, refuse, show } from './refuse.ts'

/** Longest header that is read or written: 100 MB, as in the reference implementation. */
export const MAXIMUM_HEADER_BYTES = 100_000_000

/** The key of the header that holds strings for people and programs instead of a tensor. */
export const METADATA_KEY = '__metadata__'

/** Bytes before the header: its length as an unsigned 64-bit integer. */
export const LENGTH_BYTES = 8

export interface Header {
  /** Sorted by position. Together they cover the data without holes or overlaps. */
  readonly entries: readonly TensorEntry[]
  readonly metadata: Map<string, string> | null
  /** Offset of the data in the file. */
  readonly dataStart: number
}

/** Reads and checks everything that precedes the data, before anything is allocated for it. */
export function readHeader(file: Uint8Array): Header {
  const dataStart = LENGTH_BYTES + readHeaderLength(file)
  const entries: TensorEntry[] = []
  let metadata: Map<string, string> | null = null
  for (const [name, value] of Object.entries(parseHeader(file.slice(LENGTH_BYTES, dataStart)))) {
    if (name === METADATA_KEY) metadata = readMetadata(value)
    else entries.push(readEntry(name, value))
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end)
  checkCoverage(entries, file.length - dataStart)
  return { entries, metadata, dataStart }
}

function readHeaderLength(file: Uint8Array): number {
  const where = 'the header length (bytes 0–7)'
  if (file.length < LENGTH_BYTES) refuse(where, `the file has only ${file.length} bytes`)
  const length = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true)
  const available = file.length - LENGTH_BYTES
  if (length > BigInt(MAXIMUM_HEADER_BYTES)) {
    refuse(where, `it says ${length} bytes, more than the ${MAXIMUM_HEADER_BYTES} that are allowed`)
  }
  if (length > BigInt(available)) refuse(where, `it says ${length} bytes, but only ${available} follow`)
  return Number(length)
}

function parseHeader(bytes: Uint8Array): object {
  const where = 'the header (from byte 8)'
  if (bytes[0] !== '{'.charCodeAt(0)) refuse(where, 'it does not begin with "{"')
  const text = decodeUtf8(bytes) ?? refuse(where, 'it is not valid UTF-8')
  let header: unknown
  try {
    header = JSON.parse(text)
  } catch (error) {
    refuse(where, `it is not JSON (${error instanceof Error ? error.message : String(error)})`)
  }
  if (!isObject(header)) refuse(where, 'it is not a JSON object')
  return header
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function readMetadata(value: unknown): Map<string, string> {
  const where = `"${METADATA_KEY}"`
  if (!isObject(value)) refuse(where, `expected an object of strings, got ${show(value)}`)
  const metadata = new Map<string, string>()
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') refuse(where, `${show(key)} must be a string, got ${show(text)}`)
    if (!isWellFormed(key) || !isWellFormed(text)) refuse(where, `${show(key)} is not valid Unicode`)
    metadata.set(key, text)
  }
  return metadata
}

/** Sorted entries must follow each other without holes or overlaps, from the first byte to the last. */
function checkCoverage(entries: readonly TensorEntry[], available: number): void {
  let position = 0
  let before = 'the header'
  for (const { name, begin, end } of entries) {
    const where = `tensor ${show(name)}`
    if (begin < position) refuse(where, `it begins at ${begin}, inside ${before}, which ends at ${position}`)
    if (begin > position)
      refuse(where, `it begins at ${begin}, a hole after ${before}, which ends at ${position}`)
    if (end > available) refuse(where, `it ends at ${end}, but the data has only ${available} bytes`)
    position = end
    before = where
  }
  if (position < available) refuse('the data', `${available - position} bytes follow ${before}`)
}
