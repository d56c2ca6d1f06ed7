import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_CHUNKS, word } from '../../src/engine/threads/layout.ts'
import { DeviceError } from '../../src/index.ts'
import { drawer, type ThreadedDevice, threadedDevice } from './threaded-device.ts'

const workers = 3
/** Cells that chunks add to; more than a job has, so that the words of another job would lead to wrong cells. */
const CELLS = 1024

describe('sharing out chunks', () => {
  let device: ThreadedDevice
  let cells: number
  beforeAll(async () => {
    device = await threadedDevice(workers + 1)
    cells = device.heap.putInt(new Int32Array(CELLS))
  })
  afterAll(() => device.pool.stop())

  const parked = (): boolean => Atomics.load(device.pool.words, word.sleepers) === workers

  /** Runs jobs of random size, and expects after each one that its chunks, and no others, ran once. */
  function hammer(jobs: number, seconds: number, before: (draw: (n: number) => number) => void): number {
    const { pool, memory } = device
    const draw = drawer(jobs)
    const end = performance.now() + seconds * 1000
    const counts = memory.int.subarray(cells >>> 2, (cells >>> 2) + CELLS)
    counts.fill(0)
    let job = 0
    for (; job < jobs && performance.now() < end; job++) {
      before(draw)
      const size = 1 + draw(draw(4) === 0 ? MAX_CHUNKS : 6)
      const first = draw(CELLS - size)
      const chunks = Array.from({ length: size }, (_, i) => [cells + (first + i) * 4, draw(20), 0])
      pool.run({ kind: 'probe', chunks, scratch: 0, scratchStride: 0, repeatable: true })
      let sum = 0
      for (let i = first; i < first + size; i++) sum += counts[i] === 1 ? 1 : Number.NaN
      if (sum !== size) throw new Error(`job ${job}: ${counts.subarray(first, first + size)}`)
      counts.fill(0, first, first + size)
    }
    expect(counts.every(count => count === 0)).toBe(true)
    return job
  }

  it('runs every chunk once while the workers are hot', () => {
    expect(hammer(50_000, 2, () => {})).toBeGreaterThan(0)
  })

  it('runs every chunk once while threads stop at delicate places', () => {
    const { words } = device.pool
    hammer(20_000, 3, draw => {
      if (draw(8) === 0) words[word.jitter] = [0, 10, 300, 5_000][draw(4)]
    })
    words[word.jitter] = 0
    expect(device.failures).toEqual([])
  })

  it('wakes workers that are parked', () => {
    hammer(300, 2, draw => {
      if (draw(3) > 0) while (!parked());
    })
    expect(device.failures).toEqual([])
  })

  it('uses the workers', () => {
    const { pool, heap } = device
    const cell = heap.putInt([0])
    // The main thread could only do everything by itself if no worker woke in all this time.
    let throwing = 0
    for (let job = 0; job < 10_000 && throwing === 0; job++) {
      const chunks = Array.from({ length: 8 }, () => [cell, 2_000, 1])
      try {
        pool.run({ kind: 'probe', chunks, scratch: 0, scratchStride: 0, repeatable: false })
      } catch (error) {
        expect(error).toBeInstanceOf(DeviceError)
        expect((error as Error).message).toMatch(/this chunk fails on every worker.*incomplete/s)
        throwing++
      }
    }
    expect(throwing).toBe(1)
    expect(device.failures).toHaveLength(1)
  })
})

describe('a worker that fails', () => {
  it('loses nothing when its chunks can be repeated, and is reported', async () => {
    const { pool, heap, failures } = await threadedDevice(workers + 1)
    const counts = heap.putInt(new Int32Array(MAX_CHUNKS))
    const chunks = Array.from({ length: MAX_CHUNKS }, (_, i) => [counts + i * 4, 500, 1])
    let jobs = 0
    for (; jobs < 10_000 && failures.length === 0; jobs++) {
      pool.run({ kind: 'probe', chunks, scratch: 0, scratchStride: 0, repeatable: true })
    }
    expect(failures).toEqual(['a thread failed: this chunk fails on every worker'])
    expect(heap.getInt(counts, MAX_CHUNKS)).toEqual(Array.from(chunks, () => jobs))
    await pool.stop()
  })
})
