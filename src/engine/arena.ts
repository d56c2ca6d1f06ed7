import type { Pointer } from '../../kernels/kernels.ts'

/** Memory an arena hands out; `grow` makes at least `bytes` bytes addressable or returns false. */
export interface Backing {
  size(): number
  grow(bytes: number): boolean
}

const SMALL_LIMIT = 32 * 1024
const SLAB = 256 * 1024
const LARGE_GRAIN = 4096

/** Four classes per power of two from 128 bytes on, multiples of 16 below. */
function smallClass(bytes: number): number {
  if (bytes <= 128) return bytes > 16 ? (bytes + 15) >> 4 : 1
  const octave = 31 - Math.clz32(bytes - 1)
  return 8 + ((octave - 7) << 2) + ((bytes - 1 - (1 << octave)) >> (octave - 2)) + 1
}

function smallClassBytes(index: number): number {
  if (index <= 8) return index << 4
  const step = index - 9
  const octave = 7 + (step >> 2)
  return (1 << octave) + (((step & 3) + 1) << (octave - 2))
}

/**
 * Hands out blocks of one growing memory: free lists by size class up to 32 KB (a few ns each way),
 * best fit with merging of neighbours above. Nothing is ever given back to the backing.
 */
export class Arena {
  /** Address 0 means "absent", so the first bytes are never handed out. */
  private top = 64
  private readonly small: Pointer[][] = []
  private slabNext = 0
  private slabEnd = 0
  /** Free large blocks, ordered by address. */
  private freePointers: Pointer[] = []
  private freeSizes: number[] = []
  private bytesInUse = 0

  constructor(private readonly backing: Backing) {}

  /** Bytes handed out now, rounded up to block sizes. */
  get inUse(): number {
    return this.bytesInUse
  }

  /** The highest address ever handed out: memory that the process really holds. */
  get highWater(): number {
    return this.top
  }

  /** The size of the block that a request for `bytes` gets. */
  static blockBytes(bytes: number): number {
    if (bytes <= SMALL_LIMIT) return smallClassBytes(smallClass(bytes))
    return Math.ceil(bytes / LARGE_GRAIN) * LARGE_GRAIN
  }

  /** Returns the address of a block of at least `bytes` bytes, or 0 when the memory is full. */
  allocate(bytes: number): Pointer {
    return bytes <= SMALL_LIMIT ? this.allocateSmall(bytes) : this.allocateLarge(bytes)
  }

  /** Gives a block back; `bytes` is the size it was asked for with. */
  free(pointer: Pointer, bytes: number): void {
    if (bytes > SMALL_LIMIT) {
      const size = Arena.blockBytes(bytes)
      this.bytesInUse -= size
      this.insertFree(pointer, size)
      return
    }
    const index = smallClass(bytes)
    this.bytesInUse -= smallClassBytes(index)
    this.small[index].push(pointer)
  }

  private allocateSmall(bytes: number): Pointer {
    const index = smallClass(bytes)
    let list = this.small[index]
    if (list === undefined) {
      list = []
      this.small[index] = list
    }
    const size = smallClassBytes(index)
    const recycled = list.pop()
    if (recycled !== undefined) {
      this.bytesInUse += size
      return recycled
    }
    if (this.slabNext + size > this.slabEnd) {
      const slab = this.allocateLarge(SLAB)
      if (slab === 0) return 0
      this.bytesInUse -= SLAB
      this.slabNext = slab
      this.slabEnd = slab + SLAB
    }
    const pointer = this.slabNext
    this.slabNext += size
    this.bytesInUse += size
    return pointer
  }

  private allocateLarge(bytes: number): Pointer {
    const size = Arena.blockBytes(bytes)
    const best = this.bestFit(size)
    if (best >= 0) {
      const pointer = this.freePointers[best]
      const rest = this.freeSizes[best] - size
      if (rest === 0) {
        this.freePointers.splice(best, 1)
        this.freeSizes.splice(best, 1)
      } else {
        this.freePointers[best] = pointer + size
        this.freeSizes[best] = rest
      }
      this.bytesInUse += size
      return pointer
    }
    return this.extend(size)
  }

  private extend(size: number): Pointer {
    // A free block that touches the top is extended rather than left behind.
    const last = this.freePointers.length - 1
    const touches = last >= 0 && this.freePointers[last] + this.freeSizes[last] === this.top
    const pointer = touches ? this.freePointers[last] : this.top
    const end = pointer + size
    if (end > this.backing.size() && !this.backing.grow(end)) return 0
    if (touches) {
      this.freePointers.pop()
      this.freeSizes.pop()
    }
    this.top = end
    this.bytesInUse += size
    return pointer
  }

  private bestFit(size: number): number {
    let best = -1
    let bestSize = Number.POSITIVE_INFINITY
    for (let i = 0; i < this.freeSizes.length; i++) {
      const candidate = this.freeSizes[i]
      if (candidate >= size && candidate < bestSize) {
        best = i
        bestSize = candidate
        if (candidate === size) break
      }
    }
    return best
  }

  private insertFree(pointer: Pointer, size: number): void {
    let low = 0
    let high = this.freePointers.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.freePointers[middle] < pointer) low = middle + 1
      else high = middle
    }
    const joinsPrevious = low > 0 && this.freePointers[low - 1] + this.freeSizes[low - 1] === pointer
    const joinsNext = low < this.freePointers.length && pointer + size === this.freePointers[low]
    if (joinsPrevious) {
      this.freeSizes[low - 1] += size + (joinsNext ? this.freeSizes[low] : 0)
      if (joinsNext) {
        this.freePointers.splice(low, 1)
        this.freeSizes.splice(low, 1)
      }
    } else if (joinsNext) {
      this.freePointers[low] = pointer
      this.freeSizes[low] += size
    } else {
      this.freePointers.splice(low, 0, pointer)
      this.freeSizes.splice(low, 0, size)
    }
  }
}
