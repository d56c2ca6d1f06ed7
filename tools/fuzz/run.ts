import { getHeapStatistics } from 'node:v8'
import { TensorloomError } from '../../src/index.ts'
import { damaged } from './mutate.ts'
import { type Files, type Reader, Violation } from './reader.ts'

/** What any file may allocate, however small it is: errors with their stacks, layers without weights. */
const BYTES_FOR_ANY = 4e6
/** Smaller files count as this large where bytes are divided by bytes. */
const SMALLEST_COUNTED = 1000
const MOST_REPORTED = 5

export interface FuzzOptions {
  readonly rounds: number
  readonly seed: number
  /** Runs a single round, to look at it. */
  readonly only?: number
  /** Of the processor's time for one file. Default 1000. */
  readonly mostMilliseconds?: number
  /** Told of every round that begins. */
  readonly onRound?: (round: number) => void
}

export interface Outcome {
  readonly reader: string
  readonly parser: Reader['parser']
  readonly files: number
  readonly accepted: number
  readonly refused: number
  /** Of the processor's time, for one file. */
  readonly slowestMilliseconds: number
  /** Bytes allocated for a file, divided by its size. */
  readonly mostBytesPerByte: number
  /** Broken promises, each with its round. */
  readonly failures: readonly string[]
}

/** Everything that objects, lists and functions inherit. */
const inherited = (): string =>
  [Object.prototype, Array.prototype, Function.prototype, Map.prototype]
    .map(prototype => Reflect.ownKeys(prototype).length)
    .join()

/** Bytes in objects and in arrays of numbers. What a read leaves behind is garbage only later: the growth is what it took. */
function allocated(): number {
  const { used_heap_size, external_memory } = getHeapStatistics()
  return used_heap_size + external_memory
}

/** Reads damaged files, one after another, and keeps the score. */
export async function fuzz(reader: Reader, options: FuzzOptions): Promise<Outcome> {
  const { rounds, seed, only, mostMilliseconds = 1000, onRound } = options
  // A Buffer's slice is no copy.
  const seeds = (await reader.seeds()).map(files => files.map(file => Uint8Array.from(file)))
  await readSeeds(reader, seeds)
  const before = inherited()
  const failures: string[] = []
  const score = { accepted: 0, refused: 0, slowest: 0, most: 0 }
  const first = only ?? 0
  const end = only === undefined ? rounds : only + 1
  for (let round = first; round < end; round++) {
    onRound?.(round)
    const files = damaged(reader, seeds, seed, round)
    const size = files.reduce((sum, { length }) => sum + length, 0)
    const limits: Limits = {
      milliseconds: mostMilliseconds,
      bytes: BYTES_FOR_ANY + reader.bytesPerByte * size,
    }
    const measured = await measureTwice(reader, files, limits)
    score.slowest = Math.max(score.slowest, measured.milliseconds)
    score.most = Math.max(score.most, measured.bytes / Math.max(size, SMALLEST_COUNTED))
    const outcome = measured.error === undefined ? 'accepted' : 'refused'
    score[outcome]++
    const problem =
      problemOf(reader, measured, limits, size) ??
      (inherited() === before ? null : 'changed what all objects inherit') ??
      (outcome === 'accepted' ? await problemOfUse(reader, measured.result) : null)
    if (problem !== null) failures.push(`${reader.name} --only ${round} --seed ${seed}: ${problem}`)
    if (failures.length === MOST_REPORTED) break
  }
  return {
    reader: reader.name,
    parser: reader.parser,
    files: score.accepted + score.refused,
    accepted: score.accepted,
    refused: score.refused,
    slowestMilliseconds: score.slowest,
    mostBytesPerByte: score.most,
    failures,
  }
}

/** Good files have to be read, or nothing of what follows means anything. Code is compiled on the way. */
async function readSeeds(reader: Reader, seeds: readonly Files[]): Promise<void> {
  for (const parts of seeds) {
    for (const repair of [false, true]) await reader.read(reader.assemble?.(parts, repair) ?? parts)
  }
}

interface Measured {
  readonly milliseconds: number
  readonly bytes: number
  readonly result?: unknown
  readonly error?: unknown
}

interface Limits {
  readonly milliseconds: number
  readonly bytes: number
}

/** What is beyond the bounds has to be so again: collections of garbage happen at any time. */
async function measureTwice(reader: Reader, files: Files, limits: Limits): Promise<Measured> {
  const first = await measure(() => reader.read(files))
  if (first.milliseconds <= limits.milliseconds && first.bytes <= limits.bytes) return first
  const second = await measure(() => reader.read(files))
  const milliseconds = Math.min(first.milliseconds, second.milliseconds)
  return { ...first, milliseconds, bytes: Math.min(first.bytes, second.bytes) }
}

async function measure(read: () => unknown): Promise<Measured> {
  const bytesBefore = allocated()
  const started = process.cpuUsage()
  const outcome = await settled(read)
  const { user, system } = process.cpuUsage(started)
  return { milliseconds: (user + system) / 1000, bytes: allocated() - bytesBefore, ...outcome }
}

async function settled(read: () => unknown): Promise<{ result: unknown } | { error: unknown }> {
  try {
    return { result: await read() }
  } catch (error) {
    return { error: error ?? new Error('nothing was thrown') }
  }
}

function problemOf(
  reader: Reader,
  { milliseconds, bytes, error }: Measured,
  limits: Limits,
  size: number,
): string | null {
  if (error !== undefined && !reader.errors.some(type => error instanceof type)) return stackOf(error)
  if (milliseconds > limits.milliseconds) return `took ${milliseconds.toFixed()} ms of the processor`
  return bytes > limits.bytes ? `allocated ${bytes} bytes for a file of ${size}` : null
}

async function problemOfUse(reader: Reader, result: unknown): Promise<string | null> {
  const outcome = await settled(() => reader.use?.(result as never))
  if (!('error' in outcome) || outcome.error instanceof TensorloomError) return null
  return `was read, and then: ${stackOf(outcome.error)}`
}

const stackOf = (error: unknown): string =>
  error instanceof Violation ? error.message : error instanceof Error ? String(error.stack) : String(error)
