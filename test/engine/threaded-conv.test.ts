import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sharedWindows } from '../../src/engine/threads/conv.ts'
import { createWasmConv } from '../../src/engine/wasm-conv.ts'
import { type ConvProblem, convProblem, largeProblems, sizesOf } from '../kernels/conv-problem.ts'
import { randoms } from '../kernels/twins.ts'
import { type ThreadedDevice, threadedDevice } from './threaded-device.ts'

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

/** Problems with enough operations to be shared, and a few that are not. */
const problems: ConvProblem[] = [
  ...[11, 12, 13].map(convProblem),
  ...largeProblems.map(problem => ({ ...problem, batch: 24 })),
]

describe('convolution on three threads', () => {
  it.each([
    ['convForward', 'y'],
    ['convInput', 'x'],
    ['convKernel', 'kernel'],
  ] as const)('%s has the bits of one thread', (name, target) => {
    const { exports, memory, heap, pool } = device
    const one = createWasmConv(exports, memory)
    const many = createWasmConv(exports, memory, sharedWindows(pool, exports))
    const before = shared
    for (const problem of problems) {
      const sizes = sizesOf(problem)
      const given = {
        x: heap.put(randoms(sizes.x)),
        kernel: heap.put(randoms(sizes.kernel)),
        y: heap.put(randoms(sizes.y)),
        bias: name === 'convForward' ? heap.put(randoms(problem.filters)) : 0,
      }
      const results = [one, many].map(library => {
        const out = heap.space(sizes[target])
        library[name]({ ...problem, ...given, [target]: out })
        return heap.get(out, sizes[target])
      })
      const different = results[1].findIndex((value, i) => value !== results[0][i])
      expect([problem, different]).toEqual([problem, -1])
    }
    expect(shared - before).toBeGreaterThan(3)
  })

  it('pools the same', () => {
    const { exports, memory, heap, pool } = device
    const p = { ...largeProblems[0], batch: 40 }
    const size = p.batch * p.outHeight * p.outWidth * p.channels
    const x = heap.put(randoms(p.batch * p.height * p.width * p.channels))
    const before = shared
    const results = [
      createWasmConv(exports, memory),
      createWasmConv(exports, memory, sharedWindows(pool, exports)),
    ].map(library => {
      const [y, positions] = [heap.space(size), heap.space(size)]
      library.maxPool({ ...p, x, y, positions })
      return [heap.get(y, size), heap.getInt(positions, size)]
    })
    expect(results[1]).toEqual(results[0])
    expect(shared).toBe(before + 1)
  })
})
