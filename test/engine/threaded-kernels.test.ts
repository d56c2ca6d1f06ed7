import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createThreadedGemm, cutProduct } from '../../src/engine/threads/gemm.ts'
import { sharedRanges } from '../../src/engine/threads/recurrent.ts'
import { createWasmGemm } from '../../src/engine/wasm-gemm.ts'
import { createWasmRecurrent } from '../../src/engine/wasm-recurrent.ts'
import { problem, solve } from '../kernels/lstm-problem.ts'
import * as recurrent from '../kernels/recurrent-problem.ts'
import { drawer, type ThreadedDevice, threadedDevice } from './threaded-device.ts'

let device: ThreadedDevice
/** Jobs that went to the pool. */
let shared = 0
beforeAll(async () => {
  device = await threadedDevice(3)
  const { pool } = device
  const run = pool.run.bind(pool)
  pool.run = job => {
    shared++
    run(job)
  }
})
afterAll(() => device.pool.stop())

describe('cutProduct', () => {
  it.each([
    [512, 512, false, [512, 64]],
    [1024, 1024, true, [1024, 256]],
    [4096, 8, false, [540, 8]],
    [3200, 64, false, [420, 64]],
    [1, 4096, false, [1, 512]],
    [2, 3, false, [2, 3]],
  ])('%i × %i, packing A: %s', (m, n, packsA, expected) => {
    expect(cutProduct(m, n, packsA, 2)).toEqual(expected)
  })
})

describe('products on three threads', () => {
  it('have the bits of one thread, and write nothing but C', () => {
    const { exports, memory, heap, pool } = device
    const stride = exports.gemm_workspace() >>> 0
    const scratch = heap.allocate(3 * stride)
    const single = createWasmGemm(exports, memory)
    const threaded = createThreadedGemm(pool, single, scratch, stride)
    const draw = drawer(7)
    const numbers = (n: number) => Float32Array.from({ length: n }, () => draw(2 ** 24) / 2 ** 23 - 1)
    for (let i = 0; i < 40; i++) {
      const sizes = [1 + draw(300), 1 + draw(300), 1 + draw(600)].sort(() => draw(3) - 1)
      // Small products are not shared out; every fourth is left small.
      if (i % 4 > 0) while (2 * sizes[0] * sizes[1] * sizes[2] < 4e6) sizes[draw(3)] += 1 + draw(400)
      const [m, n, k] = sizes
      const [transA, transB, accumulate] = [draw(2) > 0, draw(2) > 0, draw(2) > 0]
      const [lda, ldb, ldc] = [(transA ? m : k) + draw(9), (transB ? k : n) + draw(9), n + draw(9)]
      const a = heap.put(numbers((transA ? k : m) * lda))
      const b = heap.put(numbers((transB ? n : k) * ldb))
      const before = numbers(m * ldc)
      const [one, many] = [heap.put(before), heap.put(before)]
      single(transA, transB, m, n, k, a, lda, b, ldb, one, ldc, accumulate)
      threaded(transA, transB, m, n, k, a, lda, b, ldb, many, ldc, accumulate)
      const bits = (at: number) => memory.int.subarray(at >>> 2, (at >>> 2) + m * ldc)
      const different = bits(many).findIndex((value, j) => value !== bits(one)[j])
      expect([m, n, k, transA, transB, accumulate, different]).toEqual([
        m,
        n,
        k,
        transA,
        transB,
        accumulate,
        -1,
      ])
      for (const pointer of [a, b, one, many]) heap.release(pointer)
    }
    expect(shared).toBeGreaterThan(20)
  })
})

describe('the LSTM on three threads', () => {
  it.each([
    { batch: 32, time: 30, size: 24, options: {} },
    { batch: 33, time: 20, size: 31, options: { mask: 'holes', reverse: true } },
    { batch: 7, time: 90, size: 40, options: { mask: 'post', hardSigmoid: true } },
    { batch: 3, time: 200, size: 50, options: { state: false, from: ['dhLast'] } },
    { batch: 2, time: 100, size: 64, options: { mask: 'pre' } },
    { batch: 1, time: 200, size: 64, options: { bias: false } },
    { batch: 150, time: 8, size: 33, options: {} },
  ] as const)('batch $batch, $time steps, $size units', ({ batch, time, size, options }) => {
    const { exports, memory, heap, pool } = device
    const before = shared
    const p = problem(batch, time, size, size, options)
    for (const inPlace of [false, true]) {
      const one = solve({ heap, lstm: createWasmRecurrent(exports, memory) }, p, { inPlace })
      const many = solve(
        { heap, lstm: createWasmRecurrent(exports, memory, sharedRanges(pool, exports)) },
        p,
        {
          inPlace,
        },
      )
      expect(many).toEqual(one)
    }
    expect(shared).toBeGreaterThan(before)
  })
})

describe('the other recurrent layers on three threads', () => {
  it.each([
    { cell: 'GRU, reset after', sizes: [33, 20, 31, 31], options: { mask: 'holes', reverse: true } },
    { cell: 'GRU, reset after', sizes: [2, 100, 64, 64], options: { mask: 'pre' } },
    { cell: 'GRU, reset before', sizes: [32, 30, 24, 24], options: {} },
    { cell: 'GRU, reset before', sizes: [3, 200, 50, 50], options: { unusual: true } },
    { cell: 'simple recurrence', sizes: [70, 20, 33, 45], options: { mask: 'post' } },
  ] as const)('$cell, $sizes', ({ cell, sizes, options }) => {
    const { exports, memory, heap, pool } = device
    const before = shared
    const p = recurrent.problem(cell, sizes, options)
    const one = createWasmRecurrent(exports, memory)
    const many = createWasmRecurrent(exports, memory, sharedRanges(pool, exports))
    expect(recurrent.solve({ heap, kernels: many }, p)).toEqual(recurrent.solve({ heap, kernels: one }, p))
    expect(shared).toBeGreaterThan(before)
  })
})
