import { describe, expect, it } from 'vitest'
import { firstDifference, guarded, type Library, onBoth, randoms, variants } from './twins.ts'

const rowShapes = [
  [0, 4],
  [1, 1],
  [5, 3],
  [3, 4],
  [70, 9],
  [130, 128],
  [2, 2051],
] as const

/** outer, rows, cols, groups */
const groupShapes = [
  [1, 0, 3, 3],
  [1, 6, 3, 3],
  [1, 200, 17, 17],
  [3, 70, 32, 32],
  [2, 5, 12, 3],
  [4, 1, 6, 1],
] as const

/** Numbers around 3 with spread 2: what is not centred shows. */
const inputs = (count: number): number[] => randoms(count, 2).map(x => x + 3)

function rowNorm(library: Library, rows: number, cols: number, centred: boolean): number[][] {
  const { heap, kernels } = library
  const [x, gamma, beta] = [inputs(rows * cols), randoms(cols, 1, 2), randoms(cols, 1, 3)].map(heap.put)
  const out = guarded(library, rows * cols)
  const mean = guarded(library, rows)
  const rstd = guarded(library, rows)
  kernels.rowNorm(out.out, centred ? mean.out : 0, rstd.out, x, gamma, beta, rows, cols, 1e-3)
  const results = [out.read(), rstd.read(), ...(centred ? [mean.read()] : [])]
  const g = heap.put(randoms(rows * cols, 1, 4))
  const [dx, dGamma, dBeta] = [rows * cols, cols, cols].map(n => guarded(library, n))
  kernels.rowNormGrad(
    dx.out,
    dGamma.out,
    dBeta.out,
    x,
    centred ? mean.out : 0,
    rstd.out,
    gamma,
    g,
    rows,
    cols,
  )
  return [...results, dx.read(), dGamma.read(), dBeta.read()]
}

function groupNorm(library: Library, shape: readonly [number, number, number, number]): number[][] {
  const [outer, rows, cols, groups] = shape
  const { heap, kernels } = library
  const count = outer * rows * cols
  const [x, gamma, beta] = [inputs(count), randoms(cols, 1, 2), randoms(cols, 1, 3)].map(heap.put)
  const [out, mean, variance] = [count, outer * groups, outer * groups].map(n => guarded(library, n))
  kernels.groupNorm(out.out, mean.out, variance.out, x, gamma, beta, outer, rows, cols, groups, 1e-3)
  const g = heap.put(randoms(count, 1, 4))
  const [dx, dGamma, dBeta] = [count, cols, cols].map(n => guarded(library, n))
  kernels.groupNormGrad(
    dx.out,
    dGamma.out,
    dBeta.out,
    x,
    mean.out,
    variance.out,
    gamma,
    g,
    outer,
    rows,
    cols,
    groups,
    1e-3,
  )
  return [out, mean, variance, dx, dGamma, dBeta].map(({ read }) => read())
}

function expectSame({ got, want }: { got: number[][]; want: number[][] }): void {
  for (const [i, values] of got.entries())
    expect(firstDifference(values, want[i], 2e-6, 1e-5), `result ${i}`).toBeUndefined()
}

describe.each(variants)('normalisations of the %s kernels', variant => {
  it.each(rowShapes)('layer norm of [%i, %i] agrees with double precision', (rows, cols) => {
    expectSame(onBoth(variant, library => rowNorm(library, rows, cols, true)))
  })

  it.each(rowShapes)('RMS norm of [%i, %i] agrees with double precision', (rows, cols) => {
    expectSame(onBoth(variant, library => rowNorm(library, rows, cols, false)))
  })

  it.each(groupShapes)('group norm of [%i, %i, %i] in %i groups agrees with double precision', (...shape) => {
    expectSame(onBoth(variant, library => groupNorm(library, shape)))
  })

  it('leaves out what is not wanted', () => {
    const { got, want } = onBoth(variant, library => {
      const { heap, kernels } = library
      const [x, gamma, g, rstd] = [inputs(12), randoms(4, 1), randoms(12, 1, 2), [1, 2, 3]].map(heap.put)
      const only = guarded(library, 4)
      kernels.rowNormGrad(0, 0, only.out, x, 0, rstd, gamma, g, 3, 4)
      const other = guarded(library, 4)
      kernels.groupNormGrad(0, other.out, 0, x, gamma, rstd, gamma, g, 1, 3, 4, 2, 1e-3)
      return [...only.read(), ...other.read()]
    })
    expect(firstDifference(got, want, 2e-6, 1e-5)).toBeUndefined()
  })

  it('the softmax of causal attention sees one key more in each row', () => {
    for (const first of [-1, 1, 3]) {
      const { got, want } = onBoth(variant, library => {
        const { out, read } = guarded(library, 35)
        library.kernels.causalSoftmax(out, library.heap.put(randoms(35, 3)), 5, 7, first)
        return read()
      })
      expect(firstDifference(got, want, 1e-6, 1e-6)).toBeUndefined()
      const seen = Array.from({ length: 5 }, (_, r) => got.slice(r * 7, r * 7 + 7).filter(p => p > 0).length)
      expect(seen).toEqual(seen.map((_, r) => Math.min(7, Math.max(0, first + r))))
    }
  })
})
