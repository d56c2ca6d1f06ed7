import { narrowBFloat16, narrowFloat16, widenBFloat16, widenFloat16 } from './float16.ts'

/** The array that holds the values of each dtype of the format. F16 and BF16 are widened to float32. */
export interface SafetensorsArrays {
  F64: Float64Array
  F32: Float32Array
  F16: Float32Array
  BF16: Float32Array
  I64: BigInt64Array
  U64: BigUint64Array
  I32: Int32Array
  U32: Uint32Array
  I16: Int16Array
  U16: Uint16Array
  I8: Int8Array
  U8: Uint8Array
  BOOL: Uint8Array
}

export type SafetensorsDType = keyof SafetensorsArrays

/** How the values of one dtype are read from bytes and written to bytes. */
export interface Codec<A> {
  /** Bytes per element in the file. */
  readonly size: number
  /** Name of the typed array that holds the values. */
  readonly arrayName: string
  /** Values of `bytes`, whose length is a multiple of `size`: a view where alignment allows it, else a copy. */
  read(bytes: Uint8Array): A
  /** The bytes of `values`, possibly a view of them. */
  write(values: A): Uint8Array
}

interface ArrayType<A> {
  readonly name: string
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A
}

/** A dtype whose bytes in the file are the bytes of a typed array. The format is little-endian, as wasm is. */
function plain<A extends ArrayBufferView>(Type: ArrayType<A>): Codec<A> {
  return {
    size: Type.BYTES_PER_ELEMENT,
    arrayName: Type.name,
    read: bytes => viewOrCopy(Type, bytes),
    write: bytesOf,
  }
}

/** A dtype that is stored in 16 bits and held as float32. */
function widened(
  widen: (halves: Uint16Array) => Float32Array,
  narrow: (values: Float32Array) => Uint16Array,
): Codec<Float32Array> {
  return {
    size: 2,
    arrayName: 'Float32Array',
    read: bytes => widen(viewOrCopy(Uint16Array, bytes)),
    write: values => bytesOf(narrow(values)),
  }
}

function viewOrCopy<A>(Type: ArrayType<A>, bytes: Uint8Array): A {
  const size = Type.BYTES_PER_ELEMENT
  const aligned = bytes.byteOffset % size === 0 ? bytes : Uint8Array.from(bytes)
  return new Type(aligned.buffer, aligned.byteOffset, aligned.byteLength / size)
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

/** Every dtype that can be read and written. A missing one is a compile error. */
export const codecs: { readonly [D in SafetensorsDType]: Codec<SafetensorsArrays[D]> } = {
  F64: plain(Float64Array),
  F32: plain(Float32Array),
  F16: widened(widenFloat16, narrowFloat16),
  BF16: widened(widenBFloat16, narrowBFloat16),
  I64: plain(BigInt64Array),
  U64: plain(BigUint64Array),
  I32: plain(Int32Array),
  U32: plain(Uint32Array),
  I16: plain(Int16Array),
  U16: plain(Uint16Array),
  I8: plain(Int8Array),
  U8: plain(Uint8Array),
  BOOL: plain(Uint8Array),
}

export function isSafetensorsDType(name: unknown): name is SafetensorsDType {
  return typeof name === 'string' && Object.hasOwn(codecs, name)
}
