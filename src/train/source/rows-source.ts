import { batchOf, type Rows } from '../../data/rows.ts'
import { FormatError } from '../../errors.ts'
import { StateReader } from '../../io/state-reader.ts'
import type { StateTree } from '../../io/state-tree.ts'
import { defaultGenerator } from '../../tensor/random.ts'
import type { Examples } from '../examples.ts'
import type { BatchSource, SourceBatch } from './source.ts'

export interface RowsSourceOptions {
  readonly batchSize: number
  readonly shuffle: boolean
  readonly weights: Rows | null
}

/** Batches cut from examples in memory, in a new random order in each epoch, or in their own. */
export class RowsSource implements BatchSource {
  readonly batches: number
  readonly examples: number
  private order: Int32Array | null = null
  private position = 0

  constructor(
    private readonly rows: Examples,
    private readonly options: RowsSourceOptions,
  ) {
    this.examples = rows.x.count
    this.batches = Math.ceil(this.examples / options.batchSize)
  }

  begin(): void {
    this.position = 0
    this.order = this.options.shuffle ? defaultGenerator().permutation(this.examples) : null
  }

  next(): SourceBatch | null {
    if (this.position >= this.batches) return null
    const { rows, order } = this
    const { batchSize, weights } = this.options
    const start = this.position * batchSize
    const end = Math.min(this.examples, start + batchSize)
    this.position++
    return {
      count: end - start,
      make: () => ({
        x: batchOf(rows.x, order, start, end),
        y: batchOf(rows.y, order, start, end),
        weights: weights === null ? null : batchOf(weights, order, start, end),
      }),
    }
  }

  close(): void {
    this.position = 0
    this.order = null
  }

  stateDict(): StateTree {
    const { position, order } = this
    return { position, order }
  }

  loadStateDict(state: StateTree): void {
    const saved = new StateReader(state, 'data')
    const position = saved.count('position')
    const order = saved.get('order')
    const isOrder = order instanceof Int32Array && order.length === this.examples
    if (!(order === null || isOrder) || position > this.batches) {
      throw new FormatError({
        operation: 'fit',
        problem: 'cannot go on: the checkpoint has no order for these examples.',
        location: 'data',
      })
    }
    this.position = position
    this.order = order
  }

  describe(): Readonly<Record<string, StateTree>> {
    const { batchSize, shuffle } = this.options
    return { examples: this.examples, batchSize, shuffle }
  }
}
