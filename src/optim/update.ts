import type { Pointer } from '../../kernels/kernels.ts'
import type { Engine } from '../engine/engine.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { ownedTensor } from './parameters.ts'
import type { Slots } from './state.ts'

/** Some rows of a table, while they are updated by themselves. */
interface Rows {
  readonly count: number
  /** Address of their numbers as int32. */
  readonly index: Pointer
  /** Copies of the rows that are put back afterwards. */
  readonly written: { readonly original: Pointer; readonly copy: Pointer }[]
  readonly scratch: Pointer[]
}

/** One parameter's turn in a step, or that of some of its rows. */
export class Update<Settings> {
  /** How many numbers there are. */
  count: number
  private rows: Rows | null = null

  constructor(
    readonly engine: Engine,
    readonly parameter: Tensor,
    readonly gradient: Tensor,
    readonly slots: Slots,
    readonly settings: Settings,
    readonly learningRate: number,
  ) {
    this.count = parameter.size
  }

  /** Address of the parameter's numbers, for writing. */
  parameterPointer(): Pointer {
    return this.forWriting(this.engine.pointerForWrite(this.parameter.storage))
  }

  gradientPointer(): Pointer {
    const pointer = this.engine.pointer(this.gradient.storage)
    return this.rows === null ? pointer : this.broughtTogether(pointer, this.rows)
  }

  /** Address of a slot's numbers, for writing; all of them are `initial` at first. */
  slotPointer(slot: string, initial = 0): Pointer {
    const { engine, parameter, slots } = this
    let tensor = slots.tensors.get(slot)
    if (tensor === undefined) {
      tensor = ownedTensor(parameter.shape, new Float32Array(parameter.size).fill(initial))
      slots.tensors.set(slot, tensor)
    }
    return this.forWriting(engine.pointerForWrite(tensor.storage))
  }

  private forWriting(original: Pointer): Pointer {
    if (this.rows === null) return original
    const copy = this.broughtTogether(original, this.rows)
    this.rows.written.push({ original, copy })
    return copy
  }

  /**
   * Runs `body` for some rows of the parameter, and leaves the others as they are. What it asks the addresses of are
   * copies of these rows, which are put back after it.
   */
  onRows(list: readonly number[], body: () => void): void {
    const { memory } = this.engine
    const scratch: Pointer[] = []
    const index = this.allocate(scratch, list.length * 4)
    memory.int.set(list, index >>> 2)
    const rows: Rows = { count: list.length, index, written: [], scratch }
    this.rows = rows
    this.count = list.length * this.width
    try {
      body()
      for (const { original, copy } of rows.written) this.putBack(original, copy, rows)
    } finally {
      for (const pointer of scratch) memory.release(pointer)
    }
  }

  private get width(): number {
    return this.parameter.size / this.parameter.shape[0]
  }

  private allocate(scratch: Pointer[], bytes: number): Pointer {
    // Kernels work on whole vectors.
    const pointer = this.engine.memory.allocate(bytes + 16)
    scratch.push(pointer)
    return pointer
  }

  private broughtTogether(original: Pointer, { index, count, scratch }: Rows): Pointer {
    const { kernels, memory } = this.engine
    const copy = this.allocate(scratch, (count * this.width) << memory.floatShift)
    kernels.float.gather(copy, original, index, 1, this.parameter.shape[0], this.width, count)
    return copy
  }

  /** Adds −old and then the new numbers: old − old is 0, and 0 + new is new. */
  private putBack(original: Pointer, copy: Pointer, rows: Rows): void {
    const { kernels } = this.engine
    const old = this.broughtTogether(original, rows)
    kernels.parametric.scale(old, old, this.count, -1, 0)
    for (const added of [old, copy]) {
      kernels.float.scatterAdd(
        original,
        added,
        rows.index,
        1,
        this.parameter.shape[0],
        this.width,
        rows.count,
      )
    }
  }
}
