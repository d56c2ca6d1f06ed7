import { deflateRawSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { inflate } from '../../src/engine/inflate.ts'

/** Text that repeats itself, and noise that does not. */
const contents = Uint8Array.from({ length: 100_000 }, (_, i) =>
  i < 50_000 ? i % 251 : Math.imul(i, 2654435761) >>> 24,
)

afterEach(() => {
  vi.restoreAllMocks()
})

describe('inflate', () => {
  it('gives back what was deflated, with what Node has', () => {
    expect(inflate(Uint8Array.from(deflateRawSync(contents)))).toEqual(contents)
  })

  it('gives the same bytes where there is no zlib', () => {
    const builtins = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined)
    expect(inflate(Uint8Array.from(deflateRawSync(contents)))).toEqual(contents)
    expect(builtins).toHaveBeenCalledWith('node:zlib')
  })
})
