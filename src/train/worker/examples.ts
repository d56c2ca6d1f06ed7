import { emptyLike, type Rows, type RowSet } from '../../data/rows.ts'
import type { ColdArray } from '../../engine/dtype.ts'
import type { Examples } from '../examples.ts'
import type { Pace } from './pace.ts'

/** Elements copied at a time: about a millisecond. */
const PIECE = 1 << 20

/** An array that both threads can read where that is possible, else one that moves. */
function roomFor(values: ColdArray): ColdArray {
  if (typeof SharedArrayBuffer !== 'function') return emptyLike(values, values.length)
  const buffer = new SharedArrayBuffer(values.byteLength)
  if (values instanceof Int32Array) return new Int32Array(buffer)
  return values instanceof Float64Array ? new Float64Array(buffer) : new Float32Array(buffer)
}

/** A copy for the worker, made piece by piece: the user's arrays stay what they are. */
export async function copiedRows(rows: Rows, pace: Pace): Promise<Rows> {
  const values = roomFor(rows.values)
  for (let start = 0; start < values.length; start += PIECE) {
    values.set(rows.values.subarray(start, start + PIECE), start)
    await pace.turn()
  }
  return { ...rows, values }
}

async function copiedSet({ parts, count }: RowSet, pace: Pace): Promise<RowSet> {
  const copies: Rows[] = []
  for (const part of parts) copies.push(await copiedRows(part, pace))
  return { parts: copies, count }
}

export const copiedExamples = async ({ x, y }: Examples, pace: Pace): Promise<Examples> => ({
  x: await copiedSet(x, pace),
  y: await copiedSet(y, pace),
})

/** The buffers that move; shared ones stay where they are. */
export function buffersOfRows(rows: readonly Rows[]): ArrayBuffer[] {
  const buffers = rows.map(({ values }) => values.buffer)
  return [...new Set(buffers)].filter(buffer => buffer instanceof ArrayBuffer)
}
