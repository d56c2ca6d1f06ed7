import type { ColdArray, DType } from '../engine/dtype.ts'
import { ShapeError } from '../errors.ts'
import { type TensorData, tensor } from '../tensor/creation.ts'
import { type Shape, sizeOf } from '../tensor/shape.ts'
import { fromCold, Tensor } from '../tensor/tensor.ts'

/** A flat typed array with its shape: what `padSequences` gives. */
export interface ShapedData {
  readonly data: Float32Array | Int32Array
  readonly shape: Shape
}

/** Examples for training: a tensor, nested arrays or a shaped typed array, with the examples along the first axis. */
export type DataInput = Tensor | TensorData | ShapedData

/** Examples as rows of numbers in ordinary memory, from which batches are cut. */
export interface Rows {
  readonly values: ColdArray
  readonly count: number
  /** Shape of one example. */
  readonly shape: Shape
  readonly dtype: DType
}

/** Data for a model: one set of examples, or one for each input (output), in a list or by name. */
export type ModelData = DataInput | readonly DataInput[] | { readonly [name: string]: DataInput }

/** Examples of several tensors each: the inputs of a model, or its targets. */
export interface RowSet {
  readonly parts: readonly Rows[]
  readonly count: number
}

const isShaped = (input: DataInput): input is ShapedData =>
  typeof input === 'object' &&
  input !== null &&
  'shape' in input &&
  'data' in input &&
  !(input instanceof Tensor)

/** Whether rows get a copy of the numbers, or only look at arrays that are somebody else's. */
export type Hold = 'copy' | 'borrow'

/** Rows over the array that was given; null where it has to be read first. */
function borrowed(input: DataInput): Rows | null {
  if (!isShaped(input)) return null
  const { data, shape } = input
  const isWhole = data instanceof Int32Array
  if (!isWhole && !(data instanceof Float32Array)) return null
  if (shape.length === 0 || shape.some(size => !(size >= 0)) || sizeOf(shape) !== data.length) return null
  return { values: data, count: shape[0], shape: shape.slice(1), dtype: isWhole ? 'int32' : 'float32' }
}

/**
 * Reads examples into rows.
 * @throws ShapeError for a scalar, or data that does not fit its shape
 */
export function toRows(operation: string, what: string, input: DataInput, hold: Hold = 'copy'): Rows {
  const given = hold === 'borrow' ? borrowed(input) : null
  if (given !== null) return given
  const data = isShaped(input)
    ? tensor(input.data, { shape: input.shape, dtype: isWhole(input.data) ? 'int32' : 'float32' })
    : input instanceof Tensor
      ? input
      : tensor(input)
  if (data.rank === 0) {
    throw new ShapeError({
      operation,
      problem: `needs ${what} with examples along the first axis, got a single number.`,
      hint: 'wrap it: [value].',
      shapes: [data.shape],
    })
  }
  // A tensor made here belongs to nobody else: its array needs no second copy.
  const isFree = data !== input || hold === 'borrow'
  const values = (isFree ? data.storage.cold : null) ?? data.values()
  return { values, count: data.shape[0], shape: data.shape.slice(1), dtype: data.dtype }
}

/** A new array of the same kind. */
export function emptyLike(array: ColdArray, length: number): ColdArray {
  if (array instanceof Int32Array) return new Int32Array(length)
  return array instanceof Float64Array ? new Float64Array(length) : new Float32Array(length)
}

/** Int32Array of any realm. */
const isWhole = (data: ArrayBufferView): boolean =>
  Object.prototype.toString.call(data) === '[object Int32Array]'

/** The examples at the positions `order[start … end)`, or `start … end` without an order, as a batch. */
export function batchOf(rows: Rows, order: Int32Array | null, start: number, end: number): Tensor
export function batchOf(rows: RowSet, order: Int32Array | null, start: number, end: number): readonly Tensor[]
export function batchOf(
  rows: Rows | RowSet,
  order: Int32Array | null,
  start: number,
  end: number,
): Tensor | readonly Tensor[] {
  if ('parts' in rows) return rows.parts.map(part => batchOf(part, order, start, end))
  const width = sizeOf(rows.shape)
  const shape = [end - start, ...rows.shape]
  if (order === null) return fromCold(rows.values.slice(start * width, end * width), shape, rows.dtype)
  const count = (end - start) * width
  const batch = emptyLike(rows.values, count)
  for (let i = start; i < end; i++) {
    const from = order[i] * width
    const to = (i - start) * width
    // Short rows are cheaper to copy by hand than through a view.
    if (width < 32) for (let j = 0; j < width; j++) batch[to + j] = rows.values[from + j]
    else batch.set(rows.values.subarray(from, from + width), to)
  }
  return fromCold(batch, shape, rows.dtype)
}

/** The examples start … end without copying. */
export function sliceRows(rows: Rows, start: number, end: number): Rows
export function sliceRows(rows: RowSet, start: number, end: number): RowSet
export function sliceRows(rows: Rows | RowSet, start: number, end: number): Rows | RowSet {
  if ('parts' in rows) {
    return { parts: rows.parts.map(part => sliceRows(part, start, end)), count: end - start }
  }
  const width = sizeOf(rows.shape)
  return { ...rows, values: rows.values.subarray(start * width, end * width), count: end - start }
}
