import { ValueError } from '../errors.ts'
import { codecs, isSafetensorsDType, type SafetensorsDType } from './dtypes.ts'
import { LENGTH_BYTES, MAXIMUM_HEADER_BYTES, METADATA_KEY } from './header.ts'
import { isWellFormed, show } from './refuse.ts'
import type { RawTensor, RawTensorOf } from './safetensors.ts'

/** The data begins on a multiple of this. */
const ALIGNMENT = 8

/**
 * Writes tensors in the safetensors format.
 *
 * Tensors are sorted by falling element size, then name, so that every array is aligned; the same tensors and
 * metadata always give the same bytes. F16 and BF16 are rounded to nearest, ties to even.
 *
 * @throws ValueError when a name, a shape or an array does not fit
 * @example writeSafetensors(new Map([['bias', { dtype: 'F32', shape: [2], data: new Float32Array(2) }]]))
 */
export function writeSafetensors(
  tensors: Iterable<readonly [string, RawTensor]>,
  metadata?: Iterable<readonly [string, string]> | null,
): Uint8Array {
  const pieces = [...tensors].map(([name, tensor]) => encode(name, tensor))
  checkNames(
    'tensor',
    pieces.map(piece => piece.name),
  )
  pieces.sort((a, b) => codecs[b.dtype].size - codecs[a.dtype].size || compareText(a.name, b.name))
  const header = encodeHeader(pieces, metadata ?? null)
  const dataStart = LENGTH_BYTES + header.length
  const dataLength = pieces.reduce((sum, piece) => sum + piece.bytes.length, 0)
  const file = new Uint8Array(dataStart + dataLength)
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true)
  file.set(header, LENGTH_BYTES)
  let position = dataStart
  for (const { bytes } of pieces) {
    file.set(bytes, position)
    position += bytes.length
  }
  return file
}

interface Piece {
  readonly name: string
  readonly dtype: SafetensorsDType
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}

function encode<D extends SafetensorsDType>(name: string, tensor: RawTensorOf<D>): Piece {
  const { dtype, shape, data } = tensor
  const where = `tensor ${show(name)}`
  if (name === METADATA_KEY) refuseValue(where, 'the format reserves this name')
  if (!isSafetensorsDType(dtype)) refuseValue(where, `its dtype ${show(dtype)} is not supported`)
  const codec = codecs[dtype]
  const arrayName = data[Symbol.toStringTag]
  if (arrayName !== codec.arrayName) {
    refuseValue(where, `dtype ${dtype} is written from a ${codec.arrayName}, got ${arrayName}`)
  }
  if (!shape.every(size => Number.isSafeInteger(size) && size >= 0)) {
    refuseValue(where, `its shape must hold non-negative integers, got ${show(shape)}`)
  }
  const length = shape.reduce((product, size) => product * size, 1)
  if (length !== data.length) {
    refuseValue(where, `shape ${show(shape)} has ${length} elements, the array has ${data.length}`)
  }
  const bytes = codec.write(data)
  if (dtype === 'BOOL' && bytes.some(byte => byte > 1)) refuseValue(where, 'booleans are written as 0 or 1')
  return { name, dtype, shape, bytes }
}

/** JSON is built piece by piece: an object would treat names such as `__proto__` and `0` specially. */
function encodeHeader(
  pieces: readonly Piece[],
  metadata: Iterable<readonly [string, string]> | null,
): Uint8Array {
  const fields: string[] = []
  if (metadata !== null) fields.push(`"${METADATA_KEY}":${encodeMetadata([...metadata])}`)
  let position = 0
  for (const { name, dtype, shape, bytes } of pieces) {
    const offsets = [position, position + bytes.length]
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: offsets })}`)
    position += bytes.length
  }
  const json = new TextEncoder().encode(`{${fields.join(',')}}`)
  const length = Math.ceil((LENGTH_BYTES + json.length) / ALIGNMENT) * ALIGNMENT - LENGTH_BYTES
  if (length > MAXIMUM_HEADER_BYTES) {
    refuseValue('the header', `it would have ${length} bytes, more than the ${MAXIMUM_HEADER_BYTES} allowed`)
  }
  const header = new Uint8Array(length).fill(' '.charCodeAt(0))
  header.set(json)
  return header
}

function encodeMetadata(metadata: (readonly [string, string])[]): string {
  checkNames(
    'metadata',
    metadata.map(([key]) => key),
  )
  const fields = metadata
    .sort(([a], [b]) => compareText(a, b))
    .map(([key, text]) => {
      if (typeof text !== 'string' || !isWellFormed(text)) {
        refuseValue(`metadata ${show(key)}`, `expected a valid Unicode string, got ${show(text)}`)
      }
      return `${JSON.stringify(key)}:${JSON.stringify(text)}`
    })
  return `{${fields.join(',')}}`
}

function checkNames(kind: string, names: readonly string[]): void {
  const seen = new Set<string>()
  for (const name of names) {
    const where = `${kind} ${show(name)}`
    if (seen.has(name)) refuseValue(where, 'the name occurs twice')
    if (!isWellFormed(name)) refuseValue(where, 'the name is not valid Unicode')
    seen.add(name)
  }
}

/** By UTF-16 code units: the same everywhere, unlike a locale's order. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function refuseValue(where: string, problem: string): never {
  throw new ValueError({ operation: 'writeSafetensors', problem: `cannot write ${where}: ${problem}.` })
}
