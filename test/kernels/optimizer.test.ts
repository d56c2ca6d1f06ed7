import { describe, expect, it } from 'vitest'
import { firstDifference, guarded, type Library, onBoth, randoms, variants } from './twins.ts'

const n = 37

/** A guarded array with values. */
function state(library: Library, values: number[]) {
  const { out, read } = guarded(library, values.length)
  library.kernels.float.copy(out, library.heap.put(values), values.length)
  return { at: out, read }
}

describe.each(variants)('optimizers of the %s kernels', variant => {
  it.each([
    { momentum: 0, dampening: 0, weightDecay: 0, nesterov: false },
    { momentum: 0, dampening: 0, weightDecay: 0.1, nesterov: false },
    { momentum: 0.9, dampening: 0, weightDecay: 0.01, nesterov: false },
    { momentum: 0.9, dampening: 0.3, weightDecay: 0, nesterov: false },
    { momentum: 0.9, dampening: 0, weightDecay: 0, nesterov: true },
  ])('sgd takes the same three steps as in double precision: %o', o => {
    const { got, want } = onBoth(variant, library => {
      const p = state(library, randoms(n))
      const g = state(library, randoms(n, 1, 2))
      // Not a number on purpose: the first step must not read the velocity.
      const v = state(library, new Array<number>(n).fill(Number.NaN))
      for (let t = 0; t < 3; t++) {
        const velocity = o.momentum === 0 ? 0 : v.at
        library.kernels.sgd(
          p.at,
          g.at,
          velocity,
          n,
          0.05,
          o.momentum,
          o.dampening,
          o.weightDecay,
          o.nesterov,
          t === 0,
        )
      }
      return o.momentum === 0 ? p.read() : [...p.read(), ...v.read()]
    })
    expect(firstDifference(got, want, 1e-6, 1e-6)).toBeUndefined()
  })

  it.each([
    { amsgrad: false, weightDecay: 0, keep: 1, beta2: 0.999 },
    { amsgrad: false, weightDecay: 0.02, keep: 1, beta2: 0.9999 },
    { amsgrad: true, weightDecay: 0, keep: 1, beta2: 0.9 },
    { amsgrad: false, weightDecay: 0, keep: 0.999, beta2: 0.999 },
  ])('adam takes the same three steps as in double precision: %o', o => {
    const { got, want } = onBoth(variant, library => {
      const p = state(library, randoms(n))
      const zeros = new Array<number>(n).fill(0)
      const [m, v, vMax] = [0, 1, 2].map(() => state(library, zeros))
      for (let t = 1; t <= 3; t++) {
        const g = state(library, randoms(n, 1 / t, t))
        const stepSize = 0.01 / (1 - 0.9 ** t)
        const correction = 1 / (1 - o.beta2 ** t)
        library.kernels.adam(
          p.at,
          g.at,
          m.at,
          v.at,
          o.amsgrad ? vMax.at : 0,
          n,
          stepSize,
          0.9,
          o.beta2,
          1e-8,
          correction,
          o.weightDecay,
          o.keep,
        )
      }
      return [p, m, v, vMax].flatMap(array => array.read())
    })
    expect(firstDifference(got, want, 2e-6, 1e-7)).toBeUndefined()
  })

  it('clears subnormal numbers and nothing else', () => {
    const least = 2 ** -126
    const numbers = [
      least,
      -least,
      least / 2,
      -least / 2,
      2 ** -149,
      0,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      3,
    ]
    const { got, want } = onBoth(variant, library => {
      const x = state(library, numbers)
      library.kernels.flushSubnormals(x.at, numbers.length)
      return x.read()
    })
    expect(got).toEqual(want)
    expect(got.slice(0, numbers.length)).toEqual([
      least,
      -least,
      0,
      0,
      0,
      0,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      3,
    ])
  })
})
