import { ShapeError, ValueError } from '../errors.ts'
import { describe, isArrayLike } from './describe.ts'

/** Where padding is put, or where a long sequence is cut. */
export type Side = 'pre' | 'post'

/** How sequences get one length. */
export interface PadOptions {
  /** Length of every row. Default: that of the longest sequence. */
  readonly maxLength?: number
  /** Side on which short sequences are filled up. Default: `'pre'`, so that an LSTM ends on the last word. */
  readonly padding?: Side
  /** Side from which long sequences lose elements. Default: `'pre'`. */
  readonly truncating?: Side
  /** What fills the gap. Default: 0. */
  readonly value?: number
  /** Element type of the result. Default: `'int32'`, which takes whole numbers only. */
  readonly dtype?: 'int32' | 'float32'
}

/** Rows of one length, row after row in one array. */
export interface PaddedSequences<
  Data = Int32Array,
  Shape extends readonly number[] = readonly [rows: number, length: number],
> {
  readonly data: Data
  readonly shape: Shape
}

type Scalars = ArrayLike<ArrayLike<number>>
type Vectors = ArrayLike<ArrayLike<ArrayLike<number>>>
type Floats = PadOptions & { readonly dtype: 'float32' }
type Integers = PadOptions & { readonly dtype?: 'int32' }
type VectorShape = readonly [rows: number, length: number, width: number]

const operation = 'padSequences'

/**
 * Brings sequences to one length exactly as Keras' `pad_sequences` does: short ones are filled with `value`,
 * long ones are cut.
 *
 *   sequences of any lengths → [rows, maxLength]; of vectors → [rows, maxLength, width]
 *
 * @throws ValueError when an option, an id or a sequence is not what it has to be
 * @throws ShapeError when the vectors differ in size
 * @example padSequences([[7, 8], [9]])   // { data: Int32Array [7, 8, 0, 9], shape: [2, 2] }
 * @example padSequences([[1, 2, 3]], { maxLength: 2, truncating: 'post' }).data   // [1, 2]
 */
export function padSequences(sequences: Scalars, options?: Integers): PaddedSequences
export function padSequences(sequences: Scalars, options: Floats): PaddedSequences<Float32Array>
export function padSequences(sequences: Vectors, options?: Integers): PaddedSequences<Int32Array, VectorShape>
export function padSequences(sequences: Vectors, options: Floats): PaddedSequences<Float32Array, VectorShape>
export function padSequences(
  sequences: Scalars,
  options?: PadOptions,
): PaddedSequences<Int32Array | Float32Array>
export function padSequences(
  sequences: Scalars | Vectors,
  options: PadOptions = {},
): PaddedSequences<Int32Array | Float32Array, readonly number[]> {
  const { padding = 'pre', truncating = 'pre', value = 0, dtype = 'int32' } = options
  checkChoice('padding', padding, ['pre', 'post'])
  checkChoice('truncating', truncating, ['pre', 'post'])
  checkChoice('dtype', dtype, ['int32', 'float32'])
  const checkNumber = dtype === 'int32' ? checkInteger : checkAnyNumber
  checkNumber(value)
  checkSequences(sequences)

  const rows = sequences.length
  const length = options.maxLength === undefined ? longest(sequences) : checkLength(options.maxLength)
  const width = stepWidth(sequences)
  const size = width ?? 1
  const data =
    dtype === 'int32' ? new Int32Array(rows * length * size) : new Float32Array(rows * length * size)
  if (value !== 0) data.fill(value)

  for (let row = 0; row < rows; row++) {
    const sequence: ArrayLike<unknown> = sequences[row]
    const kept = Math.min(sequence.length, length)
    const first = truncating === 'pre' ? sequence.length - kept : 0
    const start = (row * length + (padding === 'pre' ? length - kept : 0)) * size
    for (let step = 0; step < sequence.length; step++) {
      const inside = step >= first && step < first + kept
      const target = start + (step - first) * size
      if (width === undefined) {
        const number = checkNumber(sequence[step], row, step)
        if (inside) data[target] = number
        continue
      }
      const vector = checkVector(sequence[step], width, row, step)
      for (let entry = 0; entry < width; entry++) {
        const number = checkNumber(vector[entry], row, step)
        if (inside) data[target + entry] = number
      }
    }
  }
  return { data, shape: width === undefined ? [rows, length] : [rows, length, width] }
}

function checkChoice(argument: string, received: unknown, allowed: readonly string[]): void {
  if (allowed.some(choice => choice === received)) return
  const choices = allowed.map(choice => `'${choice}'`).join(' or ')
  throw new ValueError({
    operation,
    problem: `needs ${argument} to be ${choices}, got ${describe(received)}.`,
    argument,
    received,
  })
}

const place = (row?: number, position?: number): string =>
  row === undefined ? 'as value' : `in sequence ${row} at position ${position}`

function checkInteger(received: unknown, row?: number, position?: number): number {
  if (typeof received === 'number' && (received | 0) === received) return received
  throw new ValueError({
    operation,
    problem: `needs whole numbers that fit 32 bits, got ${describe(received)} ${place(row, position)}.`,
    hint:
      typeof received === 'string'
        ? 'turn texts into ids first: tokenizer.textsToSequences(texts).'
        : "for sequences of measurements, give dtype: 'float32'.",
    received,
  })
}

function checkAnyNumber(received: unknown, row?: number, position?: number): number {
  if (typeof received === 'number') return received
  throw new ValueError({
    operation,
    problem: `needs numbers, got ${describe(received)} ${place(row, position)}.`,
    received,
  })
}

function checkSequences(sequences: unknown): asserts sequences is ArrayLike<ArrayLike<unknown>> {
  if (!isArrayLike(sequences))
    throw new ValueError({
      operation,
      problem: `needs an array of sequences, got ${describe(sequences)}.`,
      argument: 'sequences',
      received: sequences,
    })
  for (let row = 0; row < sequences.length; row++)
    if (!isArrayLike(sequences[row]))
      throw new ValueError({
        operation,
        problem: `needs an array of numbers for each sequence, got ${describe(sequences[row])} as sequence ${row}.`,
        hint: 'a single sequence has to be wrapped: padSequences([ids]).',
        argument: 'sequences',
        received: sequences[row],
      })
}

function checkLength(maxLength: unknown): number {
  if (typeof maxLength === 'number' && Number.isSafeInteger(maxLength) && maxLength > 0) return maxLength
  throw new ValueError({
    operation,
    problem: `needs maxLength to be a whole number from 1 on, got ${describe(maxLength)}.`,
    argument: 'maxLength',
    received: maxLength,
  })
}

function longest(sequences: ArrayLike<ArrayLike<unknown>>): number {
  if (sequences.length === 0)
    throw new ValueError({
      operation,
      problem: 'cannot tell the length of the rows from 0 sequences.',
      hint: 'give maxLength.',
      argument: 'sequences',
      received: sequences,
    })
  let length = 0
  for (let row = 0; row < sequences.length; row++) length = Math.max(length, sequences[row].length)
  return length
}

/** The size of one step's vector, or undefined when steps are plain numbers; the first step decides. */
function stepWidth(sequences: ArrayLike<ArrayLike<unknown>>): number | undefined {
  for (let row = 0; row < sequences.length; row++) {
    if (sequences[row].length === 0) continue
    const step = sequences[row][0]
    return isArrayLike(step) ? step.length : undefined
  }
  return undefined
}

function checkVector(step: unknown, width: number, row: number, position: number): ArrayLike<unknown> {
  const length = isArrayLike(step) ? step.length : undefined
  if (isArrayLike(step) && length === width) return step
  const received = length === undefined ? describe(step) : `one of ${length} numbers`
  throw new ShapeError({
    operation,
    problem:
      `needs vectors of ${width} numbers, as the first step has, ` +
      `got ${received} in sequence ${row} at position ${position}.`,
    hint: 'all steps of all sequences have as many features.',
    shapes: [[width], length === undefined ? [] : [length]],
  })
}
