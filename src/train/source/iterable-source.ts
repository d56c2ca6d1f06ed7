import { batchOf } from '../../data/rows.ts'
import { FormatError, ValueError } from '../../errors.ts'
import { readGenerator } from '../../io/generator-state.ts'
import { StateReader } from '../../io/state-reader.ts'
import type { StateTree } from '../../io/state-tree.ts'
import { defaultGenerator, type GeneratorState } from '../../tensor/random.ts'
import { type ExampleWeights, exampleWeights } from '../example-weights.ts'
import { toExamples } from '../examples.ts'
import type { Model, ModelResult } from '../model.ts'
import { BatchReader } from './batch-reader.ts'
import { type BatchInput, cursorOf, type DataBatch, isResumable } from './batches.ts'
import type { BatchSource, SourceBatch } from './source.ts'

export interface IterableSourceOptions {
  readonly operation: string
  /** Batches of an epoch; null: until the iterable ends. */
  readonly stepsPerEpoch: number | null
  readonly classWeight?: ExampleWeights['classWeight']
}

/**
 * Batches from an iterable, which begins anew in each epoch; with `stepsPerEpoch` it goes on from one epoch to the next,
 * and begins anew when it ends.
 */
export class IterableSource implements BatchSource {
  readonly batches: number | null
  readonly examples = null
  private readonly reader: BatchReader<DataBatch>
  private given = 0
  private isEnded = false
  /** The cursor that was restored. */
  private restored: StateTree = null
  private generatorAtStart: GeneratorState | null = null

  constructor(
    private readonly model: Model<ModelResult>,
    private readonly input: BatchInput,
    private readonly options: IterableSourceOptions,
  ) {
    this.batches = options.stepsPerEpoch
    this.reader = new BatchReader(options.operation, input)
  }

  begin(): void {
    this.given = 0
    this.isEnded = false
    if (!this.reader.isOpen) this.open()
  }

  private open(): void {
    this.generatorAtStart = defaultGenerator().state()
    this.reader.open()
  }

  async next(): Promise<SourceBatch | null> {
    const { stepsPerEpoch } = this.options
    if (this.isEnded || this.given === stepsPerEpoch) return null
    let batch = await this.reader.read()
    if (batch === null && stepsPerEpoch !== null) {
      this.open()
      batch = await this.reader.read()
    }
    if (batch === null) {
      if (this.given === 0 || stepsPerEpoch !== null) throw this.nothingLeft()
      this.isEnded = true
      return null
    }
    this.given++
    return this.prepare(batch)
  }

  private nothingLeft(): ValueError {
    const { operation } = this.options
    const isOnce = typeof this.input === 'object' && 'next' in this.input
    return new ValueError({
      operation,
      problem: 'got no batch from the data.',
      hint: isOnce
        ? 'an iterator can be gone through once: pass a function that makes one for each epoch.'
        : 'it must give at least one batch in each epoch.',
      argument: 'x',
    })
  }

  private prepare(batch: DataBatch): SourceBatch {
    const { operation, classWeight } = this.options
    if (typeof batch !== 'object' || batch === null || !('x' in batch) || !('y' in batch)) {
      throw new ValueError({
        operation,
        problem: `needs batches { x, y }, got ${describe(batch)}.`,
        argument: 'x',
        received: batch,
      })
    }
    const { x, y } = toExamples(operation, this.model, batch.x, batch.y)
    const weights = exampleWeights(operation, y, { sampleWeight: batch.sampleWeight, classWeight })
    const { count } = x
    return {
      count,
      make: () => ({
        x: batchOf(x, null, 0, count),
        y: batchOf(y, null, 0, count),
        weights: weights === null ? null : batchOf(weights, null, 0, count),
      }),
    }
  }

  async close(): Promise<void> {
    this.given = 0
    await this.reader.close()
  }

  stateDict(): StateTree {
    return {
      given: this.given,
      isEnded: this.isEnded,
      isOpen: this.reader.isOpen,
      // Of an iterable without a cursor of its own: the batches since it began, and what it shuffles by.
      taken: this.reader.taken,
      generator: this.generatorAtStart === null ? null : { ...this.generatorAtStart },
      own: this.cursor(),
    }
  }

  /** The data's own cursor; a batch that was only looked at has not been given. */
  private cursor(): StateTree {
    if (!isResumable(this.input)) return null
    return this.reader.isHolding ? this.restored : cursorOf(this.input)
  }

  /** Goes to where the state was taken: by the data's own cursor, or else by reading what was used already. */
  async loadStateDict(state: StateTree): Promise<void> {
    const saved = new StateReader(state, 'data')
    const own = saved.get('own')
    const taken = saved.count('taken')
    this.given = saved.count('given')
    this.isEnded = saved.flag('isEnded')
    this.generatorAtStart = readGenerator(saved.get('generator'))
    if (isResumable(this.input) && typeof own === 'object' && own !== null) {
      this.restored = own
      this.input.restore(own)
      this.open()
      // A cursor at the end of a pass gives nothing more: the next pass begins with the next epoch.
      const first = await this.reader.read()
      if (first !== null) this.reader.unread(first)
    } else if (saved.flag('isOpen')) {
      if (this.generatorAtStart !== null) defaultGenerator().restore(this.generatorAtStart)
      this.open()
      for (let i = 0; i < taken; i++) if ((await this.reader.read()) === null) throw tooShort(i, taken)
    }
    this.reader.taken = taken
  }

  describe(): Readonly<Record<string, StateTree>> {
    return { stepsPerEpoch: this.options.stepsPerEpoch }
  }
}

const describe = (batch: unknown): string => {
  if (typeof batch !== 'object' || batch === null) return batch === null ? 'null' : typeof batch
  return Array.isArray(batch) ? 'an array' : `{ ${Object.keys(batch).join(', ')} }`
}

const tooShort = (found: number, wanted: number): FormatError =>
  new FormatError({
    operation: 'fit',
    problem: `cannot go on after batch ${wanted} of the data: this time there are only ${found}.`,
    hint: 'resume with the data that the checkpoint was written with.',
    location: 'data',
  })
