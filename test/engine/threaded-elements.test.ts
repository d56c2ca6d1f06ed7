import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Kernels, Pointer } from '../../kernels/kernels.ts'
import { sharedElements } from '../../src/engine/threads/elements.ts'
import { createWasmKernels } from '../../src/engine/wasm-kernels.ts'
import { drawer, type ThreadedDevice, threadedDevice } from './threaded-device.ts'

let device: ThreadedDevice
let single: Kernels
let threaded: Kernels
/** Jobs that went to the pool. */
let shared = 0

beforeAll(async () => {
  device = await threadedDevice(3)
  const { pool, exports, memory } = device
  const run = pool.run.bind(pool)
  pool.run = job => {
    shared++
    run(job)
  }
  single = createWasmKernels(exports, memory)
  threaded = { ...single, ...sharedElements(pool, exports, single) }
})
afterAll(() => device.pool.stop())

/** Long enough for every kernel, and a multiple of nothing. */
const LONG = 300_007
const [ROWS, COLS] = [1003, 301]

/** An array for a kernel to read, and perhaps to write. */
type Place = (n: number, positive?: boolean) => Pointer

/** What a kernel writes: address and length of each array. */
type Run = (kernels: Kernels, place: Place) => (readonly [Pointer, number])[]

const grid = ROWS * COLS
const cases: Record<string, Run> = {
  'unary, apart': ({ unary }, place) => {
    const [x, y] = [place(LONG), place(LONG)]
    unary.tanh(y, x, LONG)
    return [[y, LONG]]
  },
  'unary, in place': ({ unary }, place) => {
    const x = place(LONG)
    unary.relu(x, x, LONG)
    return [[x, LONG]]
  },
  gradient: ({ gradient }, place) => {
    const [x, g, out] = [place(LONG), place(LONG), place(LONG)]
    gradient.reluGrad(out, x, g, LONG)
    return [[out, LONG]]
  },
  'binary, equal shapes': ({ float }, place) => {
    const [a, b, out] = [place(LONG), place(LONG), place(LONG)]
    float.binary.mul(out, a, b, 1, LONG, LONG, 1, LONG, 1)
    return [[out, LONG]]
  },
  'binary, a number': ({ float }, place) => {
    const [a, b, out] = [place(LONG), place(1), place(LONG)]
    float.binary.sub(out, a, b, 1, LONG, LONG, 1, 0, 0)
    return [[out, LONG]]
  },
  'binary, a row': ({ float }, place) => {
    const [a, b, out] = [place(grid), place(COLS), place(grid)]
    float.binary.add(out, a, b, ROWS, COLS, COLS, 1, 0, 1)
    return [[out, grid]]
  },
  'binary, a column': ({ float }, place) => {
    const [a, b, out] = [place(ROWS), place(grid), place(grid)]
    float.binary.div(out, a, b, ROWS, COLS, 1, 0, COLS, 1)
    return [[out, grid]]
  },
  softmax: ({ softmax }, place) => {
    const x = place(grid)
    softmax(x, x, ROWS, COLS)
    return [[x, grid]]
  },
  softmaxGrad: ({ softmaxGrad }, place) => {
    const [y, g, out] = [place(grid), place(grid), place(grid)]
    softmaxGrad(out, y, g, ROWS, COLS)
    return [[out, grid]]
  },
  rowNorm: ({ rowNorm }, place) => {
    const [x, gamma, beta] = [place(grid), place(COLS), place(COLS)]
    const [out, mean, rstd] = [place(grid), place(ROWS), place(ROWS)]
    rowNorm(out, mean, rstd, x, gamma, beta, ROWS, COLS, 1e-5)
    return [
      [out, grid],
      [mean, ROWS],
      [rstd, ROWS],
    ]
  },
  'rowNormGrad of an RMS norm': ({ rowNormGrad }, place) => {
    const [x, gamma, rstd, g] = [place(grid), place(COLS), place(ROWS, true), place(grid)]
    const [dx, dGamma] = [place(grid), place(COLS)]
    rowNormGrad(dx, dGamma, 0, x, 0, rstd, gamma, g, ROWS, COLS)
    return [
      [dx, grid],
      [dGamma, COLS],
    ]
  },
  rowNormGrad: ({ rowNormGrad }, place) => {
    const [x, gamma, rstd, g] = [place(grid), place(COLS), place(ROWS, true), place(grid)]
    const [dx, dGamma, dBeta, mean] = [place(grid), place(COLS), place(COLS), place(ROWS)]
    rowNormGrad(dx, dGamma, dBeta, x, mean, rstd, gamma, g, ROWS, COLS)
    return [
      [dx, grid],
      [dGamma, COLS],
      [dBeta, COLS],
    ]
  },
  axpy: ({ axpy }, place) => {
    const [x, y] = [place(LONG), place(LONG)]
    axpy(y, x, LONG, 0.3)
    return [[y, LONG]]
  },
  'adam, with the largest square': ({ adam }, place) => {
    const [p, g, m] = [place(LONG), place(LONG), place(LONG)]
    const [v, vMax] = [place(LONG, true), place(LONG, true)]
    adam(p, g, m, v, vMax, LONG, 1e-3, 0.9, 0.999, 1e-8, 1.7, 0.01, 0.99)
    return [p, m, v, vMax].map(array => [array, LONG])
  },
  adam: ({ adam }, place) => {
    const [p, g, m, v] = [place(LONG), place(LONG), place(LONG), place(LONG, true)]
    adam(p, g, m, v, 0, LONG, 1e-3, 0.9, 0.999, 1e-8, 1.7, 0, 1)
    return [p, m, v].map(array => [array, LONG])
  },
}

/** Bits of what the kernels write, and of what lies behind it. */
function bits(kernels: Kernels, run: Run): Int32Array[] {
  const { heap, memory } = device
  const draw = drawer(5)
  const places: Pointer[] = []
  const place: Place = (n, positive = false) => {
    const numbers = Float32Array.from({ length: n + 4 }, () => draw(2 ** 24) / 2 ** 23 - 1)
    places.push(heap.put(positive ? numbers.map(Math.abs) : numbers))
    return places[places.length - 1]
  }
  const results = run(kernels, place).map(([pointer, n]) =>
    memory.int.slice(pointer >>> 2, (pointer >>> 2) + Math.ceil(n / 4) * 4),
  )
  for (const pointer of places) heap.release(pointer)
  return results
}

describe('kernels on many numbers, on three threads', () => {
  it.each(Object.keys(cases))('%s: the bits of one thread', name => {
    const before = shared
    const many = bits(threaded, cases[name])
    expect(shared).toBe(before + 1)
    const one = bits(single, cases[name])
    expect(many.map((array, i) => array.findIndex((word, j) => word !== one[i][j]))).toEqual(
      one.map(() => -1),
    )
  })

  it('leaves short arrays to one thread', () => {
    const before = shared
    const { heap } = device
    const x = heap.put(new Float32Array(1000))
    threaded.unary.exp(x, x, 1000)
    threaded.softmax(x, x, 10, 100)
    threaded.float.binary.add(x, x, x, 1, 1000, 1000, 1, 1000, 1)
    expect(shared).toBe(before)
  })
})
