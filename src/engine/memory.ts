import type { Heap, Pointer } from '../../kernels/kernels.ts'
import { DeviceError } from '../errors.ts'
import { Arena, type Backing } from './arena.ts'

const PAGE = 65536
const LARGEST = 65536 * PAGE

/** A heap with an arena on top: what an engine computes in. */
export interface EngineMemory extends Heap {
  readonly arena: Arena
  /** The WebAssembly memory, if it is one, and whether other threads can see it. */
  readonly wasm: WebAssembly.Memory | null
  readonly shared: boolean
  /** Called when scratch finds no room: the engine evicts what it can. */
  makeRoom: () => void
}

/** Views over a growing buffer, an arena over it, and scratch blocks whose size is remembered for the caller. */
class GrowingMemory implements EngineMemory {
  readonly arena: Arena
  readonly shared: boolean
  float: Float32Array | Float64Array
  int: Int32Array
  makeRoom: () => void = () => {}
  private readonly scratch = new Map<Pointer, number>()

  constructor(
    readonly floatShift: 2 | 3,
    readonly wasm: WebAssembly.Memory | null,
    private readonly buffer: () => ArrayBufferLike,
    enlarge: (bytes: number) => boolean,
  ) {
    this.shared = typeof SharedArrayBuffer !== 'undefined' && buffer() instanceof SharedArrayBuffer
    this.int = new Int32Array(0)
    this.float = new Float32Array(0)
    this.renewViews()
    const backing: Backing = {
      size: () => this.int.byteLength,
      grow: bytes => {
        const grown = enlarge(bytes)
        this.renewViews()
        return grown
      },
    }
    this.arena = new Arena(backing)
  }

  /** `memory.grow` detaches the views of private memory, silently; so they are made anew after each growth. */
  private renewViews(): void {
    const buffer = this.buffer()
    this.int = new Int32Array(buffer)
    this.float = this.floatShift === 2 ? new Float32Array(buffer) : new Float64Array(buffer)
  }

  readonly allocate = (bytes: number): Pointer => {
    let pointer = this.arena.allocate(bytes)
    if (pointer === 0) {
      this.makeRoom()
      pointer = this.arena.allocate(bytes)
      if (pointer === 0) throw outOfMemory(bytes)
    }
    this.scratch.set(pointer, bytes)
    return pointer
  }

  readonly release = (pointer: Pointer): void => {
    const bytes = this.scratch.get(pointer)
    if (bytes === undefined) throw new Error(`internal: ${pointer} is not a scratch block`)
    this.scratch.delete(pointer)
    this.arena.free(pointer, bytes)
  }
}

export const outOfMemory = (bytes: number): DeviceError =>
  new DeviceError({
    operation: 'allocate',
    problem: `found no room for ${bytes} more bytes in the 4 GB a WebAssembly memory can have`,
    hint: 'use a smaller batch, or shorter sequences.',
  })

/** Reserves as large a memory as the platform allows; shared where threads can exist. */
function reserve(shared: boolean): WebAssembly.Memory {
  for (let maximum = LARGEST / PAGE; ; maximum = Math.floor(maximum / 2)) {
    try {
      return new WebAssembly.Memory({ initial: 16, maximum, shared })
    } catch (error) {
      if (maximum < 1024) throw error
    }
  }
}

/** Memory for the WebAssembly kernels: one reservation, pages become real when touched. */
export function wasmMemory(): EngineMemory {
  const shared = typeof SharedArrayBuffer !== 'undefined'
  const memory = reserve(shared)
  const enlarge = (bytes: number): boolean => {
    const have = memory.buffer.byteLength
    // Growth is geometric, so that renewing views (and, for private memory, copying) stays rare.
    for (const wish of [Math.max(bytes, have + have / 4, have + 4 * 1024 * 1024), bytes]) {
      const pages = Math.ceil((Math.min(wish, LARGEST) - have) / PAGE)
      try {
        if (have + pages * PAGE >= bytes) {
          memory.grow(pages)
          return true
        }
      } catch {
        // Too much at once: the smaller wish is tried, then the caller hears "false".
      }
    }
    return false
  }
  return new GrowingMemory(2, memory, () => memory.buffer, enlarge)
}

/** Memory for the reference kernels: an ordinary buffer, replaced by a larger one when it is full. */
export function plainMemory(bits: 32 | 64): EngineMemory {
  let buffer = new ArrayBuffer(1 << 20)
  const enlarge = (bytes: number): boolean => {
    const wish = Math.ceil(Math.max(bytes, Math.min(buffer.byteLength * 2, LARGEST)) / 16) * 16
    if (wish > LARGEST) return false
    try {
      const next = new ArrayBuffer(wish)
      new Uint8Array(next).set(new Uint8Array(buffer))
      buffer = next
      return true
    } catch {
      return false
    }
  }
  return new GrowingMemory(bits === 32 ? 2 : 3, null, () => buffer, enlarge)
}
