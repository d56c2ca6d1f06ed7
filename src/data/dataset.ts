import { ValueError } from '../errors.ts'
import { refuseUnknown, requireCount } from '../nn/options.ts'
import { defaultGenerator, Generator } from '../tensor/random.ts'
import { type BucketOptions, bucketed } from './bucket.ts'
import { type Collated, collate } from './collate.ts'
import {
  filtered,
  flattened,
  grouped,
  mapped,
  prefetched,
  type Source,
  shuffled,
  skipped,
  taken,
  zipped,
} from './stages.ts'

/** Where elements come from: something that can be gone through again, or a function that begins anew. */
export type DatasetSource<T> = Source<T> | (() => Source<T>)

export interface ShuffleOptions {
  /** Elements among which the next one is drawn. Default 10,000. */
  readonly buffer?: number
  /** Of the order; by default drawn from the default generator, so that `manualSeed` decides. */
  readonly seed?: number
  /** A new order in each pass. Default true. */
  readonly reshuffle?: boolean
}

export interface BatchOptions {
  readonly batchSize: number
  /** Leave out a last batch that is smaller. Default false. */
  readonly dropLast?: boolean
}

/** Where a data set stands: `fit` keeps it in checkpoints. */
export interface DatasetState {
  /** Passes that were begun. */
  readonly pass: number
  /** Elements of the last one that were given. */
  readonly position: number
}

/** Begins pass number `pass`. */
type Open<T> = (pass: number) => Source<T>

/**
 * A lazy sequence of examples that can be gone through many times: in memory, from files, or made as they are wanted.
 *
 * Every method gives a new data set and reads nothing; reading begins with `for await` or `fit`, keeps only what it
 * needs (a shuffle its buffer, a batch itself), and so a data set may be far larger than memory.
 *
 * @example
 * const data = dataset([{ x: [0, 0], y: 0 }, { x: [0, 1], y: 1 }, { x: [1, 0], y: 1 }, { x: [1, 1], y: 0 }])
 *   .shuffle({ seed: 1 })
 *   .batch({ batchSize: 2 })
 * for await (const { x, y } of data) console.log(x.shape, y.shape)   // [2, 2] [2], twice
 */
export class Dataset<T> implements AsyncIterable<T> {
  private readonly open: Open<T>
  private pass = 0
  private position = 0
  private resumeAt = 0

  private constructor(open: Open<T>) {
    this.open = open
  }

  /** @throws ValueError for what cannot be iterated */
  static from<T>(source: DatasetSource<T>): Dataset<T> {
    if (source instanceof Dataset) return new Dataset(source.open)
    if (typeof source === 'function') return new Dataset(() => source())
    if (typeof source === 'object' && source !== null && isIterable(source)) {
      return new Dataset(isOneWay(source) ? once(source) : () => source)
    }
    throw new ValueError({
      operation: 'dataset',
      problem: `takes an iterable, an async iterable or a function that gives one, got ${source === null ? 'null' : typeof source}.`,
      hint: 'for example an array of { x, y }.',
      argument: 'source',
      received: source,
    })
  }

  /** Changes each element; `transform` may be asynchronous. */
  map<U>(transform: (element: T, index: number) => U | Promise<U>): Dataset<U> {
    requireFunction('map', transform)
    return new Dataset(pass => mapped(this.open(pass), transform))
  }

  /** Keeps the elements that `keep` says yes to. */
  filter(keep: (element: T, index: number) => boolean | Promise<boolean>): Dataset<T> {
    requireFunction('filter', keep)
    return new Dataset(pass => filtered(this.open(pass), keep))
  }

  /** Several elements for each one, or none: `transform` gives an iterable. */
  flatMap<U>(transform: (element: T, index: number) => Source<U>): Dataset<U> {
    requireFunction('flatMap', transform)
    return new Dataset(pass => flattened(mapped(this.open(pass), transform)))
  }

  /**
   * A random order, as far as the buffer reaches, and another one in each pass.
   * @example dataset([1, 2, 3, 4]).shuffle({ seed: 1 })
   */
  shuffle(options: ShuffleOptions = {}): Dataset<T> {
    refuseUnknown('shuffle', options, ['buffer', 'seed', 'reshuffle'])
    const { buffer = 10_000, seed = defaultGenerator().bits(), reshuffle = true } = options
    requireCount('shuffle', 'buffer', buffer)
    const generator = new Generator(seed)
    return new Dataset(pass => shuffled(this.open(pass), buffer, generator.split(reshuffle ? pass : 0)))
  }

  /**
   * Stacks examples along a new first axis: numbers become [batch], arrays of n numbers [batch, n].
   * @throws ShapeError while reading, for examples that differ in shape
   */
  batch(options: BatchOptions): Dataset<T extends object ? Collated<T> : never> {
    refuseUnknown('batch', options, ['batchSize', 'dropLast'])
    const { batchSize, dropLast = false } = options
    requireCount('batch', 'batchSize', batchSize)
    return this.group({ size: batchSize, dropLast }).map(group =>
      collate(group.map(requireExample)),
    ) as Dataset<T extends object ? Collated<T> : never>
  }

  /** Lists of `size` elements, as they are. */
  group({ size, dropLast = false }: { readonly size: number; readonly dropLast?: boolean }): Dataset<T[]> {
    requireCount('group', 'size', size)
    const groups = new Dataset(pass => grouped(this.open(pass), size))
    return dropLast ? groups.filter(group => group.length === size) : groups
  }

  /** Batches of sequences of similar length, padded to the longest of their batch or to their bucket's end. */
  bucketByLength(options: BucketOptions<T>): Dataset<T extends object ? Collated<T> : never> {
    const run = bucketed(options)
    return new Dataset(pass => run(this.open(pass))) as Dataset<T extends object ? Collated<T> : never>
  }

  /** The first `count` elements. */
  take(count: number): Dataset<T> {
    requireWhole('take', count)
    return new Dataset(pass => taken(this.open(pass), count))
  }

  /** All but the first `count` elements. */
  skip(count: number): Dataset<T> {
    requireWhole('skip', count)
    return new Dataset(pass => skipped(this.open(pass), count))
  }

  /** Its elements `count` times over, each time as in a pass of its own. */
  repeat(count: number): Dataset<T> {
    requireCount('repeat', 'count', count)
    const { open } = this
    async function* repeated(pass: number): AsyncGenerator<T> {
      for (let round = 0; round < count; round++) yield* open(pass * count + round)
    }
    return new Dataset(repeated)
  }

  /** Pairs of elements; ends with the shorter one. */
  zip<U>(other: Dataset<U>): Dataset<readonly [T, U]> {
    const open = other instanceof Dataset ? other.open : Dataset.from<U>(other).open
    const both = (pass: number) => zipped([asynchronous(this.open(pass)), asynchronous(open(pass))])
    return new Dataset(both as Open<readonly [T, U]>)
  }

  /** Gets up to `count` elements ready while the ones before them are in use. Default 2. */
  prefetch(count = 2): Dataset<T> {
    requireCount('prefetch', 'count', count)
    return new Dataset(pass => prefetched(asynchronous(this.open(pass)), count))
  }

  /** Everything, in a list. */
  async toArray(): Promise<T[]> {
    const elements: T[] = []
    for await (const element of this) elements.push(element)
    return elements
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    const skip = this.resumeAt
    this.resumeAt = 0
    this.position = skip
    const source = this.open(this.pass++)
    for await (const element of skip === 0 ? source : skipped(source, skip)) {
      this.position++
      yield element
    }
  }

  /** Where the pass in progress stands. */
  state(): DatasetState {
    return { pass: this.pass, position: this.position }
  }

  /** The next pass goes on where `state()` was taken, in the same order. */
  restore(state: DatasetState): void {
    const { pass, position } = state
    requireWhole('restore', pass)
    requireWhole('restore', position)
    this.pass = Math.max(0, pass - 1)
    this.position = position
    this.resumeAt = pass === 0 ? 0 : position
  }
}

/**
 * A `Dataset` over an array, any other iterable, or a function that begins anew at each call.
 *
 * @throws ValueError for anything else
 * @example dataset([1, 2, 3]).map(value => ({ x: [value], y: 2 * value })).batch({ batchSize: 2 })
 */
export const dataset = <T>(source: DatasetSource<T>): Dataset<T> => Dataset.from(source)

const isIterable = (source: object): boolean => Symbol.iterator in source || Symbol.asyncIterator in source

/** A generator, for example: it is its own iterator. */
const isOneWay = (source: object): boolean =>
  Symbol.iterator in source && typeof source[Symbol.iterator] === 'function'
    ? Object.is((source as Iterable<unknown>)[Symbol.iterator](), source)
    : Object.is((source as AsyncIterable<unknown>)[Symbol.asyncIterator](), source)

/** Refuses a second pass, which would find nothing. */
function once<T>(source: Source<T>): Open<T> {
  let isUsed = false
  return () => {
    if (isUsed) {
      throw new ValueError({
        operation: 'dataset',
        problem: 'cannot go through a generator twice.',
        hint: 'pass the function that makes it: dataset(() => generate()).',
      })
    }
    isUsed = true
    return source
  }
}

async function* asynchronous<T>(source: Source<T>): AsyncGenerator<T> {
  yield* source
}

function requireExample<T>(example: T): T & object {
  if (typeof example === 'object' && example !== null) return example
  throw new ValueError({
    operation: 'batch',
    problem: `takes examples such as { x, y }, got ${example === null ? 'null' : typeof example}.`,
    hint: 'name the parts in map().',
    received: example,
  })
}

function requireFunction(operation: string, value: unknown): void {
  if (typeof value === 'function') return
  throw new ValueError({ operation, problem: `takes a function, got ${typeof value}.`, received: value })
}

function requireWhole(operation: string, value: unknown): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return
  throw new ValueError({
    operation,
    problem: `needs a whole number ≥ 0, got ${String(value)}.`,
    received: value,
  })
}
