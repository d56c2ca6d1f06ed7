import { codecs, type SafetensorsArrays, type SafetensorsDType } from './dtypes.ts'
import type { TensorEntry } from './entry.ts'
import { readHeader } from './header.ts'
import { refuse, show } from './refuse.ts'

/** Values, shape and dtype of one tensor of a file. The dtype decides the kind of array. */
export type RawTensor = { [D in SafetensorsDType]: RawTensorOf<D> }[SafetensorsDType]

export interface RawTensorOf<D extends SafetensorsDType> {
  readonly dtype: D
  readonly shape: readonly number[]
  readonly data: SafetensorsArrays[D]
}

export interface SafetensorsFile {
  /** By name, in the order of the data. */
  readonly tensors: Map<string, RawTensor>
  /** null where the file has none. */
  readonly metadata: Map<string, string> | null
}

/**
 * Reads a file in the safetensors format.
 *
 * F16 and BF16 are widened exactly to float32, and unaligned data is copied; all other arrays are views of
 * `bytes`. Where a header repeats a key, the last one counts.
 *
 * @throws FormatError when the file is damaged or holds a dtype that is not supported; nothing is allocated
 *   that the size of the file does not bound
 * @example readSafetensors(await readFile('model.safetensors')).tensors.get('head.kernel')?.shape
 */
export function readSafetensors(bytes: Uint8Array | ArrayBuffer): SafetensorsFile {
  const file = asBytes(bytes)
  const { entries, metadata, dataStart } = readHeader(file)
  const tensors = new Map<string, RawTensor>()
  for (const entry of entries) {
    const data = file.subarray(dataStart + entry.begin, dataStart + entry.end)
    if (entry.dtype === 'BOOL') checkBooleans(entry, data)
    tensors.set(entry.name, decode(entry.dtype, entry.shape, data))
  }
  return { tensors, metadata }
}

/** Never `instanceof`: the bytes may come from another realm. */
function asBytes(bytes: Uint8Array | ArrayBuffer): Uint8Array {
  return ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes)
}

function decode<D extends SafetensorsDType>(
  dtype: D,
  shape: readonly number[],
  bytes: Uint8Array,
): RawTensor {
  const tensor: RawTensorOf<D> = { dtype, shape, data: codecs[dtype].read(bytes) }
  return tensor as RawTensor
}

function checkBooleans({ name, begin }: TensorEntry, bytes: Uint8Array): void {
  const index = bytes.findIndex(byte => byte > 1)
  if (index < 0) return
  refuse(`tensor ${show(name)}`, `the byte at data offset ${begin + index} is ${bytes[index]}, not 0 or 1`)
}
