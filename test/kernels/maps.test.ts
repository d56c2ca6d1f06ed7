import { describe, expect, it } from 'vitest'
import {
  GRADIENT_NAMES,
  PARAMETRIC_NAMES,
  type ParametricName,
  UNARY_NAMES,
  type UnaryName,
} from '../../kernels/kernels.ts'
import { firstDifference, guarded, integers, onBoth, randoms, sizes, variants } from './twins.ts'

const specials = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -1.5,
  -2.5,
  3.5,
  1e-45,
  -1e-45,
  1e-39,
  1e-30,
  -1e-30,
  1e-8,
  -1e-8,
  1e-4,
  20,
  -20,
  88.7,
  -88.7,
  104,
  -104,
  3e4,
  1e6,
  -1e6,
  1e30,
  -1e30,
  3e38,
  Infinity,
  -Infinity,
  Number.NaN,
].map(Math.fround)

/** Functions that must be exact to the bit (correctly rounded operations). */
const exact = new Set<UnaryName>([
  'neg',
  'abs',
  'sign',
  'sqrt',
  'square',
  'reciprocal',
  'floor',
  'ceil',
  'round',
  'trunc',
  'relu',
  'relu6',
  'hardTanh',
])

/** Where a sum of terms of both signs loses digits; everything else is good to a relative error. */
const absolute: Partial<Record<string, number>> = {
  erf: 1e-7,
  // x·eˣ where eˣ is below the smallest normal number
  mish: 1e-36,
  geluGrad: 1e-6,
  geluTanhGrad: 1e-6,
  siluGrad: 1e-6,
  tanhGrad: 3e-7,
  sigmoidGrad: 1e-7,
  scale: 1e-6,
  hardSigmoid: 3e-7,
  hardSigmoidKeras: 2e-7,
}
/** exp(−x²/2) grows the rounding of x² by x². */
const relative: Partial<Record<string, number>> = { gelu: 1e-5, geluTanh: 2e-5, sinh: 1e-6 }

const parameters: Readonly<Record<ParametricName, readonly (readonly [number, number])[]>> = {
  elu: [
    [1, 0],
    [0.3, 0],
  ],
  leakyRelu: [[0.01, 0]],
  softplus: [
    [1, 0],
    [2.5, 0],
  ],
  clip: [
    [-0.5, 2],
    [-Infinity, 1],
    [2, -1],
  ],
  scale: [
    [2.5, -1],
    [1, 0.25],
  ],
  powScalar: [2, 3, 4, -1, -2, 0.5, -0.5, 0, 1, 5, 1.7, -3].map(p => [p, 0] as const),
  hardSigmoidKeras: [[0.2, 0.5]],
}

describe.each(variants)('maps of the %s kernels', variant => {
  for (const name of UNARY_NAMES) {
    it(`${name} agrees with double precision at every size and on special values`, () => {
      for (const x of [...sizes.map(n => randoms(n, 6)), specials]) {
        const { got, want } = onBoth(variant, library => {
          const { out, read } = guarded(library, x.length)
          library.kernels.unary[name](out, library.heap.put(x), x.length)
          return read()
        })
        const tolerance = exact.has(name) ? 6e-8 : (relative[name] ?? 2e-6)
        expect(firstDifference(got, want, tolerance, absolute[name])).toBeUndefined()
      }
    })
  }

  for (const name of PARAMETRIC_NAMES) {
    it(`${name} agrees with double precision for several parameters`, () => {
      for (const [p, q] of parameters[name]) {
        for (const x of [...sizes.map(n => randoms(n, 4)), specials]) {
          const { got, want } = onBoth(variant, library => {
            const { out, read } = guarded(library, x.length)
            library.kernels.parametric[name](out, library.heap.put(x), x.length, p, q)
            return read()
          })
          expect(firstDifference(got, want, 2e-6, absolute[name]), `p ${p}, q ${q}`).toBeUndefined()
        }
      }
    })
  }

  for (const name of GRADIENT_NAMES) {
    it(`${name} agrees with double precision`, () => {
      for (const n of sizes) {
        // What comes out of tanh and sigmoid lies in [−1, 1]; the others take any x.
        const y = randoms(n, name === 'tanhGrad' || name === 'sigmoidGrad' ? 1 : 8)
        const { got, want } = onBoth(variant, library => {
          const { out, read } = guarded(library, n)
          library.kernels.gradient[name](out, library.heap.put(y), library.heap.put(randoms(n, 2, 3)), n)
          return read()
        })
        expect(firstDifference(got, want, 2e-6, absolute[name])).toBeUndefined()
      }
    })
  }

  it('may write over its input', () => {
    const x = randoms(37, 3)
    const { got, want } = onBoth(variant, ({ heap, kernels }) => {
      const p = heap.put(x)
      for (const name of ['exp', 'tanh', 'abs', 'sqrt'] as const) kernels.unary[name](p, p, x.length)
      kernels.parametric.scale(p, p, x.length, 2, 1)
      return heap.get(p, x.length)
    })
    expect(firstDifference(got, want, 1e-6)).toBeUndefined()
  })

  it('tanh, erf and sigmoid saturate at exactly ±1 and 0', () => {
    const { got } = onBoth(variant, ({ heap, kernels }) => {
      const x = heap.put([10, -10, 1e30, -1e30])
      const read = (name: UnaryName) => {
        kernels.unary[name](x + 64, x, 4)
        return heap.get(x + 64, 4)
      }
      return [read('tanh'), read('erf'), read('sigmoid').slice(2)]
    })
    expect(got).toEqual([
      [1, -1, 1, -1],
      [1, -1, 1, -1],
      [1, 0],
    ])
  })

  it('gelu of a far negative number is zero', () => {
    const { got } = onBoth(variant, ({ heap, kernels }) => {
      const x = heap.put([-14, -100, -1000, -1e20])
      kernels.unary.gelu(x, x, 4)
      return heap.get(x, 4)
    })
    expect(got.every(y => y === 0)).toBe(true)
  })

  it('the predicates and conversions agree, on special values too', () => {
    const x = [...specials, ...randoms(17, 1e5), 2147483648, -2147483648, 2147483520, 0.99, -0.99]
    for (const name of ['floatToInt', 'floatToBool', 'isNaN', 'isFinite', 'isInf'] as const) {
      const { got, want } = onBoth(variant, library => {
        const { out, read } = guarded(library, x.length, 'int')
        library.kernels[name](out, library.heap.put(x), x.length)
        return read()
      })
      expect(got, name).toEqual(want)
    }
  })

  it('intToFloat rounds to the nearest float', () => {
    const x = [...integers(1000, -(2 ** 31), 2 ** 31), 0, 1, -1, 16777217, 2 ** 31 - 1, -(2 ** 31)]
    const { got } = onBoth(variant, library => {
      const { out, read } = guarded(library, x.length)
      library.kernels.intToFloat(out, library.heap.putInt(x), x.length)
      return read()
    })
    expect(got).toEqual(x.map(Math.fround))
  })

  it('axpy, fillRows and sumSquares agree', () => {
    for (const n of sizes) {
      const { got, want } = onBoth(variant, library => {
        const { heap, kernels } = library
        const x = heap.put(randoms(n, 3))
        const sum = heap.put(randoms(n, 3, 99))
        kernels.axpy(sum, x, n, -0.75)
        const { out, read } = guarded(library, 3 * n)
        kernels.fillRows(out, x, 3, n)
        return [...heap.get(sum, n), ...read(), kernels.sumSquares(x, n)]
      })
      expect(firstDifference(got, want, 1e-6, 1e-6)).toBeUndefined()
    }
  })
})
