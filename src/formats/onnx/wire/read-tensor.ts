import type { FieldReader } from './fields.ts'
import type { TensorProto, TensorTypeProto, ValueInfoProto } from './messages.ts'

export function readTensor(fields: FieldReader): TensorProto {
  const tensor: TensorProto = { name: '', dims: [], dataType: 0, hasStrings: false, isExternal: false }
  const floats: number[] = []
  const doubles: number[] = []
  const integers: number[] = []
  fields.each(field => {
    if (field === 1) fields.ints(tensor.dims)
    else if (field === 2) tensor.dataType = fields.int()
    else if (field === 4) fields.floats(floats)
    else if (field === 5 || field === 7 || field === 11) fields.ints(integers)
    else if (field === 6) tensor.hasStrings = fields.bytes().length >= 0
    else if (field === 8) tensor.name = fields.text()
    else if (field === 9) tensor.raw = fields.bytes()
    else if (field === 10) fields.doubles(doubles)
    else if (field === 13) tensor.isExternal = fields.bytes().length >= 0
    else if (field === 14) tensor.isExternal = fields.int() !== 0 || tensor.isExternal
    else return false
    return true
  })
  if (floats.length > 0) tensor.floats = Float32Array.from(floats)
  if (doubles.length > 0) tensor.doubles = Float64Array.from(doubles)
  if (integers.length > 0) tensor.integers = Float64Array.from(integers)
  return tensor
}

export function readValueInfo(fields: FieldReader): ValueInfoProto {
  const info: ValueInfoProto = { name: '' }
  fields.each(field => {
    if (field === 1) info.name = fields.text()
    else if (field === 2) info.type = fields.message('a type', readType)
    else return false
    return true
  })
  return info
}

/** The tensor type of a TypeProto. */
function readType(fields: FieldReader): TensorTypeProto | undefined {
  let type: TensorTypeProto | undefined
  fields.each(field => {
    if (field !== 1) return false
    type = fields.message('a tensor type', readTensorType)
    return true
  })
  return type
}

function readTensorType(fields: FieldReader): TensorTypeProto {
  const type: TensorTypeProto = { elementType: 0 }
  fields.each(field => {
    if (field === 1) type.elementType = fields.int()
    else if (field === 2) type.shape = fields.message('a shape', readShape)
    else return false
    return true
  })
  return type
}

function readShape(fields: FieldReader): (number | string)[] {
  const shape: (number | string)[] = []
  fields.each(field => {
    if (field !== 1) return false
    shape.push(fields.message('a dimension', readDimension))
    return true
  })
  return shape
}

function readDimension(fields: FieldReader): number | string {
  let size: number | string = ''
  fields.each(field => {
    if (field === 1) size = fields.int()
    else if (field === 2) size = fields.text()
    else return false
    return true
  })
  return size
}
