import type { ProductOp, ProductSizes } from '../../../kernels/gpu/program.ts'

/** A matrix of the engine's memory, [rows, cols] as it lies there. */
export interface Operand {
  /** Where the device keeps it; 0: for this product only. */
  readonly slot: number
  /** Whether it has to be sent; else the slot has it. */
  readonly upload: boolean
  readonly address: number
  /** Numbers from one row to the next. */
  readonly stride: number
  readonly rows: number
  readonly cols: number
}

/** C = op(A)·op(B), and the slots that are not needed any more. */
export interface Product extends ProductSizes {
  readonly op: ProductOp
  readonly a: Operand
  readonly b: Operand
  readonly drop: readonly number[]
}

/** The rows of an operand, one after the other: a view where they lie so, else a copy. */
export function rowsOf(memory: Float32Array, { address, stride, rows, cols }: Operand): Float32Array {
  const start = address / 4
  if (stride === cols) return memory.subarray(start, start + rows * cols)
  const dense = new Float32Array(rows * cols)
  for (let i = 0; i < rows; i++) {
    const row = start + i * stride
    dense.set(memory.subarray(row, row + cols), i * cols)
  }
  return dense
}

/** The first `columns` of each row of `width` numbers, one after the other. */
export function withoutPadding(
  values: Float32Array,
  rows: number,
  width: number,
  columns: number,
): Float32Array {
  if (width === columns) return values.subarray(0, rows * columns)
  const dense = new Float32Array(rows * columns)
  for (let i = 0; i < rows; i++) dense.set(values.subarray(i * width, i * width + columns), i * columns)
  return dense
}
