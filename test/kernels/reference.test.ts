import { describe, expect, it } from 'vitest'
import { mod, pow } from '../../kernels/reference/arithmetic.ts'
import { erf, erfc } from '../../kernels/reference/erf.ts'
import { createReferenceKernels } from '../../kernels/reference/index.ts'
import { gradientFunctions, parametricFunctions, unaryFunctions } from '../../kernels/reference/unary.ts'
import { referenceHeap } from './harness.ts'
import { exactLibrary, firstDifference } from './twins.ts'

/** erf by its series 2/√π·e^(−x²)·Σ 2ⁿx²ⁿ⁺¹/(2n+1)!!, whose terms are all positive. */
function erfSeries(x: number): number {
  let term = x
  let sum = x
  for (let n = 1; n < 400; n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum
}

/** erfc by its continued fraction, for x ≥ 2. */
function erfcFraction(x: number): number {
  let rest = 0
  for (let k = 300; k >= 1; k--) rest = k / 2 / (x + rest)
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + rest)
}

describe('the scalar definitions', () => {
  it('erf and erfc are good to double precision', () => {
    for (let x = 0.001; x < 5; x += 0.0137) {
      expect(Math.abs(erf(x) / erfSeries(x) - 1)).toBeLessThan(1e-14)
      expect(erf(-x)).toBe(-erf(x))
      expect(erf(x) + erfc(x)).toBeCloseTo(1, 14)
    }
    for (let x = 2; x < 26; x += 0.113) expect(Math.abs(erfc(x) / erfcFraction(x) - 1)).toBeLessThan(1e-12)
    expect([erf(Infinity), erfc(-Infinity), erf(-0)]).toEqual([1, 2, -0])
    expect(erf(Number.NaN)).toBeNaN()
  })

  it('round goes to the even neighbour at a half', () => {
    const x = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49, 2.51, 1e20, -3]
    expect(x.map(unaryFunctions.round)).toEqual([0, 2, 2, -0, -2, -2, 0, 3, 1e20, -3])
  })

  it('sign keeps the sign of zero, and that of NaN is 0', () => {
    expect([Number.NaN, -0, 0, -3, Infinity].map(unaryFunctions.sign)).toEqual([0, -0, 0, -1, 1])
  })

  it('relu and clip let NaN through', () => {
    expect(unaryFunctions.relu(Number.NaN)).toBeNaN()
    expect(parametricFunctions.clip(Number.NaN, 0, 1)).toBeNaN()
  })

  it('pow is that of C', () => {
    expect(pow(1, Number.NaN)).toBe(1)
    expect([pow(-1, Infinity), pow(-1, -Infinity), pow(1, Infinity)]).toEqual([1, 1, 1])
    expect(pow(Number.NaN, 0)).toBe(1)
    expect(pow(-2, 0.5)).toBeNaN()
  })

  it('mod has the sign of the divisor', () => {
    expect([mod(7, 3), mod(-7, 3), mod(7, -3), mod(-7, -3), mod(-6, 3)]).toEqual([1, 2, -2, -1, -0])
    expect(mod(1, 0)).toBeNaN()
  })

  it('the derivatives are those of the functions', () => {
    const h = 1e-5
    const slope = (f: (x: number) => number, x: number) => (f(x + h) - f(x - h)) / (2 * h)
    for (let x = -6.03; x < 6; x += 0.31) {
      const { tanh, sigmoid, gelu, geluTanh, silu, relu } = unaryFunctions
      const g = gradientFunctions
      expect(g.tanhGrad(tanh(x), 2)).toBeCloseTo(2 * slope(tanh, x), 8)
      expect(g.sigmoidGrad(sigmoid(x), 2)).toBeCloseTo(2 * slope(sigmoid, x), 8)
      expect(g.reluGrad(relu(x), 2)).toBeCloseTo(2 * slope(relu, x), 8)
      expect(g.geluGrad(x, 2)).toBeCloseTo(2 * slope(gelu, x), 8)
      expect(g.geluTanhGrad(x, 2)).toBeCloseTo(2 * slope(geluTanh, x), 8)
      expect(g.siluGrad(x, 2)).toBeCloseTo(2 * slope(silu, x), 8)
    }
  })

  it('softplus, mish and logSigmoid do not overflow', () => {
    const { mish, logSigmoid } = unaryFunctions
    expect(parametricFunctions.softplus(1000, 1, 0)).toBe(1000)
    expect([mish(1000), logSigmoid(1000), logSigmoid(-1000)]).toEqual([1000, -0, -1000])
  })
})

describe('the reference kernels', () => {
  it('integer arithmetic wraps at 32 bits', () => {
    const { heap, kernels } = exactLibrary()
    const x = heap.putInt([2 ** 31 - 1, 65537, 7, -7, 3])
    const y = heap.putInt([1, 65537, -2, 2, 0])
    const out = heap.putInt([0, 0, 0, 0, 0])
    const run = (name: 'add' | 'mul' | 'div' | 'mod' | 'pow') => {
      kernels.int.binary[name](out, x, y, 1, 5, 5, 1, 5, 1)
      return heap.getInt(out, 5)
    }
    expect(run('add')).toEqual([-(2 ** 31), 131074, 5, -5, 3])
    expect(run('mul')).toEqual([2 ** 31 - 1, 131073, -14, -14, 0])
    expect(run('div')).toEqual([2 ** 31 - 1, 1, -3, -3, 0])
    expect(run('mod')).toEqual([0, 0, -1, 1, 0])
    expect(run('pow')).toEqual([2 ** 31 - 1, Number((65537n ** 65537n) & 0xffffffffn) | 0, 0, 49, 1])
  })

  it('softmax of known logits', () => {
    const { heap, kernels } = exactLibrary()
    const out = heap.space(3)
    kernels.softmax(out, heap.put([0, Math.log(2), Math.log(5)]), 1, 3)
    expect(firstDifference(heap.get(out, 3), [1 / 8, 2 / 8, 5 / 8], 1e-15)).toBeUndefined()
  })

  it('cross-entropy is the logarithm of the probability, and its gradient adds up to 0', () => {
    const { heap, kernels } = exactLibrary()
    const out = heap.space(3)
    const x = heap.put([0, Math.log(2), Math.log(5)])
    const labels = heap.putInt([1])
    kernels.sparseCrossEntropy(out, x, labels, 1, 3)
    expect(heap.get(out, 1)[0]).toBeCloseTo(Math.log(4), 14)
    kernels.sparseCrossEntropyGrad(out, x, labels, heap.put([8]), 1, 3)
    expect(firstDifference(heap.get(out, 3), [1, -6, 5], 1e-14)).toBeUndefined()
  })

  it('one step of Adam moves by the step size', () => {
    const { heap, kernels } = exactLibrary()
    const [p, m, v] = [heap.put([1, 1]), heap.put([0, 0]), heap.put([0, 0])]
    kernels.adam(p, heap.put([5, -0.01]), m, v, 0, 2, 0.1 / (1 - 0.9), 0.9, 0.999, 0, 1 / (1 - 0.999), 0, 1)
    expect(firstDifference(heap.get(p, 2), [0.9, 1.1], 1e-12)).toBeUndefined()
  })

  it('works in float32 too', () => {
    const heap = referenceHeap(32)
    const kernels = createReferenceKernels(heap)
    const out = heap.space(1)
    kernels.float.reduce.sum(out, heap.put(new Array<number>(131_072).fill(0.1)), 1, 131_072, 1)
    expect(heap.get(out, 1)[0]).toBe(Math.fround(131_072 * Math.fround(0.1)))
  })
})
