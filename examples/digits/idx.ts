import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** Bytes with their shape, as an IDX file holds them. */
export interface IdxArray {
  readonly bytes: Uint8Array
  readonly shape: readonly number[]
}

const UNSIGNED_BYTE = 0x08

/**
 * Reads an IDX file of unsigned bytes, gzipped or not: two zero bytes, the type, the number of axes, each axis as a
 * big-endian 32-bit number, then the values (http://yann.lecun.com/exdb/mnist/).
 *
 * @throws Error for a file of another format, or one that was cut short
 * @example readIdx('train-images-idx3-ubyte.gz').shape   // [60000, 28, 28]
 */
export function readIdx(path: string): IdxArray {
  const file = readFileSync(path)
  const isGzip = file[0] === 0x1f && file[1] === 0x8b
  const content = isGzip ? gunzipSync(file) : file
  if (content.length < 4 || content[0] !== 0 || content[1] !== 0 || content[2] !== UNSIGNED_BYTE) {
    throw new Error(`${path}: needs an IDX file of unsigned bytes.`)
  }
  const axes = content[3]
  const start = 4 + 4 * axes
  if (content.length < start) throw new Error(`${path}: the header of ${axes} axes is cut short.`)
  const shape = Array.from({ length: axes }, (_, axis) => content.readUInt32BE(4 + 4 * axis))
  const size = shape.reduce((product, length) => product * length, 1)
  if (content.length !== start + size) {
    throw new Error(`${path}: needs ${size} values for [${shape}], got ${content.length - start}.`)
  }
  return { bytes: content.subarray(start), shape }
}
