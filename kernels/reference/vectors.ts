import type { Heap, Pointer } from '../kernels.ts'

export type Vector = Float64Array

/** A part of a matrix in the heap: `columns` columns from `first` on, its rows `stride` numbers apart. */
export interface Columns {
  readonly at: Pointer
  readonly stride: number
  readonly first: number
  readonly columns: number
}

/** Rows of numbers in the heap as small vectors, for kernels that go through time row by row. */
export function createVectors(heap: Heap) {
  const index = (pointer: Pointer, row: number, n: number): number => (pointer >>> heap.floatShift) + row * n

  return {
    /** Row `row` of an array [rows, n]; zeros where the array is absent. */
    read: (pointer: Pointer, row: number, n: number): Vector => {
      if (pointer === 0) return new Float64Array(n)
      return Float64Array.from(heap.float.subarray(index(pointer, row, n), index(pointer, row + 1, n)))
    },
    /** The reverse; nothing is written where the array is absent. */
    write: (pointer: Pointer, row: number, values: Vector): void => {
      if (pointer !== 0) heap.float.set(values, index(pointer, row, values.length))
    },
    /** Clears n numbers, unless absent. */
    clear: (pointer: Pointer, n: number): void => {
      if (pointer !== 0) heap.float.fill(0, index(pointer, 0, 0), index(pointer, 0, 0) + n)
    },
    /** array [n] += values, unless absent */
    add: (pointer: Pointer, row: number, values: Vector): void => {
      if (pointer === 0) return
      const at = index(pointer, row, values.length)
      for (let i = 0; i < values.length; i++) heap.float[at + i] += values[i]
    },
    /** v·M */
    times: (v: Vector, { at, stride, first, columns }: Columns): Vector => {
      const product = new Float64Array(columns)
      for (let i = 0; i < v.length; i++) {
        const row = index(at, i, stride) + first
        for (let j = 0; j < columns; j++) product[j] += v[i] * heap.float[row + j]
      }
      return product
    },
    /** M·v for a matrix of n rows */
    timesTransposed: (v: Vector, { at, stride, first, columns }: Columns, n: number): Vector => {
      const product = new Float64Array(n)
      for (let i = 0; i < n; i++) {
        const row = index(at, i, stride) + first
        for (let j = 0; j < columns; j++) product[i] += v[j] * heap.float[row + j]
      }
      return product
    },
    /** M += uᵀ·v, unless absent */
    addOuter: ({ at, stride, first }: Columns, u: Vector, v: Vector): void => {
      if (at === 0) return
      for (let i = 0; i < u.length; i++) {
        const row = index(at, i, stride) + first
        for (let j = 0; j < v.length; j++) heap.float[row + j] += u[i] * v[j]
      }
    },
  }
}

/** Positions in [batch, time] of a row's steps in the order of processing, and whether the mask leaves each out. */
export function stepsOf(
  heap: Heap,
  p: { readonly time: number; readonly mask: Pointer; readonly reverse: boolean },
  b: number,
): { row: number; skipped: boolean }[] {
  return Array.from({ length: p.time }, (_, turn) => {
    const row = b * p.time + (p.reverse ? p.time - 1 - turn : turn)
    return { row, skipped: p.mask !== 0 && heap.int[(p.mask >>> 2) + row] === 0 }
  })
}
