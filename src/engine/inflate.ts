type Zlib = typeof import('node:zlib')
type Bytes = Uint8Array<ArrayBuffer>

/**
 * The `size` bytes of a raw deflate stream, without waiting: the kernels are stored deflated. Node does it natively;
 * browsers only know how to do it asynchronously.
 */
export function inflate(deflated: Bytes, size: number): Bytes {
  const builtin = typeof process === 'object' ? process.getBuiltinModule : undefined
  const zlib = builtin?.('node:zlib') as Zlib | undefined
  return zlib === undefined ? inflateHere(deflated, size) : new Uint8Array(zlib.inflateRawSync(deflated))
}

const damaged = (): Error => new Error('internal: the kernels are damaged')

/** How many codes there are of each length, and the symbols in the order of their codes: RFC 1951, section 3.2.2. */
interface Code {
  readonly counts: Uint16Array
  readonly symbols: Uint16Array
}

const LONGEST_CODE = 15

function codeOf(lengths: readonly number[]): Code {
  const counts = new Uint16Array(LONGEST_CODE + 1)
  for (const length of lengths) counts[length]++
  const next = new Uint16Array(LONGEST_CODE + 2)
  for (let length = 1; length <= LONGEST_CODE; length++) next[length + 1] = next[length] + counts[length]
  const symbols = new Uint16Array(lengths.length)
  lengths.forEach((length, symbol) => {
    if (length > 0) symbols[next[length]++] = symbol
  })
  return { counts, symbols }
}

/** Where the lengths of the code lengths stand: those that are rarely used come last. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

/** Blocks as zlib writes them at its best: dynamic codes, fixed codes, and stored bytes. */
function inflateHere(from: Bytes, size: number): Bytes {
  const out = new Uint8Array(size)
  let [at, held, heldBits, end] = [0, 0, 0, 0]

  function bits(count: number): number {
    while (heldBits < count) {
      held |= from[at++] << heldBits
      heldBits += 8
    }
    const value = held & ((1 << count) - 1)
    held >>>= count
    heldBits -= count
    return value
  }

  /** Codes of one length are consecutive numbers: go from length to length until the code is among them. */
  function symbol({ counts, symbols }: Code): number {
    let [code, first, index] = [0, 0, 0]
    for (let length = 1; length <= LONGEST_CODE; length++) {
      code |= bits(1)
      const count = counts[length]
      if (code - first < count) return symbols[index + code - first]
      index += count
      first = (first + count) << 1
      code <<= 1
    }
    throw damaged()
  }

  function readCodes(): [Code, Code] {
    const literals = bits(5) + 257
    const distances = bits(5) + 1
    const lengthLengths = new Array<number>(19).fill(0)
    for (let i = 0, count = bits(4) + 4; i < count; i++) lengthLengths[ORDER[i]] = bits(3)
    const lengthCode = codeOf(lengthLengths)
    const lengths: number[] = []
    while (lengths.length < literals + distances) {
      const length = symbol(lengthCode)
      if (length < 16) lengths.push(length)
      else {
        const repeated = length === 16 ? lengths[lengths.length - 1] : 0
        const count = length === 16 ? 3 + bits(2) : length === 17 ? 3 + bits(3) : 11 + bits(7)
        for (let i = 0; i < count; i++) lengths.push(repeated)
      }
    }
    return [codeOf(lengths.slice(0, literals)), codeOf(lengths.slice(literals))]
  }

  function readBlock([literals, distances]: [Code, Code]): void {
    for (let found = symbol(literals); found !== 256; found = symbol(literals)) {
      if (end >= size) throw damaged()
      if (found < 256) {
        out[end++] = found
        continue
      }
      const length = extended(found - 257, 2, 28) + 3
      const distance = extended(symbol(distances), 1, 30) + 1
      for (let i = 0; i < length; i++, end++) out[end] = out[end - distance]
    }
  }

  /** Lengths and distances: steps that double, with extra bits to tell what lies between. The longest length has none. */
  function extended(step: number, shift: number, longest: number): number {
    if (step === longest) return 255
    const extra = Math.max(0, (step >> shift) - 1)
    const base = extra === 0 ? step : ((step & ((1 << shift) - 1)) + (1 << shift)) << extra
    return base + bits(extra)
  }

  let isLast = false
  while (!isLast) {
    if (at > from.length) throw damaged()
    isLast = bits(1) === 1
    const kind = bits(2)
    if (kind === 0) {
      held = 0
      heldBits = 0
      const length = from[at] | (from[at + 1] << 8)
      out.set(from.subarray(at + 4, at + 4 + length), end)
      at += 4 + length
      end += length
    } else readBlock(kind === 1 ? fixedCodes() : readCodes())
  }
  if (end !== size) throw damaged()
  return out
}

function fixedCodes(): [Code, Code] {
  const literals = Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8))
  return [codeOf(literals), codeOf(new Array<number>(30).fill(5))]
}
