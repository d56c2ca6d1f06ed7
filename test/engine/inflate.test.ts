import { constants, deflateRawSync, type ZlibOptions } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { deflated, size } from '../../src/engine/generated/muladd.ts'
import { inflate } from '../../src/engine/inflate.ts'

const noise = (length: number) => Uint8Array.from({ length }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24)

const contents: readonly {
  readonly what: string
  readonly bytes: Uint8Array
  readonly options?: ZlibOptions
}[] = [
  { what: 'nothing', bytes: new Uint8Array(0) },
  { what: 'a byte', bytes: Uint8Array.of(7) },
  { what: 'noise, which is stored', bytes: noise(100_000), options: { level: 0 } },
  { what: 'noise in codes', bytes: noise(5000).map(byte => byte & 63) },
  {
    what: 'fixed codes',
    bytes: noise(3000).map(byte => byte & 15),
    options: { strategy: constants.Z_FIXED },
  },
  { what: 'one long run', bytes: new Uint8Array(70_000).fill(9) },
  {
    what: 'repeats at every distance',
    bytes: Uint8Array.from({ length: 60_000 }, (_, i) => (i * i) >>> (i % 13)),
  },
  { what: 'repeats from far away', bytes: Uint8Array.from([...noise(32_768), ...noise(32_768)]) },
]

afterEach(() => {
  vi.restoreAllMocks()
})

const compressed = (bytes: Uint8Array, options?: ZlibOptions) =>
  Uint8Array.from(deflateRawSync(bytes, { level: 9, ...options }))

describe('inflate', () => {
  it.each(contents)('gives back $what where there is zlib', ({ bytes, options }) => {
    expect(Buffer.compare(inflate(compressed(bytes, options), bytes.length), bytes)).toBe(0)
  })

  it.each(contents)('gives back $what where there is none', ({ bytes, options }) => {
    const builtins = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined)
    expect(Buffer.compare(inflate(compressed(bytes, options), bytes.length), bytes)).toBe(0)
    expect(builtins).toHaveBeenCalledWith('node:zlib')
  })

  it('gives the same kernels in both ways', () => {
    const stored = Uint8Array.from(Buffer.from(deflated, 'base64'))
    const natively = inflate(stored, size)
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined)
    expect(Buffer.compare(inflate(stored, size), natively)).toBe(0)
  })

  it('refuses what is damaged', () => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined)
    const stored = compressed(noise(1000).map(byte => byte & 63))
    expect(() => inflate(new Uint8Array(60).fill(0xfd), 100)).toThrow(/are damaged/)
    expect(() => inflate(stored.slice(0, stored.length >> 1), 1000)).toThrow(/are damaged/)
    expect(() => inflate(stored, 999)).toThrow(/are damaged/)
  })
})
