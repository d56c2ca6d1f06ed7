import { describe, expect, it } from 'vitest'
import { REDUCE_NAMES } from '../../kernels/kernels.ts'
import { firstDifference, guarded, integers, onBoth, randoms, sizes, variants, wasmLibrary } from './twins.ts'

/** [outer, size, inner] */
const shapes = [
  ...sizes.map(n => [1, n, 1] as const),
  ...sizes.map(n => [3, n, 1] as const),
  [2, 3, 4],
  [3, 5, 7],
  [1, 200, 16],
  [2, 100, 33],
  [1, 130, 3],
  [2, 4, 18],
  [0, 3, 2],
  [2, 3, 0],
] as const

describe.each(variants)('reductions of the %s kernels', variant => {
  it.each(REDUCE_NAMES)('%s agrees with double precision for every shape', name => {
    for (const [outer, size, inner] of shapes) {
      // Near 1, so that products stay finite.
      const x = randoms(outer * size * inner, 0.2).map(v => Math.fround(name === 'prod' ? 1 + v / 8 : v))
      const { got, want } = onBoth(variant, library => {
        const { out, read } = guarded(library, outer * inner)
        library.kernels.float.reduce[name](out, library.heap.put(x), outer, size, inner)
        return read()
      })
      const shape = [outer, size, inner].join('×')
      expect(firstDifference(got, want, name === 'prod' ? 1e-5 : 1e-6, 1e-6), shape).toBeUndefined()
    }
  })

  it.each(['argMax', 'argMin'] as const)('%s gives the first position', name => {
    for (const [outer, size, inner] of shapes) {
      if (size === 0) continue
      const { got, want } = onBoth(variant, library => {
        const { out, read } = guarded(library, outer * inner, 'int')
        const x = library.heap.put(integers(outer * size * inner, -4, 5))
        library.kernels.float[name](out, x, outer, size, inner)
        return read()
      })
      expect(got).toEqual(want)
    }
  })

  it('NaN wins in max, min, argMax and argMin, wherever it stands', () => {
    for (let at = 0; at < 11; at++) {
      const x = randoms(11)
      x[at] = Number.NaN
      const { got } = onBoth(variant, ({ heap, kernels }) => {
        const p = heap.put(x)
        const out = heap.space(4)
        kernels.float.reduce.max(out, p, 1, 11, 1)
        kernels.float.reduce.min(out + 16, p, 1, 11, 1)
        const extremes = [...heap.get(out, 1), ...heap.get(out + 16, 1)]
        kernels.float.argMax(out, p, 1, 11, 1)
        kernels.float.argMin(out + 16, p, 1, 11, 1)
        return [...extremes, ...heap.getInt(out, 1), ...heap.getInt(out + 16, 1)]
      })
      expect(got).toEqual([Number.NaN, Number.NaN, at, at])
    }
  })

  it('an empty sum is 0, an empty product 1, an empty maximum −∞', () => {
    const { got } = onBoth(variant, ({ heap, kernels }) =>
      REDUCE_NAMES.map(name => {
        const out = heap.space(1)
        kernels.float.reduce[name](out, out, 1, 0, 1)
        return heap.get(out, 1)[0]
      }),
    )
    expect(got).toEqual([0, 1, -Infinity, Infinity])
  })

  it.each([1, 5, 16])('a mean of 131,072 terms is good to 1e-6 with %i columns', inner => {
    const size = 131_072
    const x = randoms(size * inner, 1).map(v => Math.fround(v + 1.1))
    const { got, want } = onBoth(variant, ({ heap, kernels }) => {
      const out = heap.space(inner)
      kernels.float.reduce.sum(out, heap.put(x), 1, size, inner)
      return heap.get(out, inner)
    })
    expect(firstDifference(got, want, 1e-6)).toBeUndefined()
  })

  it('infinities add up to infinity or NaN', () => {
    const { heap, kernels } = wasmLibrary(variant)
    const sum = (x: number[]) => {
      const out = heap.space(1)
      kernels.float.reduce.sum(out, heap.put(x), 1, x.length, 1)
      return heap.get(out, 1)[0]
    }
    expect(sum([1, Infinity, 2, 3, 4])).toBe(Infinity)
    expect(sum([1, Infinity, 2, -Infinity, 4])).toBeNaN()
  })

  it('cumsum and the integer reductions agree', () => {
    for (const [outer, size, inner] of shapes) {
      const n = outer * size * inner
      const { got, want } = onBoth(variant, library => {
        const { heap, kernels } = library
        const whole = guarded(library, n, 'int')
        kernels.int.cumsum(whole.out, heap.putInt(integers(n, -9, 9)), outer, size, inner)
        const reduced = guarded(library, outer * inner, 'int')
        const results = REDUCE_NAMES.map(name => {
          kernels.int.reduce[name](reduced.out, heap.putInt(integers(n, -9, 9)), outer, size, inner)
          return reduced.read()
        })
        return [whole.read(), ...results]
      })
      expect(got).toEqual(want)
      const float = onBoth(variant, library => {
        const { out, read } = guarded(library, n)
        library.kernels.float.cumsum(out, library.heap.put(randoms(n)), outer, size, inner)
        return read()
      })
      expect(firstDifference(float.got, float.want, 1e-6, 1e-6)).toBeUndefined()
    }
  })
})
