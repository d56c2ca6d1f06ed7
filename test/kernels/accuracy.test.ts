import { describe, expect, it } from 'vitest'
import { unaryFunctions } from '../../kernels/reference/unary.ts'
import { ulps, variants, wasmLibrary } from './twins.ts'

/** [low, high]: from the smallest to the largest |x| of a dense sweep, and the signs it runs over. */
interface Sweep {
  readonly from: number
  readonly to: number
  readonly signs: readonly number[]
}

const both = [1, -1]

/** Largest error in units of the last place over all binary exponents of the range. */
const table = {
  exp: { from: 1e-30, to: 87.3, signs: both, max: 2 },
  expm1: { from: 1e-30, to: 88.7, signs: both, max: 2 },
  log: { from: 1e-44, to: 3e38, signs: [1], max: 1.5 },
  log1p: { from: 1e-30, to: 3e38, signs: [1], max: 1.5 },
  sigmoid: { from: 1e-30, to: 87.3, signs: both, max: 3 },
  tanh: { from: 1e-30, to: 20, signs: both, max: 3 },
  erf: { from: 1e-30, to: 10, signs: both, max: 6 },
  logSigmoid: { from: 1e-30, to: 87, signs: both, max: 4 },
  silu: { from: 1e-30, to: 87.3, signs: both, max: 5 },
  mish: { from: 1e-30, to: 80, signs: both, max: 5 },
  softsign: { from: 1e-30, to: 1e30, signs: both, max: 2 },
  rsqrt: { from: 1e-37, to: 3e38, signs: [1], max: 2 },
  gelu: { from: 1e-30, to: 3, signs: both, max: 12 },
  selu: { from: 1e-30, to: 80, signs: both, max: 3 },
} satisfies Record<string, Sweep & { max: number }>

/** Numbers whose bit patterns are evenly spread: every binade gets its share. */
function sweep({ from, to, signs }: Sweep, count = 200_000): Float32Array {
  const bits = new Int32Array(new Float32Array([from, to]).buffer)
  const step = (bits[1] - bits[0]) / count
  const patterns = Int32Array.from({ length: count }, (_, i) => bits[0] + Math.floor(i * step))
  const values = new Float32Array(patterns.buffer)
  return Float32Array.from(signs.flatMap(sign => Array.from(values, v => sign * v)))
}

describe.each(variants)('accuracy of the %s kernels', variant => {
  const { heap, kernels } = wasmLibrary(variant)
  for (const [name, { max, ...range }] of Object.entries(table)) {
    it(`${name} is within ${max} ulp`, () => {
      const x = sweep(range)
      const p = heap.put(x)
      kernels.unary[name as keyof typeof table](p, p, x.length)
      const y = heap.get(p, x.length)
      const exact = unaryFunctions[name as keyof typeof table]
      let worst = 0
      let at = 0
      for (let i = 0; i < x.length; i++) {
        const error = ulps(y[i], exact(x[i]))
        if (error > worst) [worst, at] = [error, x[i]]
      }
      if (process.env.ULP_TABLE) console.log(`${variant} ${name}: ${worst.toFixed(2)} ulp at ${at}`)
      expect(worst, `at ${at}`).toBeLessThanOrEqual(max)
    })
  }

  it('exp is infinite and zero exactly where float32 has no normal number left', () => {
    const edges = [
      { from: 88.7, to: 88.75, signs: [1] },
      { from: 87.3, to: 87.4, signs: [-1] },
    ]
    for (const edge of edges) {
      const x = sweep(edge, 5000)
      const p = heap.put(x)
      kernels.unary.exp(p, p, x.length)
      const y = heap.get(p, x.length)
      x.forEach((v, i) => {
        const want = Math.fround(Math.exp(v))
        if (want < 2 ** -126) expect(y[i], `exp(${v})`).toBeLessThanOrEqual(2 ** -126)
        else expect(ulps(y[i], want), `exp(${v})`).toBeLessThanOrEqual(2)
      })
    }
  })
})
