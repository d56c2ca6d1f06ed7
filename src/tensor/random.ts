import { ValueError } from '../errors.ts'

/** Mixes a 32-bit word (the finaliser of MurmurHash3, Appleby 2011): every input bit reaches every output bit. */
function mix(word: number): number {
  let h = word | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** Folds text or a number into a key. */
function fold(key: number, label: string | number): number {
  let h = mix(key ^ 0x9e3779b9)
  if (typeof label === 'number') return mix(Math.imul(h, 31) + mix(label) + mix(Math.floor(label / 2 ** 32)))
  for (let i = 0; i < label.length; i++) h = mix(Math.imul(h, 31) + label.charCodeAt(i))
  return mix(h ^ label.length)
}

/** Everything needed to go on from here. */
export interface GeneratorState {
  readonly key: number
  readonly words: readonly [number, number, number, number]
}

/**
 * A seeded stream of random numbers (xoshiro128**, Blackman & Vigna 2018) that can be split into independent ones.
 *
 * The same seed gives the same numbers on every machine. `split` neither uses up nor depends on how much was drawn.
 *
 * @example
 * const g = new Generator(1)
 * const weights = g.split('weights').normal(10)
 */
export class Generator {
  private a = 0
  private b = 0
  private c = 0
  private d = 0
  private key = 0

  constructor(seed: number | GeneratorState) {
    if (typeof seed === 'number') {
      if (!Number.isSafeInteger(seed)) {
        throw new ValueError({
          operation: 'Generator',
          problem: `needs a whole number as seed, got ${seed}.`,
        })
      }
      this.key = fold(0x746c6f6d, seed)
      ;[this.a, this.b, this.c, this.d] = [1, 2, 3, 4].map(i => fold(this.key, i))
    } else this.restore(seed)
  }

  /** An independent generator named by a label: the same label gives the same one. */
  split(label: string | number): Generator {
    return new Generator(fold(this.key, label))
  }

  /** Where the stream is now: `new Generator(state)` goes on from here. */
  state(): GeneratorState {
    return { key: this.key, words: [this.a >>> 0, this.b >>> 0, this.c >>> 0, this.d >>> 0] }
  }

  /** Goes back (or on) to a saved place. */
  restore({ key, words }: GeneratorState): void {
    this.key = key
    ;[this.a, this.b, this.c, this.d] = words
  }

  /** 32 random bits, as a whole number ≥ 0. */
  bits(): number {
    const b5 = Math.imul(this.b, 5)
    const result = Math.imul((b5 << 7) | (b5 >>> 25), 9) >>> 0
    const t = this.b << 9
    this.c ^= this.a
    this.d ^= this.b
    this.b ^= this.c
    this.a ^= this.d
    this.c ^= t
    this.d = (this.d << 11) | (this.d >>> 21)
    return result
  }

  /** Uniform in [0, 1), with 24 bits: exact in float32, never 1. */
  next(): number {
    return (this.bits() >>> 8) / 0x1000000
  }

  /** A whole number in 0 … count−1, without bias. */
  below(count: number): number {
    if (!Number.isInteger(count) || count < 1 || count > 0x100000000) {
      throw new ValueError({
        operation: 'below',
        problem: `needs a whole number from 1 to 2³², got ${count}.`,
        argument: 'count',
        received: count,
      })
    }
    const limit = 0x100000000 - (0x100000000 % count)
    let bits = this.bits()
    while (bits >= limit) bits = this.bits()
    return bits % count
  }

  /** n numbers uniform in [low, high). */
  uniform(n: number, low = 0, high = 1): Float32Array {
    requireNumbers(
      'uniform',
      low <= high && Number.isFinite(high - low),
      'finite numbers low ≤ high',
      low,
      high,
    )
    const values = new Float32Array(n)
    const step = (high - low) / 0x1000000
    // `bits()` with its state in local variables: large tables of embeddings are filled three times as fast.
    let { a, b, c, d } = this
    for (let i = 0; i < n; i++) {
      const b5 = Math.imul(b, 5)
      const result = Math.imul((b5 << 7) | (b5 >>> 25), 9)
      const t = b << 9
      c ^= a
      d ^= b
      b ^= c
      a ^= d
      c ^= t
      d = (d << 11) | (d >>> 21)
      values[i] = low + step * (result >>> 8)
    }
    this.a = a
    this.b = b
    this.c = c
    this.d = d
    return values
  }

  /** n numbers from the normal distribution (Box & Muller 1958). */
  normal(n: number, mean = 0, deviation = 1): Float32Array {
    const isAllowed = Number.isFinite(mean) && Number.isFinite(deviation) && deviation >= 0
    requireNumbers('normal', isAllowed, 'a finite mean and a deviation ≥ 0', mean, deviation)
    const values = new Float32Array(n)
    for (let i = 0; i < n; i += 2) {
      // 1 − u lies in (0, 1], so the logarithm is finite.
      const radius = deviation * Math.sqrt(-2 * Math.log(1 - this.next()))
      const angle = 2 * Math.PI * this.next()
      values[i] = mean + radius * Math.cos(angle)
      if (i + 1 < n) values[i + 1] = mean + radius * Math.sin(angle)
    }
    return values
  }

  /** The numbers 0 … n−1 in random order (Fisher & Yates). */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i)
    for (let i = n - 1; i > 0; i--) {
      const j = this.below(i + 1)
      const held = order[i]
      order[i] = order[j]
      order[j] = held
    }
    return order
  }
}

/** Refuses parameters that a distribution does not have. */
function requireNumbers(operation: string, isAllowed: boolean, wanted: string, a: number, b: number): void {
  if (isAllowed) return
  throw new ValueError({ operation, problem: `needs ${wanted}, got ${a} and ${b}.` })
}

let shared = new Generator(0)

/**
 * The generator behind every random function that is not given one.
 *
 * @example defaultGenerator().permutation(3)   // Int32Array(3) in a random order
 */
export const defaultGenerator = (): Generator => shared

/**
 * Seeds the default generator: everything random after it is reproducible. Without a call the seed is 0.
 *
 * @example manualSeed(42)
 */
export function manualSeed(seed: number): void {
  shared = new Generator(seed)
}
