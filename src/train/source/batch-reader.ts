import { ValueError } from '../../errors.ts'
import type { BatchInput, Batches } from './batches.ts'

/** Goes through batches one by one, and can begin anew. */
export class BatchReader<B> {
  private iterator: Iterator<B> | AsyncIterator<B> | null = null
  private held: B[] = []
  /** Batches taken since the iterator began. */
  taken = 0

  constructor(
    private readonly operation: string,
    private readonly input: BatchInput<B>,
  ) {}

  get isOpen(): boolean {
    return this.iterator !== null
  }

  /** Whether a batch was read ahead. */
  get isHolding(): boolean {
    return this.held.length > 0
  }

  /** Begins at the start, or where a data set's own cursor stands. */
  open(): void {
    const { input } = this
    const batches: Batches<B> = typeof input === 'function' ? input() : input
    const isIterable =
      typeof batches === 'object' &&
      batches !== null &&
      (Symbol.asyncIterator in batches || Symbol.iterator in batches)
    if (!isIterable) {
      throw new ValueError({
        operation: this.operation,
        problem: `needs batches that can be iterated, got ${batches === null ? 'null' : typeof batches}.`,
        hint: 'pass an iterable of { x, y }, or a function that makes one.',
        argument: 'x',
        received: batches,
      })
    }
    this.iterator =
      Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]()
    this.taken = 0
  }

  /** The next batch; null at the end, after which the reader is closed. */
  async read(): Promise<B | null> {
    const kept = this.held.pop()
    if (kept !== undefined) {
      this.taken++
      return kept
    }
    if (this.iterator === null) return null
    const result = await this.iterator.next()
    if (result.done === true) {
      this.iterator = null
      return null
    }
    this.taken++
    return result.value
  }

  /** Puts the batch that was read last back. */
  unread(batch: B): void {
    this.held.push(batch)
    this.taken--
  }

  /** Lets a generator run its `finally`. */
  async close(): Promise<void> {
    const { iterator } = this
    this.iterator = null
    this.held = []
    await iterator?.return?.()
  }
}
