import { describe, expect, it } from 'vitest'
import { firstDifference, guarded, integers, type Library, onBoth, randoms, variants } from './twins.ts'

const shapes = [
  [0, 4],
  [1, 1],
  [5, 1],
  [3, 2],
  [4, 3],
  [3, 4],
  [2, 10],
  [3, 17],
  [5, 64],
  [2, 1000],
  [1, 10_001],
] as const

type RowKernel = 'softmax' | 'logSoftmax'

const rowwise = (library: Library, name: RowKernel, x: number[], rows: number, cols: number): number[] => {
  const { out, read } = guarded(library, rows * cols)
  library.kernels[name](out, library.heap.put(x), rows, cols)
  return read()
}

describe.each(variants)('softmax and cross-entropies of the %s kernels', variant => {
  it.each(['softmax', 'logSoftmax'] as const)('%s agrees with double precision', name => {
    for (const [rows, cols] of shapes) {
      for (const scale of [0.1, 5, 200]) {
        const x = randoms(rows * cols, scale)
        const { got, want } = onBoth(variant, library => rowwise(library, name, x, rows, cols))
        expect(firstDifference(got, want, 1e-6, 1e-6 * (name === 'softmax' ? 1 : scale))).toBeUndefined()
      }
    }
  })

  it.each(['softmax', 'logSoftmax'] as const)('%s takes huge values, infinities and NaN', name => {
    const rows = [
      [1e30, 1e30, -1e30, 0, 5],
      [-1e30, -1e30, -1e30, -1e30, -1e30],
      [-Infinity, 1, 2, -Infinity, 3],
      [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
      [Infinity, 1, 2, 3, 4],
      [Number.NaN, 1, 2, 3, 4],
      [1, 2, 3, 4, Number.NaN],
      [-1e9, 3, -1e9, -1e9, -1e9],
    ]
    const { got, want } = onBoth(variant, library => rowwise(library, name, rows.flat(), rows.length, 5))
    expect(firstDifference(got, want, 1e-6, 1e-6)).toBeUndefined()
  })

  it.each(['softmaxGrad', 'logSoftmaxGrad'] as const)('%s agrees with double precision', name => {
    for (const [rows, cols] of shapes) {
      const { got, want } = onBoth(variant, library => {
        const { heap, kernels } = library
        const y = heap.put(randoms(rows * cols, 4))
        kernels[name === 'softmaxGrad' ? 'softmax' : 'logSoftmax'](y, y, rows, cols)
        const { out, read } = guarded(library, rows * cols)
        kernels[name](out, y, heap.put(randoms(rows * cols, 1, 5)), rows, cols)
        return read()
      })
      expect(firstDifference(got, want, 2e-6, 2e-6), `${rows}×${cols}`).toBeUndefined()
    }
  })

  it('sparse cross-entropy and its gradient agree, and skip rows with a negative label', () => {
    for (const [rows, cols] of shapes) {
      const { got, want } = onBoth(variant, library => {
        const { heap, kernels } = library
        const x = heap.put(randoms(rows * cols, 9))
        const labels = heap.putInt(integers(rows, -1, cols))
        const loss = guarded(library, rows)
        kernels.sparseCrossEntropy(loss.out, x, labels, rows, cols)
        const gradient = guarded(library, rows * cols)
        const g = heap.put(randoms(rows, 2, 8))
        kernels.sparseCrossEntropyGrad(gradient.out, x, labels, g, rows, cols)
        return [...loss.read(), ...gradient.read()]
      })
      expect(firstDifference(got, want, 2e-6, 1e-6), `${rows}×${cols}`).toBeUndefined()
    }
  })

  it('the cross-entropy of a huge logit is finite and exact', () => {
    const { got } = onBoth(variant, ({ heap, kernels }) => {
      const out = heap.space(2)
      const x = heap.put([1e30, 0, -1e30, 1e30, 0, -1e30])
      kernels.sparseCrossEntropy(out, x, heap.putInt([0, 1]), 2, 3)
      return heap.get(out, 2)
    })
    expect(got).toEqual([0, Math.fround(1e30)])
  })

  it('sigmoid cross-entropy agrees, and keeps its digits where it is tiny', () => {
    for (const n of [0, 1, 5, 1000]) {
      const { got, want } = onBoth(variant, library => {
        const { out, read } = guarded(library, n)
        const z = library.heap.put(randoms(n, 30))
        library.kernels.sigmoidCrossEntropy(out, z, library.heap.put(integers(n, 0, 2)), n)
        return read()
      })
      expect(firstDifference(got, want, 3e-6)).toBeUndefined()
    }
  })
})
