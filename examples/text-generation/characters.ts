import { type Generator, type ShapedData, ValueError } from '../../src/index.ts'

/** Windows of a text and, for each position in them, the character that follows: both [windows, length]. */
export interface Windows {
  readonly x: ShapedData
  readonly y: ShapedData
}

/** The characters of a text, numbered from 0 by their code. */
export class Characters {
  readonly all: readonly string[]
  private readonly numbers: ReadonlyMap<string, number>

  constructor(text: string) {
    this.all = [...new Set(text)].sort()
    this.numbers = new Map(this.all.map((character, number) => [character, number]))
  }

  /** @throws ValueError for a character that the text does not have */
  encode(text: string): Int32Array {
    return Int32Array.from([...text], character => {
      const number = this.numbers.get(character)
      if (number !== undefined) return number
      throw new ValueError({
        operation: 'encode',
        problem: `knows the ${this.all.length} characters of its text, got ${JSON.stringify(character)}.`,
      })
    })
  }
}

/** Windows that begin at the given places. */
export function windowsAt(ids: Int32Array, starts: readonly number[], length: number): Windows {
  const x = new Int32Array(starts.length * length)
  const y = new Int32Array(starts.length * length)
  for (const [row, start] of starts.entries()) {
    x.set(ids.subarray(start, start + length), row * length)
    y.set(ids.subarray(start + 1, start + length + 1), row * length)
  }
  const shape = [starts.length, length]
  return { x: { data: x, shape }, y: { data: y, shape } }
}

/** Windows that begin anywhere. */
export const randomWindows = (
  ids: Int32Array,
  count: number,
  length: number,
  generator: Generator,
): Windows =>
  windowsAt(
    ids,
    Array.from({ length: count }, () => generator.below(ids.length - length)),
    length,
  )

/** Windows that follow each other without a gap. */
export const allWindows = (ids: Int32Array, length: number): Windows =>
  windowsAt(
    ids,
    Array.from({ length: Math.floor((ids.length - 1) / length) }, (_, row) => row * length),
    length,
  )
