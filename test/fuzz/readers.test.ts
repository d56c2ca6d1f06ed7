import { describe, expect, it } from 'vitest'
import { readers } from '../../tools/fuzz/readers/index.ts'
import { fuzz } from '../../tools/fuzz/run.ts'

/** For each reader; `npm run fuzz` takes many more. */
const ROUNDS = 200

describe('a damaged file', () => {
  it.each(readers.map(reader => [reader.name, reader] as const))(
    'is read or refused, in bounded time and memory: %s',
    async (_, reader) => {
      const { failures, files, accepted, refused } = await fuzz(reader, { rounds: ROUNDS, seed: 3 })
      expect(failures).toEqual([])
      expect(files).toBe(ROUNDS)
      // Both happen, or nothing was tried.
      expect(Math.min(accepted, refused)).toBeGreaterThan(ROUNDS / 100)
    },
  )
})
