import { concatenated, decode, encodeJson, type Files } from './reader.ts'

const SIZES: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  U8: 1,
  BOOL: 1,
}
/** A header that asks for more is left as it is. */
const MOST_BYTES = 1e6
/** JSON.stringify cannot write it again. */
const DEEP = /\[{1000}/

/** A safetensors file as [header, data]. */
export function takeApart(file: Uint8Array): Files {
  const length = new DataView(file.buffer, file.byteOffset).getUint32(0, true)
  return [file.slice(8, 8 + length), file.slice(8 + length)]
}

/** The file of a header and data; with `repair`, offsets and the data's length are made to fit the shapes again. */
export function putTogether([header, data]: Files, repair: boolean): Uint8Array {
  const [json, bytes] = repair ? (repaired(header, data) ?? [header, data]) : [header, data]
  const length = new Uint8Array(8)
  new DataView(length.buffer).setUint32(0, json.length, true)
  return concatenated(length, json, bytes)
}

/** null for a header that is none, or is too large or too deep. */
function repaired(header: Uint8Array, data: Uint8Array): Files | null {
  const text = decode(header)
  const root = DEEP.test(text) ? null : parsed(text)
  if (root === null) return null
  let position = 0
  for (const [name, entry] of Object.entries(root)) {
    if (name === '__metadata__') continue
    const bytes = bytesOf(entry)
    if (bytes === null || position + bytes > MOST_BYTES) return null
    Reflect.set(Object(entry), 'data_offsets', [position, position + bytes])
    position += bytes
  }
  const fitting = new Uint8Array(position)
  fitting.set(data.subarray(0, position))
  return [encodeJson(root), fitting]
}

function parsed(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}

function bytesOf(entry: unknown): number | null {
  const { dtype, shape } = Object(entry) as { dtype?: unknown; shape?: unknown }
  if (typeof dtype !== 'string' || !Object.hasOwn(SIZES, dtype) || !Array.isArray(shape)) return null
  const bytes = shape.reduce(
    (product: number, size) => product * (typeof size === 'number' ? size : Number.NaN),
    SIZES[dtype],
  )
  return Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : null
}
