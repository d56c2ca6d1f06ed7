import type { Kernels, Pointer } from '../../kernels/kernels.ts'
import type { ColdArray, DType } from './dtype.ts'
import { lifetime } from './lifetime.ts'
import { type EngineMemory, outOfMemory } from './memory.ts'
import { type Lease, Storage } from './storage.ts'

export type EngineName = 'wasm' | 'reference' | 'reference64'
/** The engines, and `wasm` with a GPU beside it: `auto` for what it does faster, `gpu` for all that it can do. */
export type DeviceName = EngineName | 'auto' | 'gpu'

const MEGABYTE = 1 << 20

/** Whoever keeps copies of storages elsewhere, and has to know what they are and when they go. */
export interface Residents {
  /** A storage is used by the running operation. */
  touched(storage: Storage): void
  /** A storage leaves the engine's memory. */
  left(storage: Storage): void
}

/** Kernels laid over the plain ones, in this order: a GPU takes its products before threads share the rest. */
const LAYERS = ['threads', 'gpu'] as const
type Layer = (typeof LAYERS)[number]
type Overlay = (below: Kernels) => Kernels

/** One device: kernels, the memory they work in, and the rules of what stays there (DESIGN: hot and cold). */
export class Engine {
  /** Hot bytes without an owner may reach this many before the oldest are evicted. */
  budget = 256 * MEGABYTE
  /** Hot bytes with an owner may reach this many before parameters not used lately are evicted. */
  ownedBudget = 512 * MEGABYTE
  /** So many hot storages may be without an owner: small ones cost more in objects than in bytes. */
  mostUnowned = 1 << 12
  private unownedBytes = 0
  private unownedCount = 0
  private ownedBytes = 0
  private oldest: Storage | null = null
  private newest: Storage | null = null
  private readonly leases = new Set<Lease>()
  private tick = 1
  /** The operation that runs, for reports. */
  operation = ''
  /** Set while a GPU is on. */
  residents: Residents | null = null
  private readonly overlays: Partial<Record<Layer, Overlay>> = {}
  /** What operations call. */
  kernels: Kernels
  private readonly finalizer = new FinalizationRegistry<Lease>(lease => {
    if (!lease.live) return
    lease.live = false
    this.leases.delete(lease)
    this.ownedBytes -= lease.bytes
    this.memory.arena.free(lease.pointer, lease.bytes)
  })

  constructor(
    readonly name: EngineName,
    /** The instruction set: checkpoints record it, since results differ in the last bits. */
    readonly variant: string,
    readonly memory: EngineMemory,
    private readonly plain: Kernels,
  ) {
    this.kernels = plain
    memory.makeRoom = () => {
      this.evictDownTo(0, 0)
      this.evictOwned(0)
    }
  }

  /** Lays kernels over the plain ones, or takes a layer off again. */
  overlay(layer: Layer, lay: Overlay | null): void {
    this.overlays[layer] = lay ?? undefined
    this.kernels = LAYERS.reduce((below, name) => this.overlays[name]?.(below) ?? below, this.plain)
  }

  /** Figures for tests, benchmarks and tools. */
  memoryInfo(): { unownedBytes: number; ownedBytes: number; inUse: number; highWater: number } {
    const { inUse, highWater } = this.memory.arena
    return { unownedBytes: this.unownedBytes, ownedBytes: this.ownedBytes, inUse, highWater }
  }

  private bytesOf(storage: Storage): number {
    return storage.length * (storage.dtype === 'float32' ? 1 << this.memory.floatShift : 4)
  }

  /**
   * Starts an operation. Between here and its end nothing that it touches is moved, so addresses stay good;
   * what exceeds the budget is evicted now.
   */
  beginOperation(operation?: string): void {
    this.tick++
    if (operation !== undefined) this.operation = operation
    if (this.unownedBytes > this.budget || this.unownedCount > this.mostUnowned) {
      this.evictDownTo(this.budget, this.mostUnowned)
    }
    if (this.ownedBytes > this.ownedBudget) this.evictOwned(this.ownedBudget)
  }

  /** A new hot storage with undefined contents, registered by the current visibility. */
  create(dtype: DType, length: number): Storage {
    const storage = new Storage(dtype, length)
    this.place(storage)
    if (lifetime.mode === 'user') storage.visible = true
    else if (lifetime.created !== null) {
      if (lifetime.mode === 'backward') storage.temporary = true
      lifetime.created.push(storage)
    }
    return storage
  }

  /** The address of the storage's numbers here, which are uploaded when they are elsewhere. */
  pointer(storage: Storage): Pointer {
    if (storage.engine !== this) this.upload(storage)
    storage.usedAt = this.tick
    if (this.residents !== null) this.residents.touched(storage)
    return storage.pointer
  }

  /** Like `pointer`, for writing: a cold copy is dropped and the version goes up. */
  pointerForWrite(storage: Storage): Pointer {
    const pointer = this.pointer(storage)
    storage.cold = null
    storage.version++
    return pointer
  }

  private place(storage: Storage): void {
    const bytes = this.bytesOf(storage)
    let pointer = this.memory.arena.allocate(bytes)
    if (pointer === 0) {
      this.memory.makeRoom()
      pointer = this.memory.arena.allocate(bytes)
      if (pointer === 0) throw outOfMemory(bytes)
    }
    storage.engine = this
    storage.pointer = pointer
    storage.usedAt = this.tick
    if (storage.owned) this.startLease(storage, bytes)
    else this.enqueue(storage, bytes)
  }

  private upload(storage: Storage): void {
    if (storage.released) throw new Error('internal: a freed storage was read')
    if (storage.engine !== null) storage.engine.evict(storage)
    const cold = storage.cold
    if (cold === null) throw new Error('internal: a storage is neither hot nor cold')
    this.place(storage)
    if (storage.dtype === 'float32')
      this.memory.float.set(cold, storage.pointer / (1 << this.memory.floatShift))
    else this.memory.int.set(cold, storage.pointer / 4)
    // Parameters stay hot: a second copy would double a model's memory until its first update.
    if (storage.owned) storage.cold = null
  }

  /** Copies the numbers to cold memory (unless an equal copy is there) and gives the block back. */
  evict(storage: Storage): void {
    if (storage.cold === null) storage.cold = this.read(storage)
    this.vacate(storage)
  }

  /** Frees a storage for good. */
  release(storage: Storage): void {
    storage.released = true
    storage.cold = null
    if (storage.engine === this) this.vacate(storage)
  }

  private vacate(storage: Storage): void {
    if (this.residents !== null) this.residents.left(storage)
    const bytes = this.bytesOf(storage)
    if (storage.lease !== null) this.endLease(storage, storage.lease)
    else if (storage.queued) this.dequeue(storage, bytes)
    this.memory.arena.free(storage.pointer, bytes)
    storage.engine = null
    storage.pointer = 0
  }

  /** A stable copy of a hot storage's numbers. */
  read(storage: Storage): ColdArray {
    const isFloat = storage.dtype === 'float32'
    const view = isFloat ? this.memory.float : this.memory.int
    const start = storage.pointer / (isFloat ? 1 << this.memory.floatShift : 4)
    return view.slice(start, start + storage.length)
  }

  /** Makes a storage exempt from the budget for as long as it is reachable. */
  own(storage: Storage): void {
    if (storage.owned) return
    storage.owned = true
    if (storage.engine !== this) return
    const bytes = this.bytesOf(storage)
    if (storage.queued) this.dequeue(storage, bytes)
    this.startLease(storage, bytes)
  }

  /** The reverse: a gradient buffer, say, that was handed to user code. */
  disown(storage: Storage): void {
    if (!storage.owned) return
    storage.owned = false
    const { engine, lease } = storage
    if (engine === null || lease === null) return
    engine.endLease(storage, lease)
    engine.enqueue(storage, lease.bytes)
  }

  private startLease(storage: Storage, bytes: number): void {
    const lease: Lease = { pointer: storage.pointer, bytes, live: true, owner: new WeakRef(storage) }
    storage.lease = lease
    this.ownedBytes += bytes
    this.leases.add(lease)
    this.finalizer.register(storage, lease, storage)
  }

  private endLease(storage: Storage, lease: Lease): void {
    lease.live = false
    storage.lease = null
    this.leases.delete(lease)
    this.finalizer.unregister(storage)
    this.ownedBytes -= lease.bytes
  }

  private enqueue(storage: Storage, bytes: number): void {
    storage.queued = true
    storage.older = this.newest
    storage.newer = null
    if (this.newest === null) this.oldest = storage
    else this.newest.newer = storage
    this.newest = storage
    this.unownedBytes += bytes
    this.unownedCount++
  }

  private dequeue(storage: Storage, bytes: number): void {
    if (storage.older === null) this.oldest = storage.newer
    else storage.older.newer = storage.newer
    if (storage.newer === null) this.newest = storage.older
    else storage.newer.older = storage.older
    storage.older = null
    storage.newer = null
    storage.queued = false
    this.unownedBytes -= bytes
    this.unownedCount--
  }

  private evictDownTo(bytes: number, count: number): void {
    let next = this.oldest
    while (next !== null && (this.unownedBytes > bytes || this.unownedCount > count)) {
      const storage = next
      next = storage.newer
      if (storage.usedAt !== this.tick) this.evict(storage)
    }
  }

  /** Evicts owned storages, least recently used first, but none that the running operation uses. */
  private evictOwned(bytes: number): void {
    const alive: Storage[] = []
    for (const lease of this.leases) {
      const storage = lease.owner.deref()
      if (storage !== undefined) alive.push(storage)
    }
    alive.sort((a, b) => a.usedAt - b.usedAt)
    for (const storage of alive) {
      if (this.ownedBytes <= bytes) return
      if (storage.usedAt < this.tick - RECENT_OPERATIONS || (bytes === 0 && storage.usedAt !== this.tick))
        this.evict(storage)
    }
    // Everything left is in use: the models at hand really need that much.
    if (bytes > 0 && this.ownedBytes > bytes) this.ownedBudget = this.ownedBytes + 64 * MEGABYTE
  }
}

/** A parameter used within so many operations belongs to a model that is being trained. */
const RECENT_OPERATIONS = 2000

/** A stable copy of a storage's numbers, wherever they are. */
export function readStorage(storage: Storage): ColdArray {
  if (storage.released) throw new Error('internal: a freed storage was read')
  if (storage.cold !== null) return storage.cold.slice()
  if (storage.engine === null) throw new Error('internal: a storage is neither hot nor cold')
  return storage.engine.read(storage)
}
