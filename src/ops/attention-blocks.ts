import type { Pointer } from '../../kernels/kernels.ts'
import type { Engine } from '../engine/engine.ts'
import { type Shape, stridesOf } from '../tensor/shape.ts'
import { type Attention, FORBIDDEN } from './attention-composed.ts'

/** Queries whose scores are computed at a time, and so the most that is materialised. */
const ROWS = 128

/** A mask as the kernels read it: numbers to add, and (for a boolean one) 0 and 1 to multiply by. */
interface BlockMask {
  readonly shape: Shape
  readonly added: Pointer
  readonly allowed: Pointer
}

/** Rows `from` … `to` − 1 of the scores of one head, of which the first `keys` columns are needed. */
export interface Block {
  readonly head: number
  readonly from: number
  readonly rows: number
  readonly keys: number
}

/** Runs attention head by head and block by block of queries. */
export class AttentionBlocks {
  private readonly bytes: number
  private mask: BlockMask | null = null
  private readonly scratch: Pointer[] = []

  constructor(
    private readonly engine: Engine,
    private readonly options: Attention,
  ) {
    this.bytes = 1 << engine.memory.floatShift
  }

  /** Scores of a block fit in here. */
  allocateBlock(): Pointer {
    const { time, keys } = this.options
    return this.allocate(Math.min(time, ROWS) * keys)
  }

  private allocate(count: number): Pointer {
    const pointer = this.engine.memory.allocate(Math.max(1, count) * this.bytes)
    this.scratch.push(pointer)
    return pointer
  }

  /** Gives all scratch back. */
  release(): void {
    for (const pointer of this.scratch) this.engine.memory.release(pointer)
  }

  /** @param isBoolean may attend where it is 1; otherwise numbers that are added to the scores */
  setMask(pointer: Pointer, shape: Shape, size: number, isBoolean: boolean): void {
    if (!isBoolean) {
      this.mask = { shape, added: pointer, allowed: 0 }
      return
    }
    const { kernels } = this.engine
    const [allowed, added] = [this.allocate(size), this.allocate(size)]
    kernels.intToFloat(allowed, pointer, size)
    kernels.parametric.scale(added, allowed, size, -FORBIDDEN, FORBIDDEN)
    this.mask = { shape, added, allowed }
  }

  /** The blocks of one head, last queries first: the first block visited needs all keys. */
  *of(head: number): Generator<Block> {
    const { time, keys, causal } = this.options
    for (let from = Math.floor((time - 1) / ROWS) * ROWS; from >= 0; from -= ROWS) {
      const rows = Math.min(ROWS, time - from)
      yield { head, from, rows, keys: causal ? Math.max(0, keys - time + from + rows) : keys }
    }
  }

  get heads(): number {
    return this.options.lead.reduce((product, size) => product * size, 1)
  }

  /** Address of row `row` of a head in packed [batch, length, heads·size]. */
  address(base: Pointer, head: number, row: number, length: number, size: number): Pointer {
    const { heads } = this.options
    const inner = head % heads
    const batch = (head - inner) / heads
    return base + this.bytes * ((batch * length + row) * heads * size + inner * size)
  }

  /** Address of a block in saved weights [batch·heads, time, keys]. */
  savedAddress(base: Pointer, { head, from }: Block): Pointer {
    const { time, keys } = this.options
    return base + this.bytes * (head * time + from) * keys
  }

  /** to [rows, keys] = the weights of a block. */
  weights(to: Pointer, q: Pointer, k: Pointer, block: Block): void {
    const { time, keys, size, heads, scale, causal } = this.options
    const { head, from, rows, keys: cols } = block
    const { kernels } = this.engine
    const width = heads * size
    const query = this.address(q, head, from, time, size)
    const key = this.address(k, head, 0, keys, size)
    kernels.gemm(false, true, rows, cols, size, query, width, key, width, to, cols, false)
    if (scale !== 1) kernels.parametric.scale(to, to, rows * cols, scale, 0)
    if (this.mask !== null) this.masked(to, block, this.mask.added, 'add')
    if (causal) kernels.causalSoftmax(to, to, rows, cols, keys - time + from + 1)
    else kernels.softmax(to, to, rows, cols)
    // A query without a key got equal weights above: it gets none.
    if (this.mask !== null && this.mask.allowed !== 0) this.masked(to, block, this.mask.allowed, 'mul')
  }

  private masked(to: Pointer, block: Block, values: Pointer, operation: 'add' | 'mul'): void {
    if (this.mask === null) return
    const { shape } = this.mask
    const { head, from, rows, keys } = block
    const { lead } = this.options
    const own = stridesOf(shape)
    const stride = (axis: number): number => {
      const at = axis - (lead.length + 2 - shape.length)
      return at < 0 || shape[at] === 1 ? 0 : own[at]
    }
    let offset = from * stride(lead.length)
    let rest = head
    for (let axis = lead.length - 1; axis >= 0; axis--) {
      offset += (rest % lead[axis]) * stride(axis)
      rest = Math.floor(rest / lead[axis])
    }
    this.engine.kernels.float.binary[operation](
      to,
      to,
      values + offset * this.bytes,
      rows,
      keys,
      keys,
      1,
      stride(lead.length),
      stride(lead.length + 1),
    )
  }
}
