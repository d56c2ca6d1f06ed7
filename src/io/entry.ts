import { codecs, isSafetensorsDType, type SafetensorsDType } from './dtypes.ts'
import { isObject, isWellFormed, refuse, show } from './refuse.ts'

/** Where one tensor lies: bytes [begin, end) of the data that follow the header. */
export interface TensorEntry {
  readonly name: string
  readonly dtype: SafetensorsDType
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

/** Checks the header's description of one tensor: dtype, shape, offsets, and that they agree. */
export function readEntry(name: string, value: unknown): TensorEntry {
  const where = `tensor ${show(name)}`
  if (!isWellFormed(name)) refuse(where, 'its name is not valid Unicode')
  if (!isObject(value)) refuse(where, `expected an object that describes it, got ${show(value)}`)
  const dtype = readDType(where, field(where, value, 'dtype'))
  const shape = readSizes(where, 'shape', field(where, value, 'shape'))
  const offsets = readSizes(where, 'data_offsets', field(where, value, 'data_offsets'))
  if (offsets.length !== 2) refuse(where, `expected 2 data_offsets [begin, end], got ${offsets.length}`)
  const [begin, end] = offsets
  if (end < begin) refuse(where, `it ends before it begins, data_offsets [${begin}, ${end}]`)
  const size = byteLength(where, dtype, shape)
  if (size !== end - begin) {
    refuse(
      where,
      `dtype ${dtype} and shape ${show(shape)} need ${size} bytes, ` +
        `but data_offsets [${begin}, ${end}] hold ${end - begin}`,
    )
  }
  return { name, dtype, shape, begin, end }
}

/** An own property; what objects inherit does not count. */
function field(where: string, value: object, key: string): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(value, key)
  if (descriptor === undefined) refuse(where, `its ${key} is missing`)
  return descriptor.value
}

function readDType(where: string, value: unknown): SafetensorsDType {
  if (isSafetensorsDType(value)) return value
  return refuse(
    where,
    `its dtype ${show(value)} is not supported`,
    `supported are ${Object.keys(codecs).join(', ')}.`,
  )
}

/** An array of non-negative integers that a number holds exactly. */
function readSizes(where: string, key: string, value: unknown): number[] {
  if (!Array.isArray(value)) refuse(where, `its ${key} must be an array of integers, got ${show(value)}`)
  return value.map((size: unknown) => {
    if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 && !Object.is(size, -0))
      return size
    return refuse(where, `its ${key} must hold integers from 0 to 2^53 − 1, got ${show(value)}`)
  })
}

/** Bytes of a tensor. Refuses any product beyond the exact integers. */
function byteLength(where: string, dtype: SafetensorsDType, shape: readonly number[]): number {
  let bytes = codecs[dtype].size
  for (const size of shape) {
    bytes *= size
    if (!Number.isSafeInteger(bytes)) refuse(where, `the size of its shape ${show(shape)} overflows`)
  }
  return bytes
}
