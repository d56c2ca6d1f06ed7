import { widenBFloat16, widenFloat16 } from '../../io/float16.ts'
import { UnsupportedError } from '../../errors.ts'
import { formatShape, type Shape, sizeOf } from '../../tensor/shape.ts'
import { fromCold } from '../../tensor/tensor.ts'
import { elementBytes, type ElementType, elementTypeOf, isFloatType } from './element-type.ts'
import { refuse, show } from './refuse.ts'
import { lasting, type Numbers, Value } from './value.ts'
import type { TensorProto } from './wire/messages.ts'

const MOST_AXES = 64

/**
 * The constant that a TensorProto holds. What is allocated is what the file holds, widened.
 *
 * @throws FormatError for numbers that do not fit the shape; UnsupportedError for numbers in another file, and for
 *   types that are not computed with
 */
export function readTensorData(tensor: TensorProto, where: string): Value {
  if (tensor.isExternal) {
    throw new UnsupportedError({
      operation: 'ONNX',
      problem: `reads one file only, but the numbers of ${where} lie in another one (external data).`,
      hint: 'save the model as one file: onnx.save(model, path, save_as_external_data=False).',
      items: [where],
    })
  }
  const type = elementTypeOf(tensor.dataType, where)
  const { dims } = tensor
  const isShape = dims.length <= MOST_AXES && dims.every(size => Number.isSafeInteger(size) && size >= 0)
  if (!isShape) return refuse(where, `${formatShape(dims.slice(0, MOST_AXES))} is no shape`)
  const size = sizeOf(dims)
  const numbers = tensor.raw !== undefined ? fromRaw(tensor.raw, type, size, where) : fromFields(tensor, type)
  if (numbers.length !== size) {
    return refuse(where, `it has ${numbers.length} numbers for the shape ${formatShape(dims)} (${size})`)
  }
  return toValue(numbers, dims, type)
}

function toValue(numbers: Numbers, dims: Shape, type: ElementType): Value {
  if (!isFloatType(type)) return Value.ofNumbers(numbers, dims, type)
  const floats = numbers instanceof Float32Array ? numbers : Float32Array.from(numbers)
  return lasting(() => Value.ofTensor(fromCold(floats, dims, 'float32'), type))
}

/** The numbers of the field that belongs to the type. */
function fromFields(tensor: TensorProto, type: ElementType): Numbers {
  const { floats, doubles, integers } = tensor
  if (type === 'float32') return floats ?? []
  if (type === 'float64') return doubles ?? []
  if (type === 'float16') return widenFloat16(Uint16Array.from(integers ?? []))
  if (type === 'bfloat16') return widenBFloat16(Uint16Array.from(integers ?? []))
  if (type === 'bool') return Int32Array.from(integers ?? [], value => (value === 0 ? 0 : 1))
  return integers ?? []
}

/** Little-endian bytes; copied first, because a typed array must start at a multiple of its element's size. */
function fromRaw(raw: Uint8Array, type: ElementType, size: number, where: string): Numbers {
  if (raw.length !== size * elementBytes(type)) {
    return refuse(where, `it has ${raw.length} bytes for ${size} numbers of ${elementBytes(type)} bytes each`)
  }
  if (type === 'uint8') return Float64Array.from(raw)
  if (type === 'bool') return Int32Array.from(raw, byte => (byte === 0 ? 0 : 1))
  const { buffer } = raw.slice()
  switch (type) {
    case 'float32':
      return new Float32Array(buffer)
    case 'float64':
      return new Float64Array(buffer)
    case 'float16':
      return widenFloat16(new Uint16Array(buffer))
    case 'bfloat16':
      return widenBFloat16(new Uint16Array(buffer))
    case 'int8':
      return new Int8Array(buffer)
    case 'int16':
      return new Int16Array(buffer)
    case 'int32':
      return new Int32Array(buffer)
    case 'uint16':
      return new Uint16Array(buffer)
    case 'uint32':
      return new Uint32Array(buffer)
    default:
      return wideIntegers(new DataView(buffer), size, type === 'int64')
  }
}

/** 64-bit integers as doubles: exact up to 2⁵³. */
function wideIntegers(view: DataView, size: number, signed: boolean): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => {
    const low = view.getUint32(8 * i, true)
    const high = signed ? view.getInt32(8 * i + 4, true) : view.getUint32(8 * i + 4, true)
    return high * 2 ** 32 + low
  })
}

/** `initializer "x"`, as errors call it. */
export const describeInitializer = (name: string): string => `initializer ${show(name)}`
