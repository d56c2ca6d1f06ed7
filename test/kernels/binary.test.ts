import { describe, expect, it } from 'vitest'
import { BINARY_NAMES, COMPARE_NAMES } from '../../kernels/kernels.ts'
import { firstDifference, guarded, integers, onBoth, randoms, variants } from './twins.ts'

/** How an operand may be broadcast: its size for an output of [rows, cols], and its strides. */
const layouts = {
  full: (rows: number, cols: number) => ({ size: rows * cols, row: cols, col: 1 }),
  row: (_rows: number, cols: number) => ({ size: cols, row: 0, col: 1 }),
  column: (rows: number) => ({ size: rows, row: 1, col: 0 }),
  scalar: () => ({ size: 1, row: 0, col: 0 }),
  // Rows with a gap between them: a slice of a wider array.
  slice: (rows: number, cols: number) => ({ size: rows * (cols + 3), row: cols + 3, col: 1 }),
}
const names = Object.keys(layouts) as (keyof typeof layouts)[]
const shapes = [
  [0, 5],
  [3, 0],
  [1, 1],
  [1, 17],
  [5, 1],
  [3, 3],
  [4, 8],
  [7, 10],
  [2, 37],
] as const

/** Every pair of layouts for every shape. */
const broadcasts = shapes.flatMap(([rows, cols]) =>
  names.flatMap(left => names.map(right => ({ rows, cols, left, right }))),
)

describe.each(variants)('binary kernels of the %s variant', variant => {
  it.each(BINARY_NAMES)('%s broadcasts as in double precision', name => {
    for (const { rows, cols, left, right } of broadcasts) {
      const a = layouts[left](rows, cols)
      const b = layouts[right](rows, cols)
      const { got, want } = onBoth(variant, library => {
        const { out, read } = guarded(library, rows * cols)
        // Positive on the left, so that pow is a number.
        const x = library.heap.put(randoms(a.size, 3).map(v => (name === 'pow' ? Math.abs(v) : v)))
        const y = library.heap.put(randoms(b.size, 3, 5))
        library.kernels.float.binary[name](out, x, y, rows, cols, a.row, a.col, b.row, b.col)
        return read()
      })
      expect(firstDifference(got, want, 2e-7), `${rows}×${cols} ${left} ${right}`).toBeUndefined()
    }
  })

  it.each(COMPARE_NAMES)('%s broadcasts as in double precision', name => {
    for (const { rows, cols, left, right } of broadcasts) {
      const a = layouts[left](rows, cols)
      const b = layouts[right](rows, cols)
      const { got, want } = onBoth(variant, library => {
        const { out, read } = guarded(library, rows * cols, 'int')
        const x = library.heap.put(integers(a.size, -2, 3))
        const y = library.heap.put(integers(b.size, -2, 3, 5))
        library.kernels.float.compare[name](out, x, y, rows, cols, a.row, a.col, b.row, b.col)
        return read()
      })
      expect(got, `${rows}×${cols} ${left} ${right}`).toEqual(want)
    }
  })

  it('special values go through as IEEE 754 says', () => {
    const values = [0, -0, 1, -2.5, 1e-40, 3e38, Infinity, -Infinity, Number.NaN].map(Math.fround)
    const pairs = values.flatMap(a => values.map(b => [a, b] as const))
    for (const name of BINARY_NAMES) {
      const { got, want } = onBoth(variant, library => {
        const { out, read } = guarded(library, pairs.length)
        const x = library.heap.put(pairs.map(p => p[0]))
        const y = library.heap.put(pairs.map(p => p[1]))
        library.kernels.float.binary[name](out, x, y, 1, pairs.length, 0, 1, 0, 1)
        return read()
      })
      expect(firstDifference(got, want, 1e-7), name).toBeUndefined()
    }
    for (const name of COMPARE_NAMES) {
      const { got, want } = onBoth(variant, library => {
        const { out, read } = guarded(library, pairs.length, 'int')
        const x = library.heap.put(pairs.map(p => p[0]))
        const y = library.heap.put(pairs.map(p => p[1]))
        library.kernels.float.compare[name](out, x, y, 1, pairs.length, 0, 1, 0, 1)
        return read()
      })
      expect(got, name).toEqual(want)
    }
  })

  it('may write over either operand', () => {
    const { got, want } = onBoth(variant, ({ heap, kernels }) => {
      const x = heap.put(randoms(30))
      const row = heap.put(randoms(10, 1, 3))
      kernels.float.binary.add(x, x, row, 3, 10, 10, 1, 0, 1)
      kernels.float.binary.mul(x, row, x, 3, 10, 0, 1, 10, 1)
      return heap.get(x, 30)
    })
    expect(firstDifference(got, want, 2e-7, 1e-7)).toBeUndefined()
  })

  it('integer arithmetic wraps, truncates and compares', () => {
    const { got, want } = onBoth(variant, library => {
      const { heap, kernels } = library
      const n = 50
      const x = heap.putInt(integers(n, -(2 ** 31), 2 ** 31))
      const y = heap.putInt(integers(n, -9, 9, 3))
      const all = (name: 'add' | 'mul' | 'div' | 'mod' | 'maximum') => {
        const { out, read } = guarded(library, n, 'int')
        kernels.int.binary[name](out, x, y, 1, n, n, 1, n, 1)
        return read()
      }
      return (['add', 'mul', 'div', 'mod', 'maximum'] as const).map(all)
    })
    expect(got).toEqual(want)
  })
})
