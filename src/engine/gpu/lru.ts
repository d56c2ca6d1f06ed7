interface Entry<V> {
  readonly value: V
  readonly cost: number
}

/** Values that are kept while they fit a budget; the least recently used go first. */
export class Lru<K, V> {
  private readonly entries = new Map<K, Entry<V>>()
  private total = 0

  constructor(
    private readonly budget: number,
    private readonly evicted: (value: V, key: K) => void,
  ) {}

  get size(): number {
    return this.entries.size
  }

  /** What the values cost together. */
  get cost(): number {
    return this.total
  }

  keys(): IterableIterator<K> {
    return this.entries.keys()
  }

  get(key: K): V | undefined {
    const entry = this.entries.get(key)
    if (entry === undefined) return undefined
    this.entries.delete(key)
    this.entries.set(key, entry)
    return entry.value
  }

  /** Keeps a value. What must go for it goes now; itself it stays, whatever it costs. */
  set(key: K, value: V, cost = 1): void {
    this.delete(key)
    this.entries.set(key, { value, cost })
    this.total += cost
    for (const oldest of this.entries.keys()) {
      if (this.total <= this.budget || oldest === key) break
      this.delete(oldest)
    }
  }

  delete(key: K): void {
    const entry = this.entries.get(key)
    if (entry === undefined) return
    this.entries.delete(key)
    this.total -= entry.cost
    this.evicted(entry.value, key)
  }

  clear(): void {
    for (const key of [...this.entries.keys()]) this.delete(key)
  }
}
