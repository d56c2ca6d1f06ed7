/** A file, or files that belong together: model.json and weights.bin. */
export type Files = readonly Uint8Array[]

type ErrorClass = abstract new (...facts: never[]) => Error

/** What is fuzzed: a function that takes files from outside, and files that it takes. */
export interface Reader {
  readonly name: string
  /** Whose parser goes through the bytes. */
  readonly parser: 'own' | 'third-party'
  /** The errors that it may throw. */
  readonly errors: readonly ErrorClass[]
  /** Bytes that it may allocate for each byte of a file, beside what any file takes. */
  readonly bytesPerByte: number
  /** Good files, taken apart: those that are JSON are changed as such, too. */
  seeds(): Promise<readonly Files[]>
  /** Puts together what was taken apart (a header and the data behind it). Default: nothing is to be done. */
  assemble?(parts: Files, repair: boolean): Files
  /** Reads the files. What it returns goes to `use`. */
  read(files: Files): unknown
  /** Tries what was read after all: it may throw errors of the library only. Throws a `Violation` for what must not be. */
  use?(result: never): void
}

/** Lets a reader be written with the type of what it reads. */
export const reader = <Result>(
  parts: Omit<Reader, 'use' | 'read'> & {
    read(files: Files): Result | Promise<Result>
    use?(result: Result): void
  },
): Reader => parts as Reader

/** A promise that was broken: too much memory, a path that leads elsewhere. */
export class Violation extends Error {}

export const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
export const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
export const encodeJson = (value: unknown): Uint8Array => encode(JSON.stringify(value))

export function concatenated(...parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let start = 0
  for (const part of parts) {
    result.set(part, start)
    start += part.length
  }
  return result
}
