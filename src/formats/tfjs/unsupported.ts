import { UnsupportedError } from '../../errors.ts'

/** The error for something in a file that is valid, and that this library cannot do. */
export const unsupported = (at: string, what: string, hint?: string): UnsupportedError =>
  new UnsupportedError({
    operation: 'loadTfjsModel',
    problem: `cannot read ${at}: it ${what}.`,
    hint,
    items: [at],
  })

/** The error for something in a model that the format cannot express. */
export const notExpressed = (items: readonly string[], hint?: string): UnsupportedError =>
  new UnsupportedError({
    operation: 'saveTfjsModel',
    problem: `cannot write ${items.join(', ')}: TensorFlow.js has nothing like it.`,
    hint,
    items,
  })
