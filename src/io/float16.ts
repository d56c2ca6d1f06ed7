const bits = new Uint32Array(1)
const float = new Float32Array(bits.buffer)

/** 2⁻²⁴, the smallest subnormal of float16; a product with it is exact in float32. */
const HALF_SUBNORMAL_UNIT = 2 ** -24

/** Widens float16 bit patterns to float32. Exact: infinities, signed zeros and NaN payloads survive. */
export function widenFloat16(halves: Uint16Array): Float32Array {
  const result = new Float32Array(halves.length)
  const words = new Uint32Array(result.buffer)
  for (let index = 0; index < halves.length; index++) {
    const half = halves[index]
    const sign = (half & 0x8000) << 16
    const exponent = (half >>> 10) & 0x1f
    const mantissa = half & 0x3ff
    if (exponent === 0x1f) words[index] = sign | 0x7f800000 | (mantissa << 13)
    else if (exponent !== 0) words[index] = sign | ((exponent + 112) << 23) | (mantissa << 13)
    else {
      result[index] = mantissa * HALF_SUBNORMAL_UNIT
      words[index] |= sign
    }
  }
  return result
}

/** Narrows float32 to float16 bit patterns: round to nearest, ties to even; too large becomes infinity. */
export function narrowFloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length)
  return Uint16Array.from(words, narrowWordToFloat16)
}

function narrowWordToFloat16(word: number): number {
  const sign = (word >>> 16) & 0x8000
  const magnitude = word & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7c00 | narrowNaN(magnitude >>> 13, 0x3ff, 0x200)
  if (magnitude >= 0x47800000) return sign | 0x7c00
  if (magnitude >= 0x38800000) return sign | roundHalfToEven(magnitude - 0x38000000, 13)
  bits[0] = magnitude
  return sign | roundToEven(float[0] / HALF_SUBNORMAL_UNIT)
}

/** Widens bfloat16 bit patterns to float32. Exact: they are its upper halves. */
export function widenBFloat16(halves: Uint16Array): Float32Array {
  const words = Uint32Array.from(halves, half => half << 16)
  return new Float32Array(words.buffer)
}

/** Narrows float32 to bfloat16 bit patterns: round to nearest, ties to even. */
export function narrowBFloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length)
  return Uint16Array.from(words, word => {
    const sign = (word >>> 16) & 0x8000
    const magnitude = word & 0x7fffffff
    if (magnitude > 0x7f800000) return sign | 0x7f80 | narrowNaN(magnitude >>> 16, 0x7f, 0x40)
    return sign | roundHalfToEven(magnitude, 16)
  })
}

/** The upper bits of a NaN's payload, or the quiet bit when they are all zero (that would be an infinity). */
function narrowNaN(payload: number, mask: number, quiet: number): number {
  return payload & mask || quiet
}

/** Drops the lowest `count` bits of an unsigned integer, rounding to nearest, ties to even. */
function roundHalfToEven(value: number, count: number): number {
  const half = 2 ** (count - 1)
  const odd = (value >>> count) & 1
  return (value + half - 1 + odd) >>> count
}

/** Rounds a non-negative number to the nearest integer, ties to even. */
function roundToEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below
}
