import type { Pointer } from '../../../kernels/kernels.ts'
import type { Engine, Residents } from '../engine.ts'
import type { Storage } from '../storage.ts'
import { Lru } from './lru.ts'
import type { Operand } from './product.ts'

const MEGABYTE = 1 << 20
/** Bytes of operands that stay on the device. */
const BUDGET = 512 * MEGABYTE

interface Resident {
  readonly slot: number
  readonly storage: number
  readonly version: number
}

/**
 * Which operands the device has already. In a Dense step X, W and dY are each used twice, so this halves the uploads.
 * An operand is known by its storage, its version, and where it lies in it; what lies in no storage is sent each time.
 */
export class OperandCache implements Residents {
  /** Storages of the running operation, with the addresses that it was given. */
  private touchedNow: Storage[] = []
  private readonly keysOf = new Map<number, Set<string>>()
  private dropped: number[] = []
  private lastSlot = 0
  private readonly residents: Lru<string, Resident>
  /** Parameters leave without a word when their model is collected. */
  private readonly collected = new FinalizationRegistry<number>(id => this.forget(id))

  constructor(
    private readonly engine: Engine,
    private readonly budget = BUDGET,
  ) {
    this.residents = new Lru(budget, ({ slot, storage }, key) => {
      this.dropped.push(slot)
      const keys = this.keysOf.get(storage)
      keys?.delete(key)
      if (keys?.size === 0) this.keysOf.delete(storage)
    })
  }

  get bytes(): number {
    return this.residents.cost
  }

  touched(storage: Storage): void {
    const { touchedNow } = this
    if (touchedNow.length > 0 && touchedNow[0].usedAt !== storage.usedAt) touchedNow.length = 0
    touchedNow.push(storage)
  }

  left(storage: Storage): void {
    this.forget(storage.id)
  }

  private forget(id: number): void {
    for (const key of [...(this.keysOf.get(id) ?? [])]) this.residents.delete(key)
  }

  /** The matrix at an address, and whether it has to be sent. */
  operand(address: Pointer, stride: number, rows: number, cols: number): Operand {
    const place = { address, stride, rows, cols }
    const storage = this.storageAt(address)
    // The padding to fours, and perhaps a transpose.
    const bytes = 8 * rows * (cols + 3)
    if (storage === null || bytes > this.budget / 4) return { slot: 0, upload: true, ...place }
    const key = `${storage.id}+${address - storage.pointer}:${rows}x${cols}/${stride}`
    const known = this.residents.get(key)
    if (known !== undefined && known.version === storage.version)
      return { slot: known.slot, upload: false, ...place }
    const slot = ++this.lastSlot
    this.residents.set(key, { slot, storage: storage.id, version: storage.version }, bytes)
    this.index(storage, key)
    return { slot, upload: true, ...place }
  }

  private index(storage: Storage, key: string): void {
    const keys = this.keysOf.get(storage.id)
    if (keys !== undefined) {
      keys.add(key)
      return
    }
    this.keysOf.set(storage.id, new Set([key]))
    if (storage.owned) this.collected.register(storage, storage.id)
  }

  private storageAt(address: Pointer): Storage | null {
    for (const storage of this.touchedNow) {
      const isHere = storage.engine === this.engine && storage.pointer <= address
      if (isHere && address < storage.pointer + storage.length * 4) return storage
    }
    return null
  }

  /** Slots that are not needed any more, once. */
  takeDropped(): readonly number[] {
    const { dropped } = this
    this.dropped = []
    return dropped
  }

  /** The device has nothing any more. */
  clear(): void {
    this.residents.clear()
    this.dropped = []
  }
}
