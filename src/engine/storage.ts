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
  private array: ColdArray | null = null
  /** A single cold number: losses are kept by the thousand, and an array for each would be most of their size. */
  private single = 0
  private hasSingle = false
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

  /** The numbers in ordinary memory, null while there are none. Of a single number it is a copy: assign to change it. */
  get cold(): ColdArray | null {
    if (!this.hasSingle) return this.array
    const { single } = this
    if (this.dtype !== 'float32') return Int32Array.of(single)
    return Object.is(Math.fround(single), single) ? Float32Array.of(single) : Float64Array.of(single)
  }

  set cold(values: ColdArray | null) {
    this.hasSingle = values !== null && values.length === 1
    this.array = this.hasSingle ? null : values
    if (values !== null && values.length === 1) this.single = values[0]
  }
}
