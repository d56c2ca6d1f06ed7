import { describe, expect, it } from 'vitest'
import { describeAdapter, describeContext } from '../../../src/engine/gpu/adapter.ts'
import { compareProducts } from '../../../src/engine/gpu/check-product.ts'
import {
  breakEven,
  bytesOf,
  flopsOf,
  gpuWins,
  predict,
  type Rates,
  ratesFrom,
} from '../../../src/engine/gpu/cost-model.ts'
import { toFault } from '../../../src/engine/gpu/fault.ts'
import { Lru } from '../../../src/engine/gpu/lru.ts'
import { rowsOf, withoutPadding } from '../../../src/engine/gpu/product.ts'

describe('a cache of limited cost', () => {
  it('lets the least recently used go first, and says so', () => {
    const gone: string[] = []
    const cache = new Lru<string, number>(10, (value, key) => gone.push(`${key}=${value}`))
    cache.set('a', 1, 4)
    cache.set('b', 2, 4)
    cache.get('a')
    cache.set('c', 3, 4)
    expect(gone).toEqual(['b=2'])
    expect([...cache.keys()]).toEqual(['a', 'c'])
    expect(cache.cost).toBe(8)
  })

  it('keeps a value that is larger than the budget alone', () => {
    const gone: string[] = []
    const cache = new Lru<string, number>(10, (_, key) => gone.push(key))
    cache.set('a', 1, 4)
    cache.set('b', 2, 40)
    expect(gone).toEqual(['a'])
    expect(cache.get('b')).toBe(2)
  })

  it('lets a value go that is set anew, deleted or cleared, once', () => {
    const gone: string[] = []
    const cache = new Lru<string, number>(10, (value, key) => gone.push(`${key}=${value}`))
    cache.set('a', 1)
    cache.set('a', 2)
    cache.delete('a')
    cache.delete('a')
    cache.set('b', 3)
    cache.clear()
    expect(gone).toEqual(['a=1', 'a=2', 'b=3'])
    expect([cache.size, cache.cost]).toEqual([0, 0])
  })
})

describe('the cost model', () => {
  const sample = (rates: Rates, side: number) => {
    const sizes = { m: side, n: side, k: side }
    const [flops, bytes] = [flopsOf(sizes), bytesOf(sizes)]
    return { flops, bytes, ms: predict(rates, flops, bytes) }
  }

  it('finds the rates that three times came from', () => {
    const rates = { call: 0, byte: 1e-7, flop: 1e-10 }
    const samples = [sample(rates, 8), sample(rates, 256), sample(rates, 768)] as const
    const { call, byte, flop } = ratesFrom(samples)
    expect(call).toBeLessThan(1e-3)
    expect(byte / rates.byte).toBeCloseTo(1, 1)
    expect(flop / rates.flop).toBeCloseTo(1, 1)
  })

  it('counts the smallest product as the cost of a call', () => {
    const rates = { call: 2, byte: 0, flop: 1e-9 }
    expect(ratesFrom([sample(rates, 4), sample(rates, 256), sample(rates, 768)]).call).toBeCloseTo(2, 4)
  })

  it('gives no negative rate, however noisy the times', () => {
    const base = { call: 1, byte: 0, flop: 1e-9 }
    const [small, middle, large] = [sample(base, 64), sample(base, 256), sample(base, 768)]
    for (const noise of [0.1, 0.5, 2, 5]) {
      for (const rates of [
        ratesFrom([small, { ...middle, ms: middle.ms * noise }, large]),
        ratesFrom([small, middle, { ...large, ms: large.ms * noise }]),
      ]) {
        expect(Math.min(rates.call, rates.byte, rates.flop)).toBeGreaterThanOrEqual(0)
      }
    }
  })

  it('lets a GPU begin at 1.5 times the speed, and go on while it is faster', () => {
    expect(gpuWins(1, 1.4, false)).toBe(false)
    expect(gpuWins(1, 1.6, false)).toBe(true)
    expect(gpuWins(1, 1.1, true)).toBe(true)
    expect(gpuWins(1, 0.9, true)).toBe(false)
  })

  it('knows from what size on a GPU wins, and when it never does', () => {
    const wasm = { call: 0, byte: 0, flop: 2e-8 }
    expect(breakEven({ call: 1, byte: 1e-7, flop: 1e-10 }, wasm)).toBe(512)
    expect(breakEven({ call: 0, byte: 0, flop: 1.5e-8 }, wasm)).toBeNull()
  })
})

describe('the comparison of products', () => {
  const [want, right] = [Float32Array.of(1000, 1, -2), Float32Array.of(1000.005, 1.005, -2)]

  it('allows 1e-5 of the largest value', () => {
    expect(compareProducts(right, want, 0)).toBe('right')
    expect(compareProducts(Float32Array.of(1000, 1.02, -2), want, 0)).toBe('wrong')
  })

  it('finds zeros, NaN and infinities wrong', () => {
    expect(compareProducts(new Float32Array(3), want, 0)).toBe('wrong')
    expect(compareProducts(Float32Array.of(1000, Number.NaN, -2), want, 0)).toBe('wrong')
    expect(compareProducts(Float32Array.of(Number.POSITIVE_INFINITY, 1, -2), want, 0)).toBe('wrong')
  })

  it('allows the rounding of sums that cancel out', () => {
    const [got, nothing] = [Float32Array.of(1e-4), Float32Array.of(0)]
    expect(compareProducts(got, nothing, 1000)).toBe('right')
    expect(compareProducts(got, nothing, 1)).toBe('wrong')
  })

  it('says nothing about products with NaN or infinities', () => {
    expect(compareProducts(right, Float32Array.of(1, Number.NaN, 2), 0)).toBe('undecided')
    expect(compareProducts(right, Float32Array.of(1, Number.POSITIVE_INFINITY, 2), 0)).toBe('undecided')
  })
})

describe('rows', () => {
  const memory = Float32Array.from({ length: 12 }, (_, i) => i)
  const operand = { slot: 0, upload: true, address: 4 }

  it('are viewed where they lie close, and copied where they do not', () => {
    const dense = rowsOf(memory, { ...operand, rows: 2, cols: 3, stride: 3 })
    expect([...dense]).toEqual([1, 2, 3, 4, 5, 6])
    expect(dense.buffer).toBe(memory.buffer)
    expect([...rowsOf(memory, { ...operand, rows: 2, cols: 2, stride: 5 })]).toEqual([1, 2, 6, 7])
  })

  it('lose their padding', () => {
    expect([...withoutPadding(memory, 2, 4, 3)]).toEqual([0, 1, 2, 4, 5, 6])
    expect([...withoutPadding(memory, 2, 4, 4)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })
})

describe('adapters', () => {
  it('are named, and told from programs that imitate them', () => {
    const real = { info: { vendor: 'nvidia', architecture: 'ada', description: 'Imaginary 4090' } }
    expect(describeAdapter(real)).toEqual({ name: 'Imaginary 4090, nvidia, ada', software: false })
    expect(describeAdapter({ ...real, isFallbackAdapter: true }).software).toBe(true)
    expect(describeAdapter({ info: { vendor: 'google', architecture: 'swiftshader' } }).software).toBe(true)
    expect(describeAdapter({})).toEqual({ name: 'unnamed adapter', software: false })
  })

  it('of WebGL are known by their renderer', () => {
    const context = (name: string) => ({
      RENDERER: 1,
      getExtension: () => ({ UNMASKED_RENDERER_WEBGL: 2 }),
      getParameter: (which: number) => (which === 2 ? name : 'WebKit WebGL'),
    })
    expect(describeContext(context('Imaginary GPU'))).toEqual({ name: 'Imaginary GPU', software: false })
    expect(describeContext(context('llvmpipe (LLVM 15.0.6, 256 bits)')).software).toBe(true)
    expect(describeContext(null).software).toBe(false)
  })
})

describe('faults', () => {
  it('are known by what was thrown', () => {
    expect(toFault(new Error('WebGPU device was lost; run again')).kind).toBe('lost')
    expect(toFault(new Error('output needs 4 bytes more')).kind).toBe('failed')
    expect(toFault('closed').message).toBe('closed')
  })
})
