import type { DataInput, ModelData } from '../../data/rows.ts'
import type { StateTree } from '../../io/state-tree.ts'
import { Tensor } from '../../tensor/tensor.ts'

/** A batch as data sets give it; several inputs (outputs) in a list, or by name. */
export interface DataBatch {
  readonly x: ModelData
  readonly y: ModelData
  /** Factor of each example's loss, [batch]. */
  readonly sampleWeight?: DataInput
}

/** The same, where targets are not asked for. */
export type InputBatch = Omit<DataBatch, 'y'> & { readonly y?: ModelData }

/** Something that can be gone through once for each epoch. */
export type Batches<B = DataBatch> = Iterable<B> | AsyncIterable<B>

/** Batches for training: an iterable, an async iterable, or a function that makes one for each epoch. */
export type BatchInput<B = DataBatch> = Batches<B> | (() => Batches<B>)

/** Batches that know where they stand: `fit` then resumes without going through those that were used already. */
export interface ResumableBatches<B = DataBatch> extends AsyncIterable<B> {
  /** Where the pass in progress stands, as plain data. */
  state(): object
  /** The next pass goes on where `state()` was taken. */
  restore(state: object): void
}

/** Whether data come as batches, rather than as examples along an axis. */
export function isBatchInput(data: unknown): boolean {
  if (typeof data === 'function') return true
  if (typeof data !== 'object' || data === null || data instanceof Tensor || ArrayBuffer.isView(data))
    return false
  if (Symbol.asyncIterator in data) return true
  if (!Array.isArray(data)) return Symbol.iterator in data
  const [first] = data as readonly unknown[]
  return typeof first === 'object' && first !== null && !(first instanceof Tensor) && 'x' in first
}

export const isResumable = <B>(batches: BatchInput<B>): batches is ResumableBatches<B> =>
  'state' in batches &&
  'restore' in batches &&
  typeof batches.state === 'function' &&
  typeof batches.restore === 'function'

/** A cursor as part of a state. */
export const cursorOf = (batches: ResumableBatches<unknown>): StateTree => batches.state() as StateTree
