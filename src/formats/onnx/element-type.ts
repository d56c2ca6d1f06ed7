import type { DType } from '../../engine/dtype.ts'
import { UnsupportedError } from '../../errors.ts'
import { refuse } from './refuse.ts'

/** The element types of ONNX that are understood here. */
export type ElementType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool'

interface ElementInfo {
  readonly type: ElementType
  /** Its number in `TensorProto.DataType`. */
  readonly id: number
  /** Bytes of an element in raw_data. */
  readonly bytes: number
  /** What its numbers are computed as: every floating type is float32 here. */
  readonly dtype: DType
}

const INFOS: readonly ElementInfo[] = [
  { type: 'float32', id: 1, bytes: 4, dtype: 'float32' },
  { type: 'uint8', id: 2, bytes: 1, dtype: 'int32' },
  { type: 'int8', id: 3, bytes: 1, dtype: 'int32' },
  { type: 'uint16', id: 4, bytes: 2, dtype: 'int32' },
  { type: 'int16', id: 5, bytes: 2, dtype: 'int32' },
  { type: 'int32', id: 6, bytes: 4, dtype: 'int32' },
  { type: 'int64', id: 7, bytes: 8, dtype: 'int32' },
  { type: 'bool', id: 9, bytes: 1, dtype: 'bool' },
  { type: 'float16', id: 10, bytes: 2, dtype: 'float32' },
  { type: 'float64', id: 11, bytes: 8, dtype: 'float32' },
  { type: 'uint32', id: 12, bytes: 4, dtype: 'int32' },
  { type: 'uint64', id: 13, bytes: 8, dtype: 'int32' },
  { type: 'bfloat16', id: 16, bytes: 2, dtype: 'float32' },
]

/** Types that the format knows and this library does not compute with. */
const OTHERS = new Map([
  [8, 'string'],
  [14, 'complex64'],
  [15, 'complex128'],
  [17, 'float8e4m3fn'],
  [18, 'float8e4m3fnuz'],
  [19, 'float8e5m2'],
  [20, 'float8e5m2fnuz'],
  [21, 'uint4'],
  [22, 'int4'],
  [23, 'float4e2m1'],
  [24, 'float8e8m0'],
  [25, 'uint2'],
  [26, 'int2'],
])

const byId = new Map(INFOS.map(info => [info.id, info]))
const byType = new Map(INFOS.map(info => [info.type, info]))

/**
 * The element type with a number of `TensorProto.DataType`.
 * @throws UnsupportedError for types that are not computed with; FormatError for numbers that mean nothing
 */
export function elementTypeOf(id: number, where: string): ElementType {
  const info = byId.get(id)
  if (info !== undefined) return info.type
  const other = OTHERS.get(id)
  if (other === undefined) return refuse(where, `there is no element type ${id}`)
  throw new UnsupportedError({
    operation: 'ONNX',
    problem: `cannot compute with ${other}, the element type of ${where}.`,
    items: [other],
  })
}

const infoOf = (type: ElementType): ElementInfo => byType.get(type) as ElementInfo

export const elementId = (type: ElementType): number => infoOf(type).id
export const elementBytes = (type: ElementType): number => infoOf(type).bytes
/** The dtype of tensors with this element type. */
export const dtypeOf = (type: ElementType): DType => infoOf(type).dtype
export const isFloatType = (type: ElementType): boolean => infoOf(type).dtype === 'float32'

const RANGES: Partial<Record<ElementType, readonly [bits: number, signed: boolean]>> = {
  int8: [8, true],
  int16: [16, true],
  int32: [32, true],
  uint8: [8, false],
  uint16: [16, false],
  uint32: [32, false],
}

/** A whole number as a type keeps it: wrapped around, as in C. 64-bit types keep what a double holds. */
export function wrap(value: number, type: ElementType): number {
  const range = RANGES[type]
  if (range === undefined) return value
  const [bits, signed] = range
  const size = 2 ** bits
  const rest = ((value % size) + size) % size
  return signed && rest >= size / 2 ? rest - size : rest
}
