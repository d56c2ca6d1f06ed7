/** A tensor as the golden files write it. */
export interface EncodedTensor {
  readonly dtype: GoldenDType
  readonly shape: readonly number[]
  /** Base64 of the row-major, little-endian bytes. */
  readonly b64: string
}

export type GoldenDType = keyof typeof arrayTypes

/** Plain values, independent of any library. */
export interface Values {
  readonly dtype: GoldenDType
  readonly shape: readonly number[]
  readonly data: Float32Array | Float64Array | Int32Array | Uint8Array
}

const arrayTypes = { f32: Float32Array, f64: Float64Array, i32: Int32Array, u8: Uint8Array }

/** Decodes a tensor, checking that the number of bytes is what dtype and shape say. */
export function decodeTensor(name: string, encoded: unknown): Values {
  if (!isEncodedTensor(encoded)) throw new Error(`"${name}" is not a tensor {dtype, shape, b64}`)
  const { dtype, shape, b64 } = encoded
  const ArrayType = arrayTypes[dtype]
  // Pages decode golden files, too, and have no Buffer.
  const bytes = Uint8Array.from(atob(b64), character => character.charCodeAt(0))
  const expected = elementCount(shape) * ArrayType.BYTES_PER_ELEMENT
  if (bytes.length !== expected) {
    throw new Error(`"${name}" has ${bytes.length} bytes; ${dtype} [${shape.join(', ')}] needs ${expected}`)
  }
  return { dtype, shape, data: new ArrayType(bytes.buffer) }
}

/** Decodes a map of tensors, keeping their order. */
export function decodeTensors(prefix: string, encoded: unknown): Map<string, Values> {
  if (encoded === undefined) return new Map()
  if (typeof encoded !== 'object' || encoded === null)
    throw new Error(`"${prefix}" is not an object of tensors`)
  return new Map(
    Object.entries(encoded).map(([name, value]) => [name, decodeTensor(`${prefix}.${name}`, value)]),
  )
}

export function isEncodedTensor(value: unknown): value is EncodedTensor {
  if (typeof value !== 'object' || value === null) return false
  const { dtype, shape, b64 } = value as Partial<Record<keyof EncodedTensor, unknown>>
  return (
    typeof dtype === 'string' &&
    Object.hasOwn(arrayTypes, dtype) &&
    Array.isArray(shape) &&
    shape.every(size => Number.isSafeInteger(size) && size >= 0) &&
    typeof b64 === 'string'
  )
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}
