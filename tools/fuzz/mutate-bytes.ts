import type { Generator } from '../../src/index.ts'
import { concatenated, encode } from './reader.ts'

type Mutation = (bytes: Uint8Array, random: Generator, others: readonly Uint8Array[]) => Uint8Array

/** Bytes that mean something in JSON and tables, so that not everything is refused at the first quotation mark. */
const TELLING = encode('0123456789.-e+"{}[]:,\\ tfn_\n\t$/')
const EDGES = Uint8Array.of(0, 1, 127, 128, 254, 255)
const LONGEST = 40

const pick = <T>(list: ArrayLike<T>, random: Generator): T => list[random.below(list.length)]

/** Two places in order. */
function range(bytes: Uint8Array, random: Generator): [start: number, end: number] {
  const start = random.below(bytes.length)
  return [start, Math.min(bytes.length, start + 1 + random.below(LONGEST))]
}

function replaced(bytes: Uint8Array, random: Generator, byte: (before: number) => number): Uint8Array {
  const copy = bytes.slice()
  const place = random.below(copy.length)
  copy[place] = byte(copy[place])
  return copy
}

const mutations: readonly Mutation[] = [
  (bytes, random) => replaced(bytes, random, before => before ^ (1 << random.below(8))),
  (bytes, random) => replaced(bytes, random, () => pick(EDGES, random)),
  (bytes, random) => replaced(bytes, random, () => pick(TELLING, random)),
  (bytes, random) => bytes.slice(0, random.below(bytes.length)),
  (bytes, random) => {
    const [start, end] = range(bytes, random)
    return concatenated(bytes.subarray(0, start), bytes.subarray(end))
  },
  (bytes, random) => {
    const [start, end] = range(bytes, random)
    return concatenated(bytes.subarray(0, end), bytes.subarray(start))
  },
  (bytes, random) => {
    const [from, to] = range(bytes, random)
    const place = random.below(bytes.length)
    return concatenated(bytes.subarray(0, place), bytes.subarray(from, to), bytes.subarray(place))
  },
  (bytes, random, others) => {
    const other = pick(others, random)
    if (other.length === 0) return bytes
    return concatenated(
      bytes.subarray(0, random.below(bytes.length)),
      other.subarray(random.below(other.length)),
    )
  },
  // A number of the longest kind: eight bytes that say much, and a varint without end.
  (bytes, random) => {
    const copy = bytes.slice()
    const place = random.below(copy.length)
    return copy.fill(255, place, place + 1 + random.below(8))
  },
  (bytes, random) => {
    const place = random.below(bytes.length)
    const number = new Uint8Array(10).fill(255)
    number[9] = 1
    return concatenated(bytes.subarray(0, place), number, bytes.subarray(place + 1))
  },
]

/** The bytes after one to three changes: bits, bytes, pieces that are left out, repeated, moved or come from another file. */
export function mutateBytes(
  bytes: Uint8Array,
  random: Generator,
  others: readonly Uint8Array[] = [bytes],
): Uint8Array {
  let result = bytes
  for (let round = random.below(3); round >= 0 && result.length > 0; round--) {
    // Half of all changes keep the length: another one breaks offsets, and nothing behind them would be tried.
    const kinds = random.below(2) === 0 ? 3 : mutations.length
    result = mutations[random.below(kinds)](result, random, others)
  }
  return result
}
