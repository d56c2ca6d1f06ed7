import type { Heap } from '../kernels.ts'
import type { ElementType } from './elements.ts'

const compare: ElementType['compare'] = {
  equal: (a, b) => a === b,
  notEqual: (a, b) => a !== b,
  greater: (a, b) => a > b,
  greaterEqual: (a, b) => a >= b,
  less: (a, b) => a < b,
  lessEqual: (a, b) => a <= b,
}

/** C's pow, which differs from JavaScript's: 1 to any power is 1, and so is (−1)^±∞. */
export function pow(x: number, exponent: number): number {
  if (x === 1) return 1
  if (x === -1 && (exponent === Infinity || exponent === -Infinity)) return 1
  return x ** exponent
}

/** The remainder with the sign of the divisor, as in Python. */
export function mod(a: number, b: number): number {
  const remainder = a % b
  return remainder !== 0 && remainder < 0 !== b < 0 ? remainder + b : remainder
}

// Math.max and Math.min let NaN through, as wanted.
export const floatType = (heap: Heap): ElementType => ({
  view: () => heap.float,
  shift: heap.floatShift,
  compare,
  binary: {
    add: (a, b) => a + b,
    sub: (a, b) => a - b,
    mul: (a, b) => a * b,
    div: (a, b) => a / b,
    maximum: Math.max,
    minimum: Math.min,
    pow,
    mod,
    atan2: Math.atan2,
  },
  reduce: {
    sum: { start: 0, step: (sum, x) => sum + x },
    prod: { start: 1, step: (product, x) => product * x },
    max: { start: -Infinity, step: (best, x) => Math.max(best, x) },
    min: { start: Infinity, step: (best, x) => Math.min(best, x) },
  },
})

/** x^exponent modulo 2³². A negative exponent truncates 1/x^|exponent| to 0 unless x is ±1. */
function intPow(x: number, exponent: number): number {
  if (exponent < 0) return x === 1 ? 1 : x === -1 ? (exponent & 1 ? -1 : 1) : 0
  let result = 1
  for (let power = x, bits = exponent; bits > 0; bits >>>= 1) {
    if (bits & 1) result = Math.imul(result, power)
    power = Math.imul(power, power)
  }
  return result
}

/** 32-bit integers: results wrap, `div` truncates towards 0, and a division by 0 gives 0. */
export const intType = (heap: Heap): ElementType => ({
  view: () => heap.int,
  shift: 2,
  compare,
  binary: {
    add: (a, b) => (a + b) | 0,
    sub: (a, b) => (a - b) | 0,
    mul: Math.imul,
    div: (a, b) => (a / b) | 0,
    maximum: Math.max,
    minimum: Math.min,
    pow: intPow,
    mod: (a, b) => mod(a, b) | 0,
    atan2: (a, b) => Math.atan2(a, b) | 0,
  },
  reduce: {
    sum: { start: 0, step: (sum, x) => (sum + x) | 0 },
    prod: { start: 1, step: Math.imul },
    max: { start: -(2 ** 31), step: (best, x) => Math.max(best, x) },
    min: { start: 2 ** 31 - 1, step: (best, x) => Math.min(best, x) },
  },
})
