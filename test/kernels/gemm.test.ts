import { describe, expect, it } from 'vitest'
import type { Kernels, Pointer } from '../../kernels/kernels.ts'
import { createGemm } from '../../kernels/reference/gemm.ts'
import { hasRelaxedSimd, instantiate, type WasmExports, type WasmVariant } from '../../src/engine/wasm.ts'
import { createWasmGemm } from '../../src/engine/wasm-gemm.ts'
import { referenceHeap, type TestHeap, wasmHeap } from './harness.ts'

type Gemm = Kernels['gemm']

interface Product {
  readonly m: number
  readonly n: number
  readonly k: number
  readonly transA?: boolean
  readonly transB?: boolean
  readonly accumulate?: boolean
  /** Numbers between the rows of A, B and C. */
  readonly gap?: number
}

interface Operands {
  readonly a: Float32Array
  readonly b: Float32Array
  readonly c: Float32Array
  readonly lda: number
  readonly ldb: number
  readonly ldc: number
}

/** A small generator of numbers in [0, 1), so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const draw = random(7)
const integer = (): number => Math.floor(draw() * 17) - 8
const real = (): number => draw() * 2 - 1
const upTo = (most: number): number => 1 + Math.floor(draw() * most)
const chance = (): boolean => draw() < 0.5

/** What lies in the gaps: it must not reach the result, nor be written to. */
const guard = 12345

function matrix(
  rows: number,
  columns: number,
  gap: number,
  value: () => number,
  between: number,
): Float32Array {
  const stride = columns + gap
  return Float32Array.from({ length: rows * stride }, (_, i) => (i % stride < columns ? value() : between))
}

function operands(p: Product, value: () => number): Operands {
  const { m, n, k, transA, transB, gap = 0 } = p
  const [aRows, aColumns] = transA ? [k, m] : [m, k]
  const [bRows, bColumns] = transB ? [n, k] : [k, n]
  return {
    a: matrix(aRows, aColumns, gap, value, Number.NaN),
    b: matrix(bRows, bColumns, gap, value, Number.NaN),
    c: matrix(m, n, gap, value, guard),
    lda: aColumns + gap,
    ldb: bColumns + gap,
    ldc: n + gap,
  }
}

/** All of C after the call, gaps and 16 numbers behind it included. */
function run(heap: TestHeap, gemm: Gemm, p: Product, o: Operands): number[] {
  const [a, b] = [heap.put(o.a), heap.put(o.b)]
  const c = heap.put([...o.c, ...Array(16).fill(guard)])
  gemm(!!p.transA, !!p.transB, p.m, p.n, p.k, a, o.lda, b, o.ldb, c, o.ldc, !!p.accumulate)
  return heap.get(c, o.c.length + 16)
}

const bits = (values: ArrayLike<number>): Uint32Array => new Uint32Array(Float32Array.from(values).buffer)

/** Cuts 0 … size at random into [start, length] pieces, pieces of 1 among them. */
function cuts(size: number): [number, number][] {
  const pieces: [number, number][] = []
  for (let start = 0; start < size; ) {
    const length = Math.min(size - start, chance() ? upTo(3) : upTo(size))
    pieces.push([start, length])
    start += length
  }
  return pieces
}

const transposes = [false, true].flatMap(transA => [false, true].map(transB => ({ transA, transB })))

/** The definition, rounded to float32 after every multiplication and addition. */
function inBlocks(o: Operands, p: Product): number[] {
  const { fround } = Math
  const result = Array.from(o.c)
  for (let i = 0; i < p.m; i++) {
    for (let j = 0; j < p.n; j++) {
      let total = p.accumulate ? o.c[i * o.ldc + j] : 0
      const depth = Math.ceil(p.k / Math.ceil(p.k / 320))
      for (let start = 0; start < p.k; start += depth) {
        let sum = 0
        for (let t = start; t < Math.min(start + depth, p.k); t++) {
          const x = o.a[p.transA ? t * o.lda + i : i * o.lda + t]
          const y = o.b[p.transB ? j * o.ldb + t : t * o.ldb + j]
          sum = fround(sum + fround(x * y))
        }
        total = fround(total + sum)
      }
      result[i * o.ldc + j] = total
    }
  }
  return [...result, ...Array(16).fill(guard)]
}

describe.each([32, 64] as const)('the reference product in float%i', width => {
  it('is the sum over k of A[i, k]·B[k, j]', () => {
    const heap = referenceHeap(width)
    const [a, b, c] = [heap.put([1, 2, 3, 4, 5, 6]), heap.put([1, 0, 2, 1, 0, 3]), heap.put([10, 20, 30, 40])]
    const gemm = createGemm(heap)
    gemm(false, false, 2, 2, 3, a, 3, b, 2, c, 2, false)
    expect(heap.get(c, 4)).toEqual([5, 11, 14, 23])
    gemm(false, true, 2, 2, 3, a, 3, b, 3, c, 2, true)
    expect(heap.get(c, 4)).toEqual([5 + 7, 11 + 10, 14 + 16, 23 + 22])
    gemm(true, false, 2, 2, 3, a, 2, b, 2, c, 2, false)
    expect(heap.get(c, 4)).toEqual([7, 18, 10, 22])
  })
})

const variants: WasmVariant[] = hasRelaxedSimd() ? ['muladd', 'relaxed'] : ['muladd']

describe.each(variants)('the wasm product (%s)', variant => {
  const setUp = (): { heap: TestHeap; exports: WasmExports; gemm: Gemm } => {
    const { heap, exports } = wasmHeap(variant)
    return { heap, exports, gemm: createWasmGemm(exports, heap) }
  }

  /** Products of small whole numbers are exact in float32: every implementation must agree to the bit. */
  const expectExact = (products: Product[]): void => {
    const { heap, gemm } = setUp()
    for (const p of products) {
      const o = operands(p, integer)
      const oracle = referenceHeap(64)
      const expected = run(oracle, createGemm(oracle), p, o)
      expect(run(heap, gemm, p, o), JSON.stringify(p)).toEqual(expected)
    }
  }

  it.each(transposes)('agrees with the reference for every small m and n (%o)', layout => {
    const sizes = Array.from({ length: 14 * 18 }, (_, i) => ({ m: 1 + (i % 14), n: 1 + Math.floor(i / 14) }))
    expectExact(sizes.map(s => ({ ...s, ...layout, k: upTo(20), gap: upTo(4) - 1, accumulate: chance() })))
  })

  it.each(transposes)('agrees with the reference around the ends of a block of k (%o)', layout => {
    const depths = [1, 2, 3, 319, 320, 321, 640, 641, 642]
    const shapes = depths.flatMap(k => [1, 2, 7, 30].map(m => ({ k, m, n: upTo(40) })))
    expectExact(shapes.map(s => ({ ...s, ...layout, gap: 3, accumulate: chance() })))
  })

  it.each(transposes)('agrees with the reference for sizes beyond the blocks of m and n (%o)', layout => {
    expectExact([
      { m: 121, n: 19, k: 33, ...layout },
      { m: 65, n: 1030, k: 12, ...layout, accumulate: true },
      { m: 7, n: 1024, k: 260, ...layout },
      { m: 530, n: 9, k: 20, ...layout, gap: 1 },
      { m: 1, n: 1100, k: 270, ...layout, accumulate: true },
      { m: 1100, n: 1, k: 270, ...layout, accumulate: true, gap: 2 },
      { m: 1100, n: 1, k: 10, ...layout },
    ])
  })

  it('is close to the float64 product for random numbers', () => {
    const { heap, gemm } = setUp()
    for (let i = 0; i < 40; i++) {
      const p = {
        m: upTo(40),
        n: upTo(40),
        k: upTo(600),
        transA: chance(),
        transB: chance(),
        accumulate: chance(),
      }
      const o = operands(p, real)
      const oracle = referenceHeap(64)
      const expected = run(oracle, createGemm(oracle), p, o)
      const worst = Math.max(...run(heap, gemm, p, o).map((x, at) => Math.abs(x - expected[at])))
      expect(worst).toBeLessThan(3e-5)
    }
  })

  it.skipIf(variant === 'relaxed')(
    'rounds like sums over even blocks of at most 320, each in order from zero',
    () => {
      const { heap, gemm } = setUp()
      for (const { transA, transB } of transposes) {
        for (const accumulate of [false, true]) {
          for (const [m, n, k] of [
            [13, 21, 600],
            [1, 37, 515],
            [37, 1, 515],
            [70, 12, 300],
          ]) {
            const p = { m, n, k, transA, transB, accumulate }
            const o = operands(p, real)
            expect(bits(run(heap, gemm, p, o))).toEqual(bits(inBlocks(o, p)))
          }
        }
      }
    },
  )

  it('gives the same bits however rows and columns are divided', () => {
    const { heap, gemm } = setUp()
    for (const { transA, transB } of transposes) {
      for (const [m, n, k] of [
        [67, 45, 300],
        [130, 20, 40],
        [5, 1024, 257],
      ]) {
        for (const accumulate of [false, true]) {
          const p = { m, n, k, transA, transB, accumulate }
          const o = operands(p, real)
          const whole = run(heap, gemm, p, o)
          const [a, b, c] = [heap.put(o.a), heap.put(o.b), heap.put([...o.c, ...Array(16).fill(guard)])]
          const rowCuts = cuts(m)
          const columnCuts = cuts(n)
          for (const [row, rows] of rowCuts) {
            for (const [column, columns] of columnCuts) {
              const left = a + 4 * row * (transA ? 1 : o.lda)
              const right = b + 4 * column * (transB ? o.ldb : 1)
              const to = c + 4 * (row * o.ldc + column)
              gemm(transA, transB, rows, columns, k, left, o.lda, right, o.ldb, to, o.ldc, accumulate)
            }
          }
          expect(bits(heap.get(c, whole.length)), JSON.stringify(p)).toEqual(bits(whole))
        }
      }
    }
  })

  it('gives the same bits in every layout of the same operands', () => {
    const { heap, gemm } = setUp()
    const p = { m: 66, n: 35, k: 310 }
    const o = operands(p, real)
    const plain = bits(run(heap, gemm, p, o))
    const turn = (x: Float32Array, rows: number, columns: number) =>
      Float32Array.from(x, (_, i) => x[(i % rows) * columns + Math.floor(i / rows)])
    const turnedA = { a: turn(o.a, p.m, p.k), lda: p.m }
    const turnedB = { b: turn(o.b, p.k, p.n), ldb: p.k }
    expect(bits(run(heap, gemm, { ...p, transA: true }, { ...o, ...turnedA }))).toEqual(plain)
    expect(bits(run(heap, gemm, { ...p, transB: true }, { ...o, ...turnedB }))).toEqual(plain)
    expect(
      bits(run(heap, gemm, { ...p, transA: true, transB: true }, { ...o, ...turnedA, ...turnedB })),
    ).toEqual(plain)
  })

  it('gives the same bits with B packed beforehand', () => {
    const { heap, exports, gemm } = setUp()
    const scratch = heap.allocate(exports.gemm_workspace())
    for (const [m, n, k] of [
      [1, 24, 40],
      [2, 12, 300],
      [7, 256, 64],
      [32, 13, 513],
      [125, 8, 20],
    ]) {
      for (const transB of [false, true]) {
        for (const accumulate of [false, true]) {
          const p = { m, n, k, transB, accumulate, gap: 3 }
          const o = operands(p, real)
          const packed: Pointer = heap.space(exports.packed_b_bytes(n, k) / 4)
          exports.pack_b(+transB, n, k, heap.put(o.b), o.ldb, packed)
          const c = heap.put([...o.c, ...Array(16).fill(guard)])
          exports.gemm_prepacked(m, n, k, heap.put(o.a), o.lda, packed, c, o.ldc, +accumulate, scratch)
          expect(bits(heap.get(c, o.c.length + 16))).toEqual(bits(run(heap, gemm, p, o)))
        }
      }
    }
  })

  it('writes no further than the packed size', () => {
    const { heap, exports } = setUp()
    for (const [n, k] of [
      [1, 1],
      [8, 3],
      [13, 300],
      [24, 513],
    ]) {
      const size = exports.packed_b_bytes(n, k) / 4
      const packed = heap.put(Array(size + 8).fill(guard))
      for (const transB of [0, 1])
        exports.pack_b(transB, n, k, heap.put(Array(n * k).fill(1)), transB ? k : n, packed)
      expect(heap.get(packed + 4 * size, 8)).toEqual(Array(8).fill(guard))
    }
  })

  it('lets NaN and infinities through, also against zeros', () => {
    const { heap, gemm } = setUp()
    for (const { transA, transB } of transposes) {
      for (const [m, n, k] of [
        [9, 11, 20],
        [1, 11, 20],
        [9, 1, 20],
        [64, 11, 20],
      ]) {
        const p = { m, n, k, transA, transB }
        const o = operands(p, () => 0)
        // op(A)[m−1, 3] = 1 meets op(B)[3, 0] = ∞; every other row of A meets it with 0.
        o.a[transA ? 3 * o.lda + m - 1 : (m - 1) * o.lda + 3] = 1
        o.b[transB ? 3 : 3 * o.ldb] = Number.POSITIVE_INFINITY
        // op(B)[5, n−1] is NaN.
        o.b[transB ? (n - 1) * o.ldb + 5 : 5 * o.ldb + n - 1] = Number.NaN
        const c = run(heap, gemm, p, o)
        for (let i = 0; i < m; i++) {
          const row = c.slice(i * n, i * n + n)
          const first = i < m - 1 ? Number.NaN : Number.POSITIVE_INFINITY
          expect(row).toEqual(n === 1 ? [Number.NaN] : [first, ...Array(n - 2).fill(0), Number.NaN])
        }
      }
    }
  })

  it('leaves C alone when it is empty', () => {
    const { heap, gemm } = setUp()
    const c = heap.put([1, 2, 3, 4])
    gemm(false, false, 0, 4, 3, c, 3, c, 4, c, 4, false)
    gemm(false, false, 4, 0, 3, c, 3, c, 4, c, 4, false)
    expect(heap.get(c, 4)).toEqual([1, 2, 3, 4])
  })

  it('gives zeros, or leaves C when accumulating, if there is nothing to sum', () => {
    const { heap, exports, gemm } = setUp()
    const c = heap.put([1, 2, guard, 3, 4, guard])
    gemm(false, false, 2, 2, 0, c, 1, c, 2, c, 3, true)
    expect(heap.get(c, 6)).toEqual([1, 2, guard, 3, 4, guard])
    gemm(false, false, 2, 2, 0, c, 1, c, 2, c, 3, false)
    expect(heap.get(c, 6)).toEqual([0, 0, guard, 0, 0, guard])
    const d = heap.put([1, 2, guard, 3, 4, guard])
    exports.gemm_prepacked(2, 2, 0, c, 1, c, d, 3, 0, 0)
    expect(heap.get(d, 6)).toEqual([0, 0, guard, 0, 0, guard])
  })

  it('works on addresses above 2 GB', () => {
    const base = 2 ** 31 - 64
    const memory = new WebAssembly.Memory({ initial: 33_000, maximum: 65536 })
    let top = base
    const allocate = (size: number): Pointer => {
      top += Math.ceil(size / 16) * 16
      return top - Math.ceil(size / 16) * 16
    }
    const gemm = createWasmGemm(instantiate(variant, memory, false), { allocate, release: () => {} })
    const [m, n, k] = [70, 21, 300]
    const [a, b, c] = [allocate(4 * m * k), allocate(4 * k * n), allocate(4 * m * n)]
    new Float32Array(memory.buffer, a, m * k).fill(2)
    new Float32Array(memory.buffer, b, k * n).fill(3)
    gemm(false, false, m, n, k, a, k, b, n, c, n, false)
    expect(new Set(new Float32Array(memory.buffer, c, m * n))).toEqual(new Set([6 * k]))
  })
})
