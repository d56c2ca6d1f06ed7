import { FormatError } from '../../errors.ts'

/** Throws the FormatError for a file that is damaged: where, and what is wrong there. */
export function refuse(
  location: string,
  problem: string,
  options: { hint?: string; cause?: unknown } = {},
): never {
  throw new FormatError({
    operation: 'ONNX',
    problem: `cannot read ${location}: ${problem}.`,
    location,
    ...options,
  })
}

const LONGEST_SHOWN = 60

/** A name from a file, short enough for a message. */
export function show(name: string): string {
  return JSON.stringify(name.length > LONGEST_SHOWN ? `${name.slice(0, LONGEST_SHOWN - 1)}…` : name)
}
