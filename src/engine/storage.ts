import type { Pointer } from '../../kernels/kernels.ts'
import type { ColdArray, DType } from './dtype.ts'
import type { Engine } from './engine.ts'

let lastId = 0

/** The address of an owned block, held by the finalizer of its Storage: it must not keep the Storage alive. */
export interface Lease {
  readonly pointer: Pointer
  readonly bytes: number
  live: boolean
  readonly owner: WeakRef<Storage>
}

/**
 * The numbers behind one or more tensors: in an engine's memory (*hot*, `engine` and `pointer` set), in an
 * ordinary array that the garbage collector owns (*cold*), or in both with equal contents. Only `engine.ts`
 * moves a Storage; everything else asks `engine.pointer(storage)` or `readStorage(storage)`.
 */
export class Storage {
  /** Never reused, so it can be a key. */
  readonly id: number = ++lastId
  /** Counts in-place writes: a backward pass refuses values that changed after they were saved. */
  version = 0
  engine: Engine | null = null
  pointer: Pointer = 0
  cold: ColdArray | null = null
  /** Belongs to a parameter or an optimizer: exempt from the budget. */
  owned = false
  /** User code may hold it: it is moved to cold memory where an internal one is freed. */
  visible = false
  /** An input or output of a recorded operation: backward decides when it goes. */
  recorded = false
  /** How many places in graphs that backward has not used up yet refer to it: freed when there are none. */
  references = 0
  /** Freed for good. Reading it is an internal error. */
  released = false
  /** Lease of an owned hot block. */
  lease: Lease | null = null
  /** The operation that used it last: never evicted while that one runs. */
  usedAt = 0
  /** How many pending gradients of the running backward pass point here. */
  holds = 0
  /** Created by the running backward pass, which frees it when nothing holds it any more. */
  temporary = false
  /** Neighbours in the queue of unowned hot storages, oldest first. */
  older: Storage | null = null
  newer: Storage | null = null
  queued = false

  constructor(
    readonly dtype: DType,
    readonly length: number,
  ) {}
}
