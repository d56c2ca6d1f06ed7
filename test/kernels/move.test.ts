import { describe, expect, it } from 'vitest'
import { firstDifference, guarded, integers, onBoth, randoms, sizes, variants } from './twins.ts'

const shapes = [
  [0, 3],
  [3, 0],
  [1, 1],
  [1, 9],
  [9, 1],
  [4, 4],
  [5, 7],
  [8, 12],
  [63, 66],
  [130, 67],
] as const

describe.each(variants)('moving elements with the %s kernels', variant => {
  describe.each(['float', 'int'] as const)('%s', type => {
    it('transposes', () => {
      for (const [rows, cols] of shapes) {
        const { got, want } = onBoth(variant, library => {
          const { heap, kernels } = library
          const x = integers(rows * cols, -999, 999)
          const { out, read } = guarded(library, rows * cols, type)
          kernels[type].transpose(out, type === 'float' ? heap.put(x) : heap.putInt(x), rows, cols)
          return read()
        })
        expect(got).toEqual(want)
      }
    })

    it('copies between any strides', () => {
      const rows = 9
      const cols = 11
      // [outRow, outCol, xRow, xCol, offset of x]
      const strides = [
        [11, 1, 11, 1, 0],
        [13, 1, 12, 1, 0],
        [1, 9, 11, 1, 0],
        [11, 1, 1, 9, 0],
        [2, 20, 3, 30, 0],
        [11, 1, 0, 1, 0],
        [11, 1, 1, 0, 0],
        [11, 1, -11, 1, 88],
        [11, 1, 11, -1, 10],
        [1, 9, -11, 1, 88],
      ] as const
      for (const [outRow, outCol, xRow, xCol, offset] of strides) {
        const { got, want } = onBoth(variant, library => {
          const { heap, kernels } = library
          const { out, read } = guarded(library, 256, type)
          const values = integers(400, -999, 999)
          const x = type === 'float' ? heap.put(values) : heap.putInt(values)
          const bytes = type === 'float' ? 1 << heap.floatShift : 4
          kernels[type].copy2d(out, x + offset * bytes, rows, cols, outRow, outCol, xRow, xCol)
          return read()
        })
        expect(got, `strides ${[outRow, outCol, xRow, xCol]}`).toEqual(want)
      }
    })

    it('fills, copies and chooses', () => {
      for (const n of sizes) {
        const { got, want } = onBoth(variant, library => {
          const { heap, kernels } = library
          const put = (values: number[]) => (type === 'float' ? heap.put(values) : heap.putInt(values))
          const [filled, copied, chosen] = [0, 1, 2].map(() => guarded(library, n, type))
          kernels[type].fill(filled.out, n, -7)
          kernels[type].copy(copied.out, put(integers(n, -99, 99)), n)
          const cond = heap.putInt(integers(n, 0, 3))
          kernels[type].where(chosen.out, cond, put(integers(n, 1, 99)), put(integers(n, -99, 0)), n)
          return [filled.read(), copied.read(), chosen.read()]
        })
        expect(got).toEqual(want)
      }
    })

    it('gathers rows and adds them back, repeated ones in order', () => {
      // [outer, size, inner, count]
      const cases = [
        [1, 5, 1, 9],
        [1, 7, 3, 4],
        [2, 6, 4, 8],
        [3, 4, 17, 5],
        [1, 50, 64, 70],
        [2, 3, 0, 2],
        [1, 3, 5, 0],
      ] as const
      for (const [outer, size, inner, count] of cases) {
        const { got, want } = onBoth(variant, library => {
          const { heap, kernels } = library
          const put = (values: number[]) => (type === 'float' ? heap.put(values) : heap.putInt(values))
          const index = heap.putInt(integers(count, 0, size))
          const picked = guarded(library, outer * count * inner, type)
          const x = put(integers(outer * size * inner, -99, 99))
          kernels[type].gather(picked.out, x, index, outer, size, inner, count)
          const sums = guarded(library, outer * size * inner, type)
          kernels[type].fill(sums.out, outer * size * inner, 1)
          kernels[type].scatterAdd(sums.out, picked.out, index, outer, size, inner, count)
          return [picked.read(), sums.read()]
        })
        expect(got).toEqual(want)
      }
    })
  })

  it('moves NaN and negative zero unchanged', () => {
    const x = [Number.NaN, -0, Infinity, 1e-45, ...randoms(3)]
    const { got, want } = onBoth(variant, library => {
      const { out, read } = guarded(library, 7)
      library.kernels.float.transpose(out, library.heap.put(x), 7, 1)
      return read()
    })
    expect(firstDifference(got, want, 0, 0)).toBeUndefined()
  })
})
