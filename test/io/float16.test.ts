import { describe, expect, it } from 'vitest'
import { narrowBFloat16, narrowFloat16, widenBFloat16, widenFloat16 } from '../../src/io/float16.ts'

const everyPattern = Uint16Array.from({ length: 65_536 }, (_, pattern) => pattern)

/** The value of a float16 by its definition: sign · 2^(exponent − 15) · 1.mantissa. */
function float16ByDefinition(pattern: number): number {
  const sign = pattern & 0x8000 ? -1 : 1
  const exponent = (pattern >> 10) & 0x1f
  const mantissa = pattern & 0x3ff
  if (exponent === 0x1f) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (exponent === 0) return sign * 2 ** -14 * (mantissa / 1024)
  return sign * 2 ** (exponent - 15) * (1 + mantissa / 1024)
}

describe('float16', () => {
  it('is widened exactly, for every bit pattern', () => {
    const wide = widenFloat16(everyPattern)
    everyPattern.forEach(pattern => {
      if (!Object.is(wide[pattern], float16ByDefinition(pattern))) expect.fail(`pattern ${pattern}`)
    })
  })

  it('comes back from float32 with the same bits, NaN payloads included', () => {
    expect(narrowFloat16(widenFloat16(everyPattern))).toEqual(everyPattern)
  })

  it.each([
    ['a tie to the even neighbour below', 1 + 2 ** -11, 0x3c00],
    ['a tie to the even neighbour above', 1 + 3 * 2 ** -11, 0x3c02],
    ['just above a tie upwards', 1 + 2 ** -11 + 2 ** -23, 0x3c01],
    ['a subnormal tie to even', 2 ** -25, 0x0000],
    ['a subnormal above a tie upwards', 2 ** -25 * 1.5, 0x0001],
    ['the largest subnormal upwards to a normal', 2 ** -14 * (1 - 2 ** -12), 0x0400],
    ['the last value below infinity', 65_519, 0x7bff],
    ['the first value that rounds to infinity', 65_520, 0x7c00],
    ['a huge value to infinity', -1e30, 0xfc00],
  ])('rounds %s', (_what, value, pattern) => {
    expect(narrowFloat16(Float32Array.of(value))[0]).toBe(pattern)
  })

  it('keeps a NaN a NaN when its payload is cut off', () => {
    const nan = new Float32Array(Uint32Array.of(0x7f800001).buffer)
    expect(narrowFloat16(nan)[0]).toBe(0x7e00)
    expect(narrowBFloat16(nan)[0]).toBe(0x7fc0)
  })
})

describe('bfloat16', () => {
  it('comes back from float32 with the same bits, for every bit pattern', () => {
    expect(narrowBFloat16(widenBFloat16(everyPattern))).toEqual(everyPattern)
  })

  it('rounds ties to even and overflows to infinity', () => {
    const values = Float32Array.of(1 + 2 ** -8, 1 + 3 * 2 ** -8, 3.4e38)
    expect([...narrowBFloat16(values)]).toEqual([0x3f80, 0x3f82, 0x7f80])
  })
})
