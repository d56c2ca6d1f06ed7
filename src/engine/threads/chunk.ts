import type { WasmExports } from '../wasm.ts'
import { ENTRY_FAILED, ENTRY_WORDS, MESSAGE_WORDS, word } from './layout.ts'

/** What a chunk can be. Its entry holds the arguments named here, in this order; each thread adds its own scratch space. */
export const CHUNK_KINDS = [
  'gemm', // the arguments of the export up to accumulate
  'recurrent_forward_rows', // block, from, to
  'recurrent_backward_rows', // block, from, to
  'recurrent_backward_kernels', // block, from, to
  'conv_forward', // block, from, to
  'conv_input', // block, from, to
  'conv_kernel', // block, from, to
  'max_pool', // block, from, to
  'call', // what callOf gives
  'probe', // address, turns, throws: adds 1 to the word at the address after some turns; workers throw if asked to
] as const
export type ChunkKind = (typeof CHUNK_KINDS)[number]

const CALL = CHUNK_KINDS.indexOf('call')

/** Exports by number: the same in every instance of a module. */
const exportNames = (exports: WasmExports): string[] => Object.keys(exports).sort()

/** Makes the words of a chunk that calls an export: its number, how many arguments are whole, how many not, and those. */
export function callOf(
  exports: WasmExports,
): (name: string, whole: readonly number[], doubles?: readonly number[]) => number[] {
  const numbers = new Map(exportNames(exports).map((name, number) => [name, number]))
  return (name, whole, doubles = []) => {
    const number = numbers.get(name)
    if (number === undefined) throw new Error(`internal: no kernel ${name}`)
    return [
      number,
      whole.length,
      doubles.length,
      ...whole,
      ...new Int32Array(Float64Array.from(doubles).buffer),
    ]
  }
}

/** Returns what runs a chunk of the current job on thread `thread`, with `exports` instantiated on the common memory. */
export function chunkRunner(
  exports: WasmExports,
  memory: WebAssembly.Memory,
  words: Int32Array,
  thread: number,
): (chunk: number) => void {
  const { gemm } = exports
  const ranges = [
    exports.recurrent_forward_rows,
    exports.recurrent_backward_rows,
    exports.recurrent_backward_kernels,
    exports.conv_forward,
    exports.conv_input,
    exports.conv_kernel,
    exports.max_pool,
  ]
  const byNumber = exportNames(exports).map(name => exports[name])
  const doubles = new Float64Array(ENTRY_WORDS)
  const halves = new Int32Array(doubles.buffer)
  return chunk => {
    const kind = words[word.kind]
    const scratch = (words[word.scratch] + thread * words[word.scratchStride]) | 0
    const e = word.entries + chunk * ENTRY_WORDS
    if (kind === 0) {
      gemm(
        words[e],
        words[e + 1],
        words[e + 2],
        words[e + 3],
        words[e + 4],
        words[e + 5],
        words[e + 6],
        words[e + 7],
        words[e + 8],
        words[e + 9],
        words[e + 10],
        words[e + 11],
        scratch,
      )
    } else if (kind <= ranges.length) ranges[kind - 1](words[e], scratch, words[e + 1], words[e + 2])
    else if (kind === CALL) {
      const from = e + 3
      const middle = from + words[e + 1]
      const count = words[e + 2]
      halves.set(words.subarray(middle, middle + 2 * count))
      byNumber[words[e]](...words.subarray(from, middle), ...doubles.subarray(0, count))
    } else probe(memory, words, e, thread)
  }
}

/** Not atomic: two threads that run one chunk would show. */
function probe(memory: WebAssembly.Memory, words: Int32Array, e: number, thread: number): void {
  if (words[e + 2] !== 0 && thread > 0) throw new Error('this chunk fails on every worker')
  for (let turn = 0; turn < words[e + 1]; turn++) Atomics.load(words, word.jitter)
  new Int32Array(memory.buffer)[words[e] >>> 2]++
}

/** Notes that a chunk threw. The message is written by whoever fails first. */
export function recordFailure(words: Int32Array, chunk: number, error: unknown): void {
  words[word.entries + chunk * ENTRY_WORDS + ENTRY_FAILED] = 1
  if (Atomics.add(words, word.failures, 1) > 0) return
  const text = (error instanceof Error ? error.message : String(error)).slice(0, MESSAGE_WORDS)
  for (let i = 0; i < text.length; i++) words[word.message + i] = text.charCodeAt(i)
  words[word.messageLength] = text.length
}

/** The message of the first failure of the current job. */
export const failureMessage = (words: Int32Array): string =>
  String.fromCharCode(...words.subarray(word.message, word.message + words[word.messageLength]))
