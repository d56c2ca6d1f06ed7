/**
 * A kernel for gpu.js: the text of a function and what fixes its sizes.
 *
 * Kernels are text, never functions: minifiers, coverage tools and bundlers rewrite functions, and gpu.js would read
 * what they made of them. Sizes are constants: a loop over an argument stops at 1000 without a word, and a kernel that
 * was built for one shape gives garbage for another. So there is one program for each operation and its sizes.
 */
export interface GpuProgram {
  /** Names operation and sizes: equal keys, equal programs. */
  readonly key: string
  readonly source: string
  /** Threads: columns, rows. */
  readonly output: readonly [number, number]
  readonly constants: Readonly<Record<string, number>>
  /** What a thread returns. */
  readonly returnType: 'Float' | 'Array(4)'
  /** Whether each result is the caller's to delete, and not overwritten by the next call. */
  readonly immutable: boolean
}

/** Which operands of C = op(A)·op(B) lie transposed: B in `nt`, A in `tn`. */
export type ProductOp = 'nn' | 'nt' | 'tn' | 'tt'

/** op(A) is [m, k], op(B) is [k, n]. */
export interface ProductSizes {
  readonly m: number
  readonly n: number
  readonly k: number
}

/** How a kind of backend stores and multiplies matrices. */
export interface ProductForm {
  /** Brings a matrix [rows, cols], row-major, into the backend's own layout. */
  readonly load: (rows: number, cols: number) => GpuProgram
  /** Turns a loaded matrix [rows, cols] into the loaded form of its transpose, which A is given in; null: A as it lies. */
  readonly transpose: ((rows: number, cols: number) => GpuProgram) | null
  /** The product of two loaded matrices: rows of `resultColumns(n)` numbers, of which the first n count. */
  readonly multiply: (op: ProductOp, sizes: ProductSizes) => GpuProgram
}

/** Four columns belong to one thread. */
export const quads = (columns: number): number => Math.ceil(columns / 4)

/** Numbers in a row of a result: whole fours. */
export const resultColumns = (n: number): number => 4 * quads(n)

/** The lanes of a thread. */
export const LANES = [0, 1, 2, 3] as const

/** Lines of a kernel as one text. */
export const lines = (...parts: readonly string[]): string => parts.filter(part => part !== '').join('\n')

/** One statement per lane. */
export const perLane = (statement: (lane: number) => string): string => LANES.map(statement).join(' ')
