import { ValueError } from '../errors.ts'
import { describe } from './describe.ts'

/** What a cell of a document-word matrix holds. */
export type MatrixMode = 'binary' | 'count' | 'tfidf' | 'freq'

/** One row per text, one column per word index; column 0 is never used. */
export interface TextMatrix {
  readonly data: Float32Array
  readonly shape: readonly [texts: number, words: number]
}

/** What a weight is computed from. */
interface Cell {
  /** How often the word occurs in the text. */
  readonly count: number
  /** Number of words of the text, those outside the matrix included. */
  readonly length: number
  /** How many documents the tokenizer was fitted on, and how many of them have the word. */
  readonly documentCount: number
  readonly documentsWithWord: number
}

const weights: { readonly [Mode in MatrixMode]: (cell: Cell) => number } = {
  binary: () => 1,
  count: ({ count }) => count,
  freq: ({ count, length }) => count / length,
  // (1 + ln count) · ln(1 + documents / (1 + documents with the word)), as in Keras
  tfidf: ({ count, documentCount, documentsWithWord }) =>
    (1 + Math.log(count)) * Math.log(1 + documentCount / (1 + documentsWithWord)),
}

/** Refuses a mode that does not exist. */
export function checkMode(mode: unknown, operation: string): asserts mode is MatrixMode {
  if (typeof mode === 'string' && Object.hasOwn(weights, mode)) return
  throw new ValueError({
    operation,
    problem: `needs mode to be 'binary', 'count', 'tfidf' or 'freq', got ${describe(mode)}.`,
    argument: 'mode',
    received: mode,
  })
}

/** Counts ids per sequence and weighs them; ids from `columns` on are left out, as in Keras. */
export function sequencesToMatrix(
  sequences: readonly (readonly number[])[],
  columns: number,
  mode: MatrixMode,
  documentCount: number,
  documentsWithWord: (index: number) => number,
): TextMatrix {
  const data = new Float32Array(sequences.length * columns)
  const weigh = weights[mode]
  sequences.forEach((sequence, row) => {
    const counts = new Map<number, number>()
    for (const index of sequence) if (index < columns) counts.set(index, (counts.get(index) ?? 0) + 1)
    for (const [index, count] of counts)
      data[row * columns + index] = weigh({
        count,
        length: sequence.length,
        documentCount,
        documentsWithWord: documentsWithWord(index),
      })
  })
  return { data, shape: [sequences.length, columns] }
}
