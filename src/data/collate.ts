import { ShapeError, ValueError } from '../errors.ts'
import { Tensor } from '../tensor/tensor.ts'
import { type TensorData, tensor } from '../tensor/creation.ts'
import { formatShape, sameShape, type Shape, sizeOf } from '../tensor/shape.ts'
import type { ShapedData } from './rows.ts'

/** One part of an example: a number, nested arrays, a typed array, a shaped one, or a tensor. */
export type ExampleValue = TensorData | ShapedData | Tensor

/** An example, or a part of one, under names: `{ x, y }`, `{ x: { title, body }, y }`. */
export type Example = { readonly [name: string]: ExampleValue | Example | undefined }

/** The same names with every value stacked along a new first axis. */
export type Collated<T> = {
  readonly [K in keyof T]: NonNullable<T[K]> extends ExampleValue ? ShapedData : Collated<NonNullable<T[K]>>
}

interface Part {
  readonly values: ArrayLike<number>
  readonly shape: Shape
  readonly isWhole: boolean
}

const isShaped = (value: object): value is ShapedData => 'data' in value && 'shape' in value

const isValue = (value: unknown): value is ExampleValue =>
  typeof value === 'number' ||
  typeof value === 'boolean' ||
  Array.isArray(value) ||
  ArrayBuffer.isView(value) ||
  value instanceof Tensor ||
  (typeof value === 'object' && value !== null && isShaped(value))

const isPart = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !isValue(value)

function partOf(value: ExampleValue): Part {
  if (typeof value === 'number' || typeof value === 'boolean') {
    return { values: [Number(value)], shape: [], isWhole: false }
  }
  if (value instanceof Int32Array || value instanceof Float32Array) {
    return { values: value, shape: [value.length], isWhole: value instanceof Int32Array }
  }
  if (!(value instanceof Tensor) && isShaped(value)) {
    if (value.data.length !== sizeOf(value.shape)) {
      throw new ShapeError({
        operation: 'batch',
        problem: `needs ${sizeOf(value.shape)} values for ${formatShape(value.shape)}, got ${value.data.length}.`,
        hint: 'give every example the shape of its data.',
        shapes: [value.shape],
      })
    }
    return { values: value.data, shape: value.shape, isWhole: value.data instanceof Int32Array }
  }
  const made = value instanceof Tensor ? value : tensor(value)
  return { values: made.values(), shape: made.shape, isWhole: made.dtype === 'int32' }
}

/** Stacks one part of all examples. */
function stack(path: string, values: readonly ExampleValue[]): ShapedData {
  const parts = values.map(partOf)
  const [{ shape, isWhole }] = parts
  const width = sizeOf(shape)
  const data = isWhole ? new Int32Array(parts.length * width) : new Float32Array(parts.length * width)
  for (const [row, part] of parts.entries()) {
    if (!sameShape(part.shape, shape)) {
      throw new ShapeError({
        operation: 'batch',
        problem: `needs "${path}" in one shape, got ${formatShape(shape)} first, and ${formatShape(part.shape)} in example ${row} of a batch.`,
        hint: 'pad or crop in map() before batch(); bucketByLength() pads sequences by itself.',
        shapes: [shape, part.shape],
      })
    }
    if (part.isWhole !== isWhole) {
      throw new ValueError({
        operation: 'batch',
        problem: `needs "${path}" of one type, got ${isWhole ? 'int32' : 'float32'} first, and another in example ${row} of a batch.`,
      })
    }
    data.set(part.values, row * width)
  }
  return { data, shape: [parts.length, ...shape] }
}

/**
 * Makes one batch of examples: numbers become [batch], arrays of n numbers [batch, n], and so on. Int32Arrays stay
 * int32, everything else becomes float32.
 *
 * @throws ShapeError for parts that differ in shape; ValueError for text and for parts that some examples lack
 */
export function collate<T extends object>(examples: readonly T[]): Collated<T> {
  return collateUnder('', examples) as Collated<T>
}

function collateUnder(path: string, examples: readonly object[]): Record<string, unknown> {
  const entries: [string, unknown][] = []
  for (const [name, first] of Object.entries(examples[0])) {
    const place = path === '' ? name : `${path}.${name}`
    const values = examples.map(example => (example as Record<string, unknown>)[name])
    const lacking = values.findIndex(value => (value === undefined) !== (first === undefined))
    if (lacking >= 0) {
      throw new ValueError({
        operation: 'batch',
        problem: `needs "${place}" in every example or in none; example ${lacking} of a batch is the exception.`,
      })
    }
    if (first === undefined) continue
    if (values.every(isValue)) entries.push([name, stack(place, values)])
    else if (values.every(isPart)) {
      entries.push([name, collateUnder(place, values)])
    } else {
      const odd = values.find(value => !isValue(value))
      throw new ValueError({
        operation: 'batch',
        problem: `takes numbers and arrays of numbers, got ${odd === null ? 'null' : typeof odd} as "${place}".`,
        hint: 'turn it into numbers in map(), for example with a Tokenizer or a LabelEncoder.',
        argument: place,
        received: odd,
      })
    }
  }
  return Object.fromEntries(entries)
}
