import type { StateTree } from '../../io/state-tree.ts'
import type { Batch } from '../step.ts'

/** A batch that is made inside the step which uses it. */
export interface SourceBatch {
  /** Examples in it. */
  readonly count: number
  make(): Batch
}

/** Where a run takes its batches from, pass by pass. */
export interface BatchSource {
  /** Batches of an epoch; null where only its end tells. */
  readonly batches: number | null
  /** Examples of an epoch; null where only its end tells. */
  readonly examples: number | null
  /** Begins an epoch. */
  begin(): void | Promise<void>
  /** The next batch of the epoch; null from its end on. */
  next(): SourceBatch | null | Promise<SourceBatch | null>
  /** To be called when no more batches are wanted, though there may be some. */
  close(): void | Promise<void>
  /** Where the source stands, after the batches that it gave. */
  stateDict(): StateTree
  loadStateDict(state: StateTree): void | Promise<void>
  /** What must be the same in a run that goes on from a checkpoint. */
  describe(): Readonly<Record<string, StateTree>>
}
