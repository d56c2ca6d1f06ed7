import type { Tensor } from './tensor.ts'

/** Which rows of a table have been read since the last optimizer step. */
class TouchedRows {
  private readonly flags: Uint8Array
  private list: number[] = []

  constructor(rows: number) {
    this.flags = new Uint8Array(rows)
  }

  add(ids: ArrayLike<number>): void {
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]
      if (this.flags[id] !== 0) continue
      this.flags[id] = 1
      this.list.push(id)
    }
  }

  /** The rows, each once; they are forgotten. */
  take(): readonly number[] {
    const { list } = this
    this.list = []
    for (const row of list) this.flags[row] = 0
    return list
  }
}

const touched = new WeakMap<Tensor, TouchedRows>()
/** Most programs have no such table: then nobody looks for one. */
let areUsed = false

/** Notes that these rows of a table have been read, and so may have a gradient. */
export function touchRows(table: Tensor, ids: ArrayLike<number>): void {
  let rows = touched.get(table)
  if (rows === undefined) {
    rows = new TouchedRows(table.shape[0])
    touched.set(table, rows)
    areUsed = true
  }
  rows.add(ids)
}

/** The rows that were touched since this was last asked; null where all rows count. */
export function takeTouchedRows(table: Tensor): readonly number[] | null {
  if (!areUsed) return null
  const rows = touched.get(table)?.take() ?? []
  return rows.length === 0 ? null : rows
}
