import { describe, expect, it } from 'vitest'
import { Arena } from '../../src/engine/arena.ts'
import { Generator } from '../../src/index.ts'

/** A backing of limited size that counts how often it grew. */
function limited(limit: number) {
  let size = 0
  return {
    growths: 0,
    size: () => size,
    grow(bytes: number): boolean {
      if (bytes > limit) return false
      size = bytes
      this.growths++
      return true
    },
  }
}

const MEGABYTE = 1 << 20

describe('Arena', () => {
  it('never hands out address 0, and aligns every block to 16 bytes', () => {
    const arena = new Arena(limited(64 * MEGABYTE))
    for (const bytes of [0, 1, 16, 17, 128, 129, 1000, 32768, 32769, 1e6]) {
      const pointer = arena.allocate(bytes)
      expect(pointer).toBeGreaterThan(0)
      expect(pointer % 16).toBe(0)
    }
  })

  it('wastes at most a quarter of a small block above 64 bytes', () => {
    for (let bytes = 64; bytes <= 32768; bytes += 7) {
      const block = Arena.blockBytes(bytes)
      expect(block).toBeGreaterThanOrEqual(bytes)
      expect(block).toBeLessThanOrEqual(bytes * 1.25 + 16)
    }
  })

  it('gives a freed block to the next request of its size', () => {
    const arena = new Arena(limited(64 * MEGABYTE))
    for (const bytes of [16, 500, 32768, 100_000]) {
      const first = arena.allocate(bytes)
      arena.allocate(bytes)
      arena.free(first, bytes)
      expect(arena.allocate(bytes)).toBe(first)
    }
  })

  it('merges neighbouring large blocks in whatever order they are freed', () => {
    const size = 100 * 1024
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [0, 2, 1],
      [1, 0, 2],
    ]) {
      const arena = new Arena(limited(64 * MEGABYTE))
      const blocks = [arena.allocate(size), arena.allocate(size), arena.allocate(size)]
      arena.allocate(size)
      const top = arena.highWater
      for (const i of order) arena.free(blocks[i], size)
      expect(arena.allocate(3 * size)).toBe(blocks[0])
      expect(arena.highWater).toBe(top)
    }
  })

  it('extends a free block at the top instead of leaving it behind', () => {
    const arena = new Arena(limited(64 * MEGABYTE))
    const first = arena.allocate(100 * 1024)
    arena.free(first, 100 * 1024)
    expect(arena.allocate(300 * 1024)).toBe(first)
  })

  it('returns 0 when the backing is full, and goes on with what is freed', () => {
    const arena = new Arena(limited(MEGABYTE))
    const blocks: number[] = []
    for (let p = arena.allocate(100_000); p !== 0; p = arena.allocate(100_000)) blocks.push(p)
    expect(blocks.length).toBeGreaterThan(8)
    const used = arena.inUse
    arena.free(blocks[3], 100_000)
    expect(arena.allocate(100_000)).toBe(blocks[3])
    expect(arena.inUse).toBe(used)
  })

  it('keeps blocks apart through random allocations and frees, and counts them', () => {
    const generator = new Generator(7)
    const arena = new Arena(limited(256 * MEGABYTE))
    const live: { pointer: number; bytes: number }[] = []
    for (let step = 0; step < 20_000; step++) {
      if (live.length > 0 && (live.length > 200 || generator.next() < 0.45)) {
        const [{ pointer, bytes }] = live.splice(generator.below(live.length), 1)
        arena.free(pointer, bytes)
      } else {
        const bytes = Math.floor(2 ** (generator.next() * 18))
        live.push({ pointer: arena.allocate(bytes), bytes })
      }
      if (step % 500 !== 0) continue
      const sorted = [...live].sort((a, b) => a.pointer - b.pointer)
      for (let i = 1; i < sorted.length; i++) {
        const { pointer, bytes } = sorted[i - 1]
        expect(pointer + Arena.blockBytes(bytes)).toBeLessThanOrEqual(sorted[i].pointer)
      }
      expect(arena.inUse).toBe(live.reduce((sum, { bytes }) => sum + Arena.blockBytes(bytes), 0))
    }
    for (const { pointer, bytes } of live) arena.free(pointer, bytes)
    expect(arena.inUse).toBe(0)
  })
})
