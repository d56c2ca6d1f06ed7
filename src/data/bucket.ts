import { ValueError } from '../errors.ts'
import { refuseUnknown, requireCount } from '../nn/options.ts'
import { padSequences } from '../text/pad-sequences.ts'
import { type Collated, collate } from './collate.ts'
import type { Source } from './stages.ts'

export interface BucketOptions<T> {
  /** Rising lengths: a sequence goes to the first bucket it fits in; longer ones than all share one more. */
  readonly boundaries: readonly number[]
  readonly batchSize: number
  /** The part of an example that is a sequence of ids. Default `x`. */
  readonly key?: keyof T & string
  /** Pad to the longest of the batch, or to the end of its bucket. Default `longest`. */
  readonly padTo?: 'longest' | 'boundary'
  /** Zeros before the sequence or after it. Default `pre`, as in `padSequences`. */
  readonly padding?: 'pre' | 'post'
}

/** The stage of `Dataset.bucketByLength`. */
export function bucketed<T>(
  options: BucketOptions<T>,
): (source: Source<T>) => AsyncGenerator<Collated<T & object>> {
  refuseUnknown('bucketByLength', options, ['boundaries', 'batchSize', 'key', 'padTo', 'padding'])
  const { boundaries, batchSize, key = 'x', padTo = 'longest', padding = 'pre' } = options
  requireCount('bucketByLength', 'batchSize', batchSize)
  const isRising = Array.isArray(boundaries) && boundaries.every((end, i) => end > (boundaries[i - 1] ?? 0))
  if (!isRising || boundaries.length === 0 || !boundaries.every(Number.isSafeInteger)) {
    throw new ValueError({
      operation: 'bucketByLength',
      problem: `needs boundaries as rising whole numbers, got [${String(boundaries)}].`,
      hint: 'for example { boundaries: [16, 32, 64] }.',
      argument: 'boundaries',
      received: boundaries,
    })
  }
  const finish = (group: readonly T[], bucket: number): Collated<T & object> => {
    const sequences = group.map(example => sequenceOf(example, key))
    const fixed = padTo === 'boundary' ? boundaries[bucket] : undefined
    const { data, shape } = padSequences(sequences, {
      padding,
      ...(fixed === undefined ? {} : { maxLength: fixed }),
    })
    const [, length] = shape
    const examples = group.map((example, row) =>
      Object.assign({}, example, { [key]: data.subarray(row * length, (row + 1) * length) }),
    )
    return collate(examples) as Collated<T & object>
  }

  return async function* run(source) {
    const buckets: T[][] = [...boundaries, 0].map(() => [])
    for await (const example of source) {
      const { length } = sequenceOf(example, key)
      const found = boundaries.findIndex(end => length <= end)
      const bucket = found < 0 ? boundaries.length : found
      buckets[bucket].push(example)
      if (buckets[bucket].length < batchSize) continue
      yield finish(buckets[bucket], bucket)
      buckets[bucket] = []
    }
    for (const [bucket, rest] of buckets.entries()) if (rest.length > 0) yield finish(rest, bucket)
  }
}

function sequenceOf(example: unknown, key: string): readonly number[] {
  const sequence: unknown =
    typeof example === 'object' && example !== null ? Reflect.get(example, key) : undefined
  if (Array.isArray(sequence)) return sequence
  if (sequence instanceof Int32Array) return Array.from(sequence)
  throw new ValueError({
    operation: 'bucketByLength',
    problem: `needs "${key}" of every example to be a list of ids.`,
    hint: 'name another part with { key }.',
    argument: 'key',
    received: sequence,
  })
}
