import type { Heap, Kernels } from '../kernels.ts'
import { mapValues } from './elements.ts'
import { gradientFunctions, parametricFunctions, unaryFunctions } from './unary.ts'

type Maps = Pick<
  Kernels,
  | 'unary'
  | 'parametric'
  | 'gradient'
  | 'intToFloat'
  | 'floatToInt'
  | 'floatToBool'
  | 'isNaN'
  | 'isFinite'
  | 'isInf'
  | 'fillRows'
  | 'axpy'
  | 'sumSquares'
>

/** One array in, one out: the tables of scalar functions as kernels, conversions and predicates. */
export function createMaps(heap: Heap): Maps {
  const { floatShift: shift } = heap

  const toInt =
    (f: (x: number) => number): Kernels['floatToInt'] =>
    (out, x, n) => {
      const { float, int } = heap
      for (let i = 0; i < n; i++) int[(out >>> 2) + i] = f(float[(x >>> shift) + i])
    }

  return {
    unary: mapValues(unaryFunctions, f => (out, x, n) => {
      const v = heap.float
      for (let i = 0; i < n; i++) v[(out >>> shift) + i] = f(v[(x >>> shift) + i])
    }),
    parametric: mapValues(parametricFunctions, f => (out, x, n, p, q) => {
      const v = heap.float
      for (let i = 0; i < n; i++) v[(out >>> shift) + i] = f(v[(x >>> shift) + i], p, q)
    }),
    gradient: mapValues(gradientFunctions, f => (out, y, g, n) => {
      const v = heap.float
      for (let i = 0; i < n; i++) v[(out >>> shift) + i] = f(v[(y >>> shift) + i], v[(g >>> shift) + i])
    }),

    intToFloat: (out, x, n) => {
      const { float, int } = heap
      for (let i = 0; i < n; i++) float[(out >>> shift) + i] = int[(x >>> 2) + i]
    },
    // NaN is stored as 0.
    floatToInt: toInt(x => Math.trunc(Math.min(Math.max(x, -(2 ** 31)), 2 ** 31 - 1))),
    floatToBool: toInt(x => (x !== 0 ? 1 : 0)),
    isNaN: toInt(x => (Number.isNaN(x) ? 1 : 0)),
    isFinite: toInt(x => (Number.isFinite(x) ? 1 : 0)),
    isInf: toInt(x => (Math.abs(x) === Infinity ? 1 : 0)),

    fillRows: (out, row, rows, cols) => {
      const v = heap.float
      for (let r = 0; r < rows; r++) {
        v.copyWithin((out >>> shift) + r * cols, row >>> shift, (row >>> shift) + cols)
      }
    },
    axpy: (out, x, n, a) => {
      const v = heap.float
      for (let i = 0; i < n; i++) v[(out >>> shift) + i] += a * v[(x >>> shift) + i]
    },
    sumSquares: (x, n) => {
      const v = heap.float
      let sum = 0
      for (let i = 0; i < n; i++) sum += v[(x >>> shift) + i] ** 2
      return sum
    },
  }
}
